"""Integration servers, configurations and BAR files, as the doors under `/api/v1` speak of them.

A document is what App Connect's custom resources are without `apiVersion` and `kind` (deployment.md, sections
3, 7, 12): `{"metadata": {"name"}, "spec": {…}, "status": {…}}`. Members that we do not know are accepted and
have no effect.
"""

from datetime import UTC, datetime
from typing import Literal

import msgspec

from lockhouse.wire.runs import EventStatus

ConfiguredMode = Literal["auto", "disabled", "local", "all"]
"""`designerFlowsOperationMode` (deployment.md 7.1). `auto` is ours: derived from the flows and their
accounts."""
Mode = Literal["disabled", "local", "all"]
Phase = Literal["Pending", "Ready", "NotReady", "Failed", "Stopped"]
"""Pending: starting. NotReady: runs, but something named in the conditions stops part of its work. Failed: it
cannot start, or crashes again and again; it is tried again with back-off. Stopped: asked to stop."""

DEFAULT_VERSION = "12.0.3.0-r1"
"""The version a server declares when none is given: the last that may use cloud-managed connectors."""


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """What a document is called: 1 to 253 characters of letters, digits, `.`, `_`, `-`, the first a letter or
    digit."""

    name: str


class Condition(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """One thing to know about an object.

    `type` is `Ready`, `Flow`, `TypeNotApplied`, `CloudKey`, …; `status` is `True` or `False`; `reason` is one
    stable word (`cloud_key_rejected`); `message` is for people; `last_transition_time` is ISO 8601, UTC;
    `details` holds ids and names, never a secret.
    """

    type: str
    status: Literal["True", "False"]
    reason: str = ""
    message: str = ""
    last_transition_time: str = ""
    details: dict[str, str] = {}


class FlowOperation(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """One operation of an API flow; `path` begins with `/`, `url` is where it answers (empty until it
    does)."""

    name: str
    method: str
    path: str
    url: str = ""


class NeededAccount(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """An account that a flow needs. `source` says where it was found: `local`, `cloud-managed` or empty (not
    yet).

    `account_name` empty means the connector's default account; `configuration` names where a local one comes
    from.
    """

    connector: str
    account_name: str = ""
    source: str = ""
    configuration: str = ""


class FlowStatus(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A flow of a BAR. `kind` is `api` or `event`; `trigger` of an event flow: schedule, poll, webhook, push.

    `actions` are `connector|business_object|ACTION`; `url` of an API flow is its base, `openapi` where its
    OpenAPI document is (a page to try it is at `url` and a slash).
    """

    name: str
    kind: str
    bar: str = ""
    trigger: str = ""
    url: str = ""
    openapi: str = ""
    operations: list[FlowOperation] = []
    actions: list[str] = []
    accounts: list[NeededAccount] = []
    events: EventStatus | None = None


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Where a server answers; the first of a server is the base URL of its flows."""

    name: str
    uri: str


class CallCounts(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Calls of the API flows since the server started; `last_call` is ISO 8601, UTC."""

    total: int = 0
    failed: int = 0
    last_call: str = ""


class ServerSpec(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What a server should be. `bar_url` is the name of a stored BAR file, or a list of them."""

    bar_url: str | list[str] = msgspec.field(default_factory=list, name="barURL")
    configurations: list[str] = []
    designer_flows_operation_mode: ConfiguredMode = "auto"
    version: str = DEFAULT_VERSION

    @property
    def bars(self) -> list[str]:
        """The names of the BAR files."""
        return [self.bar_url] if isinstance(self.bar_url, str) else self.bar_url


class ServerStatus(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What a server is. `mode` and `version` are the resolved ones; `restarts` counts what it did not ask
    for."""

    phase: Phase
    endpoints: list[Endpoint] = []
    conditions: list[Condition] = []
    mode: str = ""
    version: str = ""
    flows: list[FlowStatus] = []
    calls: CallCounts = CallCounts()
    restarts: int = 0
    started_at: str = ""
    reported_at: str = ""


class IntegrationServer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An integration server: what it should be and what it is."""

    metadata: Metadata
    spec: ServerSpec
    status: ServerStatus = msgspec.field(default_factory=lambda: ServerStatus(phase="Pending"))


class ConfigurationSpec(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`type` as in CONFIGURATION_TYPES of the runtime; `data` is the content in base64 and is never
    answered."""

    type: str
    description: str = ""
    data: str = ""


class CarriedKey(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """An API key that a configuration carries. `resource` is the setdbparms resource: a flow's name or
    `AppConnectAPIKey`; `apikey_id` is empty for a pasted value that no key of this platform has."""

    resource: str
    fingerprint: str
    apikey_id: str = ""
    name: str = ""


class ConfigurationStatus(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What is known about a configuration besides its content. Times are ISO 8601, UTC."""

    keys: list[CarriedKey] = []
    used_by: list[str] = []
    conditions: list[Condition] = []
    size: int = 0
    created_at: str = ""
    modified_at: str = ""


class Configuration(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A named, typed object given to servers (deployment.md, sections 3 and 4)."""

    metadata: Metadata
    spec: ConfigurationSpec
    status: ConfigurationStatus = msgspec.field(default_factory=ConfigurationStatus)


class BarFileStatus(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What is in a BAR; `digest` is `sha256:<hex>` of the bytes as uploaded, `size` their number."""

    digest: str
    size: int
    flows: list[FlowStatus] = []
    used_by: list[str] = []
    modified_at: str = ""


class BarFile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A stored BAR."""

    metadata: Metadata
    status: BarFileStatus


class IntegrationServers(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The answer of a listing, sorted by name."""

    integration_servers: list[IntegrationServer]


class Configurations(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of a listing, sorted by name."""

    configurations: list[Configuration]


class BarFiles(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The answer of a listing, sorted by name."""

    bar_files: list[BarFile]


class ServerLog(msgspec.Struct, frozen=True, kw_only=True):
    """The newest lines of a server's log, oldest first."""

    lines: list[str]


def time_text(moment: int) -> str:
    """A moment in Unix milliseconds as these documents write it: `2026-01-31T12:00:00Z`."""
    return datetime.fromtimestamp(moment // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
