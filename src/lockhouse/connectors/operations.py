"""What each kind of action does with its declared requests: create, retrieve, update, upsert, delete, the
rest.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from lockhouse.connectors import filters, paging
from lockhouse.connectors.coercion import coerced, missing_fields, record_of, with_defaults
from lockhouse.connectors.errors import NotFound, Rejected, UnknownAction
from lockhouse.connectors.filters import NEVER, Group
from lockhouse.connectors.model import Action, BusinessObject
from lockhouse.connectors.reply import Reply
from lockhouse.connectors.session import Session
from lockhouse.connectors.templates import Scope
from lockhouse.wire.actions import ActionCall, ActionResult

MOST_CHANGED = 1_000
EVENTS = frozenset({"CREATED", "UPDATED", "CREATEDORUPDATED"})
"""Actions that tell what is new (runtime.triggers.managed): their input is `{since, state}`, not a record."""


@dataclass(frozen=True, slots=True)
class Job:
    """One call that is being carried out."""

    business_object: BusinessObject
    action: Action
    call: ActionCall
    session: Session

    def sibling(self, name: str) -> Action:
        """Another action of the same business object. Raises UnknownAction."""
        found = self.session.connector.actions_of(self.business_object).get(name)
        if found is None:
            raise UnknownAction(f"{self.business_object.name} has no {name}, which {self.action.name} needs")
        return found


async def run(job: Job) -> ActionResult:
    """Carry out a call. Raises the five errors."""
    if job.action.python is not None and job.action.name in EVENTS:
        told: ActionResult = await job.action.python(job.call, job.session)
        return told
    if job.action.python is not None:
        values = coerced(
            job.business_object.fields, with_defaults(job.business_object.fields, job.call.input)
        )
        call = msgspec.structs.replace(job.call, input=values)
        result: ActionResult = await job.action.python(call, job.session)
        return result
    return await OPERATIONS.get(job.action.name, custom)(job)


async def create(job: Job) -> ActionResult:
    """Make one record; what the vendor needs is asked for before anything is sent."""
    values = _values(job, job.call.input)
    _require(job, values)
    payload, _ = await _submit(job, job.action, values, {}, creating=True)
    return ActionResult(payload=payload, status_code=job.action.status or 201)


async def retrieve(job: Job) -> ActionResult:
    """Find records; one more than the limit is looked for, to tell whether there are more."""
    tree = filters.read_where(job.call.where)
    if tree == NEVER:
        return ActionResult(payload=[], status_code=204)
    items, more = await find(job, job.action, tree, job.call.limit)
    return ActionResult(payload=items, status_code=206 if more else 200 if items else 204)


async def update(job: Job) -> ActionResult:
    """Change the records that the filter finds; nothing is sent when it can find none."""
    values = _values(job, job.call.input)
    return await _each(job, values)


async def delete(job: Job) -> ActionResult:
    """Delete the records that the filter finds."""
    result = await _each(job, {})
    count = len(result.payload) if isinstance(result.payload, list) else 1
    return ActionResult(payload={"count": count}, status_code=result.status_code)


async def upsert(job: Job) -> ActionResult:
    """Look for the record; change the one that is found, or make it with what the filter says of it."""
    tree = filters.read_where(job.call.where)
    known = filters.equalities(tree)
    if tree == NEVER or not known:
        raise Rejected("the filter of an upsert must say by which values the record is known")
    items, _ = await find(job, job.sibling("RETRIEVEALL"), tree, 2)
    if len(items) > 1:
        raise Rejected("several records match the filter of the upsert", status_code=409)
    if not items:
        fields = job.business_object.fields
        told = {
            name: value for name, value in known.items() if not (name in fields and fields[name].read_only)
        }
        call = msgspec.structs.replace(job.call, input={**told, **job.call.input}, where=None)
        return await run(Job(job.business_object, job.sibling("CREATE"), call, job.session))
    where = {**known, job.business_object.key: items[0].get(job.business_object.key)}
    action = job.sibling("UPDATEALL")
    payload, _ = await _submit(job, action, _values(job, job.call.input), where, creating=False)
    return ActionResult(payload=payload, status_code=200)


async def custom(job: Job) -> ActionResult:
    """An action of the vendor's own: the filter places it, the input is what it is given."""
    tree = filters.read_where(job.call.where)
    if tree == NEVER:
        return ActionResult(payload={}, status_code=204)
    if job.action.paging is not None:
        items, more = await find(job, job.action, tree, job.call.limit)
        return ActionResult(payload=items, status_code=206 if more else 200 if items else 204)
    chosen = filters.choose(job.action, tree)
    if ambiguous := sorted(chosen.uses & filters.several(tree)):
        raise Rejected(f"{', '.join(ambiguous)}: one value is needed, and the filter gives several")
    values, where = _values(job, job.call.input), filters.equalities(tree)
    if chosen.request is not None and chosen.request.body is not None:
        _require(job, {**values, **where})
    try:
        payload, status = await _submit(job, chosen, values, where, creating=True)
    except NotFound:
        if not chosen.missing_is_empty:
            raise
        return ActionResult(payload={}, status_code=204)
    return ActionResult(payload=payload, status_code=chosen.status or (201 if status == 201 else 200))


