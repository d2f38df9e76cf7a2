"""create-, retrieve-, update-, upsert-, delete- and custom-action: one connector call."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lockhouse.flows.bound import Evaluate
from lockhouse.flows.building import ActionInterface, Building, interface_of
from lockhouse.flows.conditions import compile_where
from lockhouse.flows.context import Context
from lockhouse.flows.errors import ErrorDetails, FlowFailed
from lockhouse.flows.execution import Execution
from lockhouse.flows.maps import compile_map
from lockhouse.flows.reading import Part
from lockhouse.flows.scope import Scope, inputs_of
from lockhouse.jsonata import NOTHING
from lockhouse.wire.actions import ActionCall, ActionResult

ACTION_OF_KIND = {
    "create-action": "CREATE",
    "retrieve-action": "RETRIEVEALL",
    "update-action": "UPDATEALL",
    "upsert-action": "UPSERTWITHWHERE",
    "delete-action": "DELETEALL",
}
DEFAULT_LIMIT = 10
NO_DATA = 404
TRUNCATED = 500


@dataclass(frozen=True, slots=True)
class ActionStep:
    """Calls a connector's action with the map's object and the filter; keeps what it returned."""

    name: str
    connector: str
    business_object: str
    action: str
    account_name: str | None
    input_of: Evaluate | None
    where_of: Callable[[Context], dict[str, Any]] | None
    limit: int | None
    returns_list: bool
    says_empty: bool
    may_be_empty: bool
    may_be_truncated: bool

    async def run(self, context: Context, execution: Execution) -> None:
        """Make the call. Raises ActionFailed, FlowFailed for no data or too much, ExpressionFailed."""
        call = ActionCall(
            connector=self.connector,
            business_object=self.business_object,
            action=self.action,
            input=self.input_of(context) if self.input_of else {},
            where=self.where_of(context) if self.where_of else None,
            limit=self.limit,
            account_name=self.account_name,
            idempotency_key=execution.idempotency_key(self.name, context.turn),
        )
        result = await execution.call(call, node=self.name, turn=context.turn)
        context.put_output(self.name, *self._judged(result))

    def _judged(self, result: ActionResult) -> tuple[Any, int]:
        payload, status = result.payload, result.status_code
        is_empty = (
            status == 204
            or (payload == [] and self.says_empty)
            or (payload in (None, []) and self.returns_list)
        )
        if is_empty and not self.may_be_empty:
            raise FlowFailed(self._failure("no_data", "nothing matches the conditions", NO_DATA))
        if is_empty:
            payload, status = ([] if self.returns_list else payload), 204
        elif self._is_truncated(payload, status):
            if not self.may_be_truncated:
                raise FlowFailed(self._failure("truncated", f"more than {self.limit} match", TRUNCATED))
            payload, status = payload[: self.limit] if isinstance(payload, list) else payload, 206
        return (NOTHING if payload is None else payload), status

    def _is_truncated(self, payload: Any, status: int) -> bool:
        if status == 206:
            return True
        return (
            self.returns_list
            and isinstance(payload, list)
            and self.limit is not None
            and len(payload) > self.limit
        )

    def _failure(self, code: str, message: str, status_code: int) -> ErrorDetails:
        return ErrorDetails(
            code, f"{self.business_object}: {message}", status_code, self.name, self.connector
        )


def compile_create(part: Part, scope: Scope, building: Building) -> ActionStep:
    """create-action: a map, no filter."""
    return _compiled("create-action", part, scope, building)


def compile_retrieve(part: Part, scope: Scope, building: Building) -> ActionStep:
    """retrieve-action: a filter, no map; returns a list."""
    return _compiled("retrieve-action", part, scope, building)


def compile_update(part: Part, scope: Scope, building: Building) -> ActionStep:
    """update-action: a map and a filter."""
    return _compiled("update-action", part, scope, building)


def compile_upsert(part: Part, scope: Scope, building: Building) -> ActionStep:
    """upsert-action: a map, and a filter that identifies the record."""
    return _compiled("upsert-action", part, scope, building)


def compile_delete(part: Part, scope: Scope, building: Building) -> ActionStep:
    """delete-action: a filter."""
    return _compiled("delete-action", part, scope, building)


def compile_custom(part: Part, scope: Scope, building: Building) -> ActionStep:
    """custom-action: the body as a map, and maybe a filter with what places the call."""
    return _compiled("custom-action", part, scope, building)


def _compiled(kind: str, part: Part, scope: Scope, building: Building) -> ActionStep:
    interface = interface_of(part, building)
    action = _action(kind, part, interface)
    limit = part["filter"]["limit"].whole()
    where = part["filter"]["where"]
    where_of = compile_where(where, scope, inputs_of(part["filter"]["input"])) if where.is_there else None
    if kind in ("update-action", "upsert-action", "delete-action") and where_of is None:
        # Without conditions these would reach every record: never what somebody meant.
        part["filter"].mistake_at_key("filter_missing", f"{kind}: expected conditions in filter.where")
    if interface is not None:
        scope.found.actions[(interface.connector, interface.business_object, action)] = None
        scope.found.accounts[(interface.connector, interface.account_name)] = None
    return ActionStep(
        name=part["name"].required_text(),
        connector=interface.connector if interface else "",
        business_object=interface.business_object if interface else "",
        action=action,
        account_name=interface.account_name if interface else None,
        input_of=compile_map(part["map"], scope) if part["map"].is_there else None,
        where_of=where_of,
        limit=DEFAULT_LIMIT if limit is None and kind == "retrieve-action" else limit,
        returns_list=kind == "retrieve-action" or part["allow-truncation"].is_there,
        says_empty=part["allow-empty-output"].is_there,
        may_be_empty=part["allow-empty-output"].flag(default=True),
        may_be_truncated=part["allow-truncation"].flag(default=True),
    )


def _action(kind: str, part: Part, interface: ActionInterface | None) -> str:
    wanted = ACTION_OF_KIND.get(kind)
    told = interface.action if interface else ""
    if wanted is None:
        if not part["action"].is_there:
            part.warn("action_missing", f"{kind} names no action; its interface's, {told}, is taken")
            return told
        wanted = part["action"].text()
    if interface is not None and wanted != told:
        part.warn("action_differs", f"the node says {wanted}, its interface {told}; the node's is taken")
    return wanted
