"""Salesforce's operations: SOQL needs the types of an object's fields, which only Salesforce tells."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from lockhouse.connectors import bodies, filters
from lockhouse.connectors.builtin.salesforce.soql import Description, converted, object_name, where_clause
from lockhouse.connectors.errors import AuthFailed, NotFound, Rejected
from lockhouse.connectors.filters import NEVER, Group
from lockhouse.connectors.session import Session
from lockhouse.wire.actions import ActionCall, ActionResult

MOST_RECORDS = 50_000
MOST_CHANGED = 1_000
_LONGEST_QUERY = 14_000  # an address and its headers may have 16,384 bytes together
_TYPED_TEXT = re.compile(
    r"\s*(|[+-]?[\d.]+(e[+-]?\d+)?|true|false|\d{4}-\d{2}-\d{2}.*)\s*", re.IGNORECASE | re.DOTALL
)


async def create(call: ActionCall, session: Session) -> ActionResult:
    """Make a record; the payload is what was sent and its Id."""
    return ActionResult(payload=await _create(call.business_object, call.input, session), status_code=201)


async def retrieve(call: ActionCall, session: Session) -> ActionResult:
    """Find records by SOQL, one more than the limit to tell truncation."""
    tree = filters.read_where(call.where)
    if tree == NEVER:
        return ActionResult(payload=[], status_code=204)
    records, more = await _find(call.business_object, tree, call.limit, session)
    return ActionResult(payload=records, status_code=206 if more else 200 if records else 204)


async def update(call: ActionCall, session: Session) -> ActionResult:
    """Change the records that the filter finds."""
    ids, more = await _ids(call, session, limit=call.limit or MOST_CHANGED)
    done = []
    for record_id in ids:
        try:
            done.append(await _update(call.business_object, record_id, call.input, session))
        except NotFound:
            continue
    if not done:
        return ActionResult(payload=[], status_code=204)
    return ActionResult(payload=done[0] if len(done) == 1 else done, status_code=206 if more else 200)


async def upsert(call: ActionCall, session: Session) -> ActionResult:
    """Change the record that the filter finds, or make it with what the filter says of it."""
    tree = filters.read_where(call.where)
    known = filters.equalities(tree)
    if tree == NEVER or not known:
        raise Rejected("the filter of an upsert must say by which values the record is known")
    ids, _ = await _ids(call, session, limit=2)
    if len(ids) > 1:
        raise Rejected("several records match the filter of the upsert", status_code=409)
    if ids:
        return ActionResult(payload=await _update(call.business_object, ids[0], call.input, session))
    told = {name: value for name, value in known.items() if name.lower() != "id"}
    payload = await _create(call.business_object, {**told, **call.input}, session)
    return ActionResult(payload=payload, status_code=201)


async def delete(call: ActionCall, session: Session) -> ActionResult:
    """Delete the records that the filter finds."""
    ids, more = await _ids(call, session, limit=call.limit or MOST_CHANGED)
    count = 0
    for record_id in ids:
        try:
            await session.send("delete", {"places": {"object": call.business_object, "id": record_id}})
            count += 1
        except NotFound:
            continue
    if not count:
        return ActionResult(payload=[], status_code=204)
    return ActionResult(payload={"count": count}, status_code=206 if more else 200)


async def download(call: ActionCall, session: Session) -> ActionResult:
    """The content of an attachment: base64 unless ContentType names text."""
    record_id = call.input.get("Id") or filters.equalities(filters.read_where(call.where)).get("Id")
    if not record_id:
        raise Rejected("Id is needed to download an attachment")
    reply = await session.send("download", {"places": {"id": record_id}})
    kind = call.input.get("ContentType") or "Binary"
    binary = str(kind).lower() == "binary"
    return ActionResult(payload={"content": bodies.as_content(reply.content, "Binary" if binary else "Text")})


async def execute_soql(call: ActionCall, session: Session) -> ActionResult:
    """Run the flow's own SOQL; all pages joined into one answer."""
    soql = call.input.get("customSoql")
    if not isinstance(soql, str) or not soql.strip():
        raise Rejected("customSoql: a value is needed")
    name = "query-all" if call.input.get("scanAll") is True else "query"
    body = (await session.send(name, {"soql": soql})).body
    records = await _all_records(body, session, MOST_RECORDS)
    return ActionResult(payload={**body, "done": True, "records": records})


async def _create(name: str, values: Mapping[str, Any], session: Session) -> dict[str, Any]:
    record = await _typed(name, values, session)
    reply = await session.send("create", {"places": {"object": object_name(name)}, "record": record})
    return {**record, "Id": reply.body.get("id") if isinstance(reply.body, dict) else None}


