"""HubSpot's records of one kind: a list, one by its number, or a search built of the flow's conditions."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lockhouse.connectors import filters
from lockhouse.connectors.errors import NotFound
from lockhouse.connectors.filters import NEVER, Condition, Group, Tree
from lockhouse.connectors.session import Session
from lockhouse.connectors.templates import as_text
from lockhouse.wire.actions import ActionCall, ActionResult

MOST_FOUND = 10_000
"""A search gives no more, and refuses to go further."""
MOST_LISTED = 50_000
_PAGE_FOUND = 200
_PAGE_LISTED = 100
_GROUPS = 5
_FILTERS_OF_A_GROUP = 6
_OPERATORS = {
    "=": "EQ",
    "neq": "NEQ",
    "gt": "GT",
    "gte": "GTE",
    "lt": "LT",
    "lte": "LTE",
    "contains": "CONTAINS_TOKEN",
}

_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}.*", re.ASCII)

Shown = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Records:
    """Records of one kind. The manifest has the requests `<kind>`, `<kind>-list` and `<kind>-search`.

    `shown` is a record as flows read it; `changed_at` is the property with the time of the last change.
    """

    kind: str
    shown: Shown
    changed_at: str = "hs_lastmodifieddate"

    async def retrieve(self, call: ActionCall, session: Session) -> ActionResult:
        """Find records: the one of a number, a search for other conditions, else the list."""
        tree = filters.read_where(call.where)
        if tree == NEVER:
            return ActionResult(payload=[], status_code=204)
        known = filters.equalities(tree)
        number = known.get("vid", known.get("id"))
        asked = self._properties(session, call.business_object, tree)
        if number is not None:
            record = await self._one(number, asked, session)
            found = [record] if record is not None and filters.holds(tree, record) else []
            return ActionResult(payload=found, status_code=200 if found else 204)
        groups, rest = self._groups(tree)
        limit = min(call.limit or MOST_LISTED, MOST_FOUND if groups else MOST_LISTED)
        found = await self._many(groups, rest, asked, limit + 1, session)
        status = 206 if len(found) > limit else 200 if found else 204
        return ActionResult(payload=found[:limit], status_code=status)

    async def _one(self, number: Any, asked: list[str], session: Session) -> dict[str, Any] | None:
        values = {"places": {"id": number}, "properties": ",".join(asked)}
        try:
            return self.shown((await session.send(self.kind, values)).body)
        except NotFound:
            return None

    async def _many(
        self, groups: list[Any], rest: Group, asked: list[str], wanted: int, session: Session
    ) -> list[dict[str, Any]]:
        name, most = ("search", _PAGE_FOUND) if groups else ("list", _PAGE_LISTED)
        values: dict[str, Any] = {"groups": groups, "properties": asked if groups else ",".join(asked)}
        found: list[dict[str, Any]] = []
        read, cursor = 0, None
        while len(found) < wanted and read < (MOST_FOUND if groups else MOST_LISTED):
            size = most if rest.members else min(most, wanted - len(found))
            page = {**values, "size": size, "cursor": cursor}
            body = (await session.send(f"{self.kind}-{name}", page)).body
            records = [self.shown(record) for record in body.get("results") or []]
            found += [record for record in records if filters.holds(rest, record)]
            read += len(records)
            before, cursor = cursor, ((body.get("paging") or {}).get("next") or {}).get("after")
            if not cursor or cursor == before:
                break
        return found

    def _groups(self, tree: Group) -> tuple[list[Any], Group]:
        """The search's groups of filters, of which one must hold, and the conditions that are left to us."""
        if len(tree.members) == 1 and isinstance(tree.members[0], Group):
            joined = [one.members if isinstance(one, Group) else (one,) for one in tree.members[0].members]
            if len(joined) <= _GROUPS and all(_fits(members) for members in joined):
                return [self._group(members) for members in joined], filters.ALWAYS
        said = [member for member in tree.members if isinstance(member, Condition)]
        rest = [member for member in tree.members if not isinstance(member, Condition)]
        pushed, left = said[:_FILTERS_OF_A_GROUP], said[_FILTERS_OF_A_GROUP:]
        return ([self._group(tuple(pushed))] if pushed else []), Group("and", (*rest, *left))

    def _group(self, members: tuple[Tree, ...]) -> dict[str, Any]:
        return {"filters": [self._filter(member) for member in members if isinstance(member, Condition)]}

    def _filter(self, condition: Condition) -> dict[str, str]:
        text = as_text(condition.value)
        value = f"*{text}*" if condition.operator == "contains" else _in_milliseconds(text)
        name, operator = self._name(condition.field), _OPERATORS[condition.operator]
        return {"propertyName": name, "operator": operator, "value": value}

    def _name(self, field: str) -> str:
        """The property of a field; HubSpot's names are in lower case."""
        name = field.removeprefix("properties.").lower()
        if name in ("id", "vid"):
            return "hs_object_id"
        return {"createdat": "createdate", "updatedat": self.changed_at}.get(name, name)

    def _properties(self, session: Session, business_object: str, tree: Group) -> list[str]:
        """What to ask for: HubSpot gives few properties unless they are named."""
        known = session.connector.objects[business_object].fields
        standing = [field.target[-1] for field in known.values() if field.target[:1] == ("properties",)]
        nested = known["properties"].members if "properties" in known else {}
        return list(dict.fromkeys([*standing, *nested, *(self._name(field) for field in _named(tree))]))


def _fits(members: tuple[Tree, ...]) -> bool:
    return len(members) <= _FILTERS_OF_A_GROUP and all(isinstance(member, Condition) for member in members)


def _in_milliseconds(text: str) -> str:
    """A moment as searches take it, in milliseconds since 1970; everything else as it is."""
    if not _MOMENT.fullmatch(text.strip()):
        return text
    try:
        moment = datetime.fromisoformat(text.strip())
        return str(round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000))
    except (ValueError, OverflowError):
        return text


def _named(tree: Tree) -> list[str]:
    if isinstance(tree, Condition):
        return [tree.field]
    return [name for member in tree.members for name in _named(member)]
