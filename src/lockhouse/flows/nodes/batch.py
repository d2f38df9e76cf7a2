"""batch-retrieve-action: start a batch process and go on at once."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lockhouse.flows.building import Building, interface_of
from lockhouse.flows.conditions import compile_where
from lockhouse.flows.context import Context
from lockhouse.flows.execution import Batch, Execution, Steps
from lockhouse.flows.reading import Part
from lockhouse.flows.scope import Scope, inputs_of
from lockhouse.wire.actions import ActionCall


@dataclass(frozen=True, slots=True)
class BatchStep:
    """Starts the batch: what is extracted, the body for each record, the completion."""

    name: str
    connector: str
    business_object: str
    action: str
    account_name: str | None
    where_of: Callable[[Context], dict[str, Any]] | None
    limit: int | None
    body: Steps
    completion: Steps | None

    async def run(self, context: Context, execution: Execution) -> None:
        """Start; the payload is `{"batchInstanceId": …}` (our choice). Raises ExpressionFailed."""
        batch_id = str(
            uuid.uuid5(uuid.NAMESPACE_OID, key) if (key := self._key(context, execution)) else uuid.uuid4()
        )
        call = ActionCall(
            connector=self.connector,
            business_object=self.business_object,
            action=self.action,
            where=self.where_of(context) if self.where_of else None,
            limit=self.limit,
            account_name=self.account_name,
            idempotency_key=self._key(context, execution),
        )
        batch = Batch(self.name, call, batch_id, self.body, self.completion, context.inside())
        if execution.start_batch is None:
            execution.batches.append(batch)
        else:
            await execution.start_batch(batch)
        context.put_output(self.name, {"batchInstanceId": batch_id})

    def _key(self, context: Context, execution: Execution) -> str | None:
        return execution.idempotency_key(self.name, context.turn)


def compile_batch(part: Part, scope: Scope, building: Building) -> BatchStep:
    """A batch with its extract and completion triggers."""
    name = part["name"].required_text()
    interface = interface_of(part, building)
    extract = _trigger(interface.part["options"]["extract"], building) if interface else None
    action, event = _only(extract["triggers"]) if extract else ("", None)
    where = part["filter"]["where"]
    connector = extract["connector-type"].required_text() if extract else ""
    business_object = event["input-context"]["data"].required_text() if event else ""
    account = extract["account-name"].text() if extract else ""
    if extract is not None:
        scope.found.actions[(connector, business_object, action)] = None
        scope.found.accounts[(connector, account or None)] = None
    return BatchStep(
        name=name,
        connector=connector,
        business_object=business_object,
        action=action,
        account_name=account or None,
        where_of=compile_where(where, scope, inputs_of(part["filter"]["input"])) if where.is_there else None,
        limit=part["filter"]["limit"].whole(),
        body=building.compile_assembly(event["assembly"], scope.with_block(name))[0] if event else (),
        completion=_completion(interface.part["options"]["completion"], name, scope, building)
        if interface
        else None,
    )


def _completion(ref: Part, name: str, scope: Scope, building: Building) -> Steps | None:
    if not ref.is_there:
        return None
    trigger = _trigger(ref, building)
    if trigger is None:
        return None
    _, event = _only(trigger["triggers"])
    return building.compile_assembly(event["assembly"], scope.with_node(name))[0] if event else None


def _trigger(part: Part, building: Building) -> Part | None:
    ref = part["$ref"]
    found = building.trigger_interfaces.get(ref.required_text())
    if found is None and ref.is_there:
        ref.mistake("trigger_unknown", f"no trigger-interface is at {ref.value}")
    return found


def _only(part: Part) -> tuple[str, Part | None]:
    fields = part.fields()
    if not fields:
        part.mistake_at_key("trigger_empty", "expected one event")
        return "", None
    return fields[0]