async def _update(name: str, record_id: str, values: Mapping[str, Any], session: Session) -> dict[str, Any]:
    description = await _describe(name, session)
    wanted = {key: value for key, value in values.items() if _may_change(key, description)}
    record = converted(wanted, description)
    if record:
        await session.send(
            "update", {"places": {"object": object_name(name), "id": record_id}, "record": record}
        )
    return {**record, "Id": record_id}


def _may_change(name: str, description: Description) -> bool:
    # An upsert's map names fields that only a new record may have (OrderItem.OrderId); Salesforce refuses the
    # update for them. What Salesforce does not know at all is sent, so that it can say so.
    field = description.get(name)
    return name.lower() != "id" and (field is None or field.updateable)


async def _typed(name: str, values: Mapping[str, Any], session: Session) -> dict[str, Any]:
    # Most maps are plain texts, for which the types do not matter: they need no describe.
    if all(isinstance(value, str) and not _TYPED_TEXT.fullmatch(value) for value in values.values()):
        return dict(values)
    return converted(values, await _describe(name, session))


async def _ids(call: ActionCall, session: Session, *, limit: int) -> tuple[list[str], bool]:
    tree = filters.read_where(call.where)
    if tree == NEVER:
        return [], False
    if not tree.members:
        raise Rejected(f"{call.action} needs a filter: without one it would reach every record")
    name = object_name(call.business_object)
    conditions = where_clause(tree, await _describe(name, session))
    tail = f"WHERE {conditions} ORDER BY Id LIMIT {limit + 1}"
    soql = f"SELECT Id FROM {name} {tail}"  # noqa: S608 - SOQL; names are checked, values escaped
    records = await _query(soql, session, limit + 1)
    return [record["Id"] for record in records[:limit]], len(records) > limit


async def _find(name: str, tree: Group, limit: int | None, session: Session) -> tuple[list[Any], bool]:
    description = await _describe(object_name(name), session)
    tail = f" WHERE {where_clause(tree, description)}" if tree.members else ""
    created = description.get("CreatedDate")
    tail += " ORDER BY CreatedDate, Id" if created is not None and created.sortable else " ORDER BY Id"
    wanted = min(limit, MOST_RECORDS) + 1 if limit is not None else MOST_RECORDS
    tail += f" LIMIT {wanted}"
    found: list[Any] = []
    for fields in _field_lists(description.selected(), len(quote(tail))):
        soql = f"SELECT {', '.join(fields)} FROM {name}{tail}"  # noqa: S608 - SOQL; names are checked, values escaped
        records = await _query(soql, session, wanted)
        found = _merged(found, records) if found else records
    shown = [_without_attributes(record) for record in found]
    most = wanted - 1 if limit is not None else wanted
    return shown[:most], len(shown) > most


def _field_lists(fields: list[str], tail: int) -> list[list[str]]:
    """The fields of a wide object, in so many queries that each address is short enough; Id is in each."""
    if not fields:
        return [["FIELDS(STANDARD)"]]
    lists: list[list[str]] = [["Id"]]
    length = 0
    for field in fields:
        if field == "Id":
            continue
        length += len(field) + 6  # a comma and a blank, percent-encoded
        if length + tail > _LONGEST_QUERY:
            lists.append(["Id"])
            length = len(field) + 6
        lists[-1].append(field)
    return lists


def _merged(found: list[Any], more: list[Any]) -> list[Any]:
    by_id = {record["Id"]: record for record in more}
    return [{**record, **by_id.get(record["Id"], {})} for record in found]


async def _query(soql: str, session: Session, most: int) -> list[Any]:
    body = (await session.send("query", {"soql": soql})).body
    return await _all_records(body, session, most)


async def _all_records(body: Any, session: Session, most: int) -> list[Any]:
    records = list(body.get("records") or []) if isinstance(body, dict) else []
    while len(records) < most and isinstance(body, dict) and body.get("done") is False:
        following = body.get("nextRecordsUrl")
        if not isinstance(following, str) or not following.startswith("/"):
            break
        body = (await session.send("more", {"next": following})).body
        records += body.get("records") or [] if isinstance(body, dict) else []
    return records


def _without_attributes(record: Any) -> Any:
    if isinstance(record, list):
        return [_without_attributes(item) for item in record]
    if isinstance(record, dict):
        return {key: _without_attributes(value) for key, value in record.items() if key != "attributes"}
    return record


async def _describe(name: str, session: Session) -> Description:
    """The object's fields, kept for an hour; empty when Salesforce does not let this user see them."""
    kept: Description | None = session.cached(f"describe {name}")
    if kept is None:
        try:
            body = (await session.send("describe", {"places": {"object": object_name(name)}})).body
        except AuthFailed as failed:
            if failed.status_code == 401:
                raise
            body = None
        except (NotFound, Rejected):
            body = None  # the call itself will fail with the vendor's own words if the object is unknown
        kept = Description.of(name, body)
        session.keep(f"describe {name}", kept)
    return kept