def _require(job: Job, values: Mapping[str, Any]) -> None:
    missing = missing_fields(job.business_object.fields, values)
    if missing:
        raise Rejected(f"{', '.join(missing)}: a value is needed")


async def find(job: Job, action: Action, tree: Group, limit: int | None) -> tuple[list[Any], bool]:
    """The items that a filter finds, at most `limit`, and whether there are more."""
    if action.python is not None:
        call = msgspec.structs.replace(job.call, limit=limit, input={})
        found: ActionResult = await action.python(call, job.session)
        return found.payload, found.status_code == 206
    chosen = filters.choose(action, tree)
    split = filters.plan(chosen, job.business_object, tree)
    scope = {
        "where": split.places,
        "given": {**job.call.input, **split.places},
        "filter": split.text or None,
        "object": job.call.business_object,
        "input": job.call.input,
    }
    try:
        return await paging.collect(job.session, chosen, scope, split, limit)
    except NotFound:
        if chosen.missing_is_empty or chosen.when:
            return [], False
        raise


async def _each(job: Job, values: Mapping[str, Any]) -> ActionResult:
    tree = filters.read_where(job.call.where)
    if tree == NEVER:
        return ActionResult(payload=[], status_code=204)
    if not tree.members:
        raise Rejected(f"{job.action.name} needs a filter: without one it would reach every record")
    known, key, more = filters.equalities(tree), job.business_object.key, False
    if len(known) == len(tree.members) and _says_which(job, known):
        places = [known]
    else:
        most = job.call.limit or MOST_CHANGED
        items, more = await find(job, job.sibling("RETRIEVEALL"), tree, most)
        places = [{**known, key: item.get(key)} for item in items if item.get(key) is not None]
    done = []
    for where in places:
        try:
            done.append((await _submit(job, job.action, values, where, creating=False))[0])
        except NotFound:
            continue  # gone meanwhile, or never there: it is not among what was changed
    if not done:
        return ActionResult(payload=[], status_code=204)
    return ActionResult(payload=done[0] if len(done) == 1 else done, status_code=206 if more else 200)


def _says_which(job: Job, known: Mapping[str, Any]) -> bool:
    """Whether a filter names the record itself, so that nothing need be looked for."""
    fields, naming = job.business_object.fields, job.action.when or (job.business_object.key,)
    placing = {name for name, field in fields.items() if field.place}
    return all(name in known for name in naming) and known.keys() <= {*naming, *placing}


def _values(job: Job, given: Mapping[str, Any]) -> dict[str, Any]:
    fields = job.business_object.fields
    creating = job.action.name not in ("UPDATEALL", "UPSERTWITHWHERE")
    return coerced(fields, with_defaults(fields, given) if creating else given)


async def _submit(
    job: Job, action: Action, values: Mapping[str, Any], where: Mapping[str, Any], *, creating: bool
) -> tuple[Any, int]:
    if action.request is None:
        raise UnknownAction(f"{action.name} on {job.business_object.name} has no request")
    scope: dict[str, Any] = {
        "input": values,
        "record": record_of(job.business_object.fields, values, creating=creating),
        "where": where,
        "given": {**values, **where},
        "object": job.call.business_object,
        "key": job.call.idempotency_key,
    }
    reply = await job.session.perform(action.request, scope)
    return payload_of(action, reply, scope), reply.status


def payload_of(action: Action, reply: Reply, scope: Scope) -> Any:
    """What an answer gives the flow: the declared output, else the body."""
    body = paging.content_of(action, reply, scope)
    if action.items is not None:
        body = action.items(body)
    if action.output is None:
        return body if body is not None else {}
    return action.output({**scope, "body": reply.body, "status": reply.status, "item": body})


OPERATIONS: Mapping[str, Callable[[Job], Awaitable[ActionResult]]] = {
    "CREATE": create,
    "RETRIEVEALL": retrieve,
    "UPDATEALL": update,
    "DELETEALL": delete,
    "UPSERTWITHWHERE": upsert,
}
