"""Values of the runtime, as they are stored. Moments are Unix milliseconds."""

from dataclasses import dataclass

import msgspec

from lockhouse.wire.servers import CarriedKey, Condition, FlowStatus, Mode, ServerSpec
from lockhouse.wire.supervision import ProcessReport, ServerReport


@dataclass(frozen=True, slots=True)
class BarContent:
    """A BAR that was read and found whole. `digest` is `sha256:<hex>` of its bytes."""

    digest: str
    content: bytes
    flows: tuple[FlowStatus, ...]


@dataclass(frozen=True, slots=True)
class StoredBar:
    """A BAR under a name, without its bytes."""

    name: str
    digest: str
    size: int
    flows: tuple[FlowStatus, ...]
    modified_at: int


@dataclass(frozen=True, slots=True)
class StoredConfiguration:
    """A configuration without its content."""

    name: str
    type: str
    description: str
    size: int
    created_at: int
    modified_at: int
    keys: tuple[CarriedKey, ...] = ()


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a deployment came to: the resolved mode and version, and where each account was found.

    `instance_id` is the App Connect instance for cloud-managed calls, empty when none is needed.
    """

    mode: Mode
    version: str
    flows: list[FlowStatus]
    instance_id: str = ""
    conditions: list[Condition] = []


@dataclass(frozen=True, slots=True)
class StoredServer:
    """A server as it should be. `bars` are (name, digest) in order."""

    id: str
    account_id: str
    name: str
    spec: ServerSpec
    plan: Plan
    revision: int
    bars: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Reports:
    """What was said of a server last, and when."""

    process: ProcessReport | None = None
    process_at: int = 0
    server: ServerReport | None = None
    server_at: int = 0
