"""A flow document as a frozen value: how it starts, what it needs, its steps."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lockhouse.errors import Mistake
from lockhouse.flows.execution import Steps

INTEGRATION_VERSION = "http://ibm.com/appconnect/integration/v2/integrationFile"
API = "api"
TRIGGER_ACTION = "trigger-action"
SCHEDULER = "streaming-connector-scheduler"


@dataclass(frozen=True, slots=True)
class Property:
    """A property of a model. `type`: string, number, boolean, date, object; `is_list`: a list of these."""

    name: str
    type: str
    is_required: bool
    is_id: bool
    is_list: bool


@dataclass(frozen=True, slots=True)
class Model:
    """A model of an API flow; `schema` is its JSON Schema."""

    name: str
    plural: str
    properties: tuple[Property, ...]
    schema: Mapping[str, Any]
    description: str = ""

    @property
    def id_property(self) -> str:
        """The name of the property that identifies an object; `id` when none is marked."""
        return next((each.name for each in self.properties if each.is_id), "id")

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the properties that a body must have."""
        return tuple(each.name for each in self.properties if each.is_required)


@dataclass(frozen=True, slots=True)
class Assembly:
    """Compiled steps, and those of the catch if there is one."""

    steps: Steps
    catch: Steps | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of an API flow: what the HTTP door needs to route a call to it.

    `paths` are templates below the flow's address, `/Orders` or `/Orders/{id}`, the first one the official.
    `queryable` are the fields by which `retrieveall` may be filtered; `pages` when it pages by TOKEN_LIMIT.
    """

    name: str
    model: Model
    method: str
    paths: tuple[str, ...]
    assembly: Assembly
    takes_body: bool
    queryable: tuple[str, ...] = ()
    pages: bool = False

    @property
    def takes_id(self) -> bool:
        """Whether the official path ends with the id of an object."""
        return "{id}" in self.paths[0]


@dataclass(frozen=True, slots=True)
class EventTrigger:
    """How an event flow starts. `way`: `schedule`, `poll`, `webhook` or `push`; `options`: the document's."""

    connector: str
    business_object: str
    event: str
    way: str
    options: Mapping[str, Any]
    account_name: str | None
    assembly: Assembly


@dataclass(frozen=True, slots=True)
class Flow:
    """A flow that can run: a plan made once, nothing is parsed or looked up by name at a call.

    `actions` are all (connector, business object, action) of its nodes; `accounts` all (connector, account
    name or None for the default) that it needs, its trigger's included; `unresolved` the variables that will
    be nothing. `warnings` do not stop it.
    """

    name: str
    type: str
    description: str
    operations: tuple[Operation, ...]
    event: EventTrigger | None
    actions: tuple[tuple[str, str, str], ...]
    accounts: tuple[tuple[str, str | None], ...]
    node_kinds: Mapping[str, int]
    functions: tuple[str, ...]
    unresolved: tuple[str, ...]
    warnings: tuple[Mistake, ...] = ()
    document: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def connectors(self) -> tuple[str, ...]:
        """The connectors of its nodes and of its trigger, sorted."""
        trigger = {self.event.connector} if self.event and self.event.connector else set()
        return tuple(sorted({connector for connector, _, _ in self.actions if connector} | trigger))
