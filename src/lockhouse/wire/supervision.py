"""The supervisor's and the servers' own door: `/internal/supervision/…`.

Two kinds of bearer token, both new at each start of `lockhouse up`: the supervisor's, and one of each server,
derived from it, which opens that server's own documents only.
"""

import hashlib
import hmac
from typing import Literal

import msgspec

from lockhouse.sealing import Secret
from lockhouse.wire.servers import CallCounts, Condition, Endpoint, FlowStatus, Mode, Phase

BASE = "/internal/supervision"


def server_token(supervision_token: Secret, server_id: str) -> Secret:
    """The token with which one server asks for its specification and reports."""
    return Secret(hmac.digest(supervision_token.reveal().encode(), server_id.encode(), hashlib.sha256).hex())


class WantedServer(msgspec.Struct, frozen=True, kw_only=True):
    """A server that should run. `revision` grows with each change that needs a new process; `port` is the
    last one it had, 0 before the first."""

    id: str
    account_id: str
    name: str
    revision: int
    port: int = 0


class WantedServers(msgspec.Struct, frozen=True, kw_only=True):
    """All that should run, and the generation to name when asking again (then answered 204 until it
    changes)."""

    generation: int
    servers: list[WantedServer]


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the asking `up` runs the servers of the store; the beat of the one that does."""

    held: bool
    beat: int


class ProcessReport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the supervisor says of a server's process. `incarnation` grows with each process of that
    server."""

    incarnation: int
    revision: int
    phase: Phase
    conditions: list[Condition] = []
    restarts: int = 0
    port: int = 0


class ServerReport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a server says of itself."""

    incarnation: int
    revision: int
    phase: Literal["Ready", "NotReady"]
    conditions: list[Condition] = []
    endpoints: list[Endpoint] = []
    flows: list[FlowStatus] = []
    calls: CallCounts = CallCounts()
    started_at: str = ""


class RunningBar(msgspec.Struct, frozen=True, kw_only=True):
    """A BAR that a server runs; `content` are its bytes."""

    name: str
    digest: str
    content: bytes


class RunningConfiguration(msgspec.Struct, frozen=True, kw_only=True):
    """A configuration that a server is given, with its content."""

    name: str
    type: str
    content: bytes

    def __repr__(self) -> str:
        return f"RunningConfiguration(name={self.name!r}, type={self.type!r})"


class RunningSpec(msgspec.Struct, frozen=True, kw_only=True):
    """All that a server needs to run. The answer holds secrets: it goes to that server only, and is never
    logged.

    `instance_id` is the App Connect instance for cloud-managed calls, empty when there is none; `flows` say
    where each account was found when the server was deployed.
    """

    name: str
    account_id: str
    revision: int
    mode: Mode
    version: str
    bars: list[RunningBar]
    configurations: list[RunningConfiguration]
    instance_id: str = ""
    flows: list[FlowStatus] = []


class StartMessage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The first line that a supervised server reads from its standard input. Further lines: `go` (take
    events).

    `listener` and `ready` are file descriptors: the socket to serve on, and where one byte says that it
    serves. `base_url` is how callers reach the server. `runs` is the URL of the store of its events; it may
    hold a password.
    """

    platform: str
    server_id: str
    token: str
    revision: int
    incarnation: int
    listener: int
    ready: int
    base_url: str
    log_format: str = "text"
    connectors: list[str] = []
    runs: str = ""
    runs_per_flow: int = 10
    unsigned_webhooks: bool = False

    def __repr__(self) -> str:
        return f"StartMessage(server_id={self.server_id!r}, revision={self.revision})"
