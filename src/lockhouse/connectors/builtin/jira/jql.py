"""Filters as JQL. Texts (by words for Jira) and times (by minutes) are compared again here."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from lockhouse.connectors import filters
from lockhouse.connectors.filters import Condition, Group, Tree
from lockhouse.connectors.templates import as_text

_TIMES = {
    "created": "created", "dateCreated": "created", "updated": "updated", "lastModified": "updated",
    "dateModified": "updated",
}  # fmt: skip
_TEXTS = frozenset({"summary", "description", "environment", "comment"})
_CALLED = ("name", "key", "id", "value", "displayName", "accountId", "emailAddress")
_OPERATORS = {"=": "=", "neq": "!=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<=", "contains": "~"}
_NAME = re.compile(r"[A-Za-z][\w ]*|cf\[\d+\]")
_CUSTOM = re.compile(r"customfield_(\d+)")


def query_of(tree: Group, zone: tzinfo) -> str:
    """The JQL of a filter, oldest first. A search without any bound would be refused."""
    clauses = [clause for member in tree.members if (clause := _clause(member, zone)) is not None]
    bound = " AND ".join(clauses) or 'created >= "1970-01-01"'
    return f"{bound} ORDER BY created ASC"


def holds(tree: Tree, issue: Mapping[str, Any], *, chosen: bool = True) -> bool:
    """Whether an issue meets what Jira could not compare exactly.

    `chosen` is false inside of alternatives: which of them Jira found it by, the issue alone can tell.
    """
    if isinstance(tree, Group):
        if tree.joint == "and":
            return all(holds(member, issue, chosen=chosen) for member in tree.members)
        return any(holds(member, issue, chosen=False) for member in tree.members)
    name = tree.field.removeprefix("fields.")
    value = _value(issue, name)
    if name in _TIMES:
        return _holds_in_time(tree, moment(value))
    if name in _TEXTS and name != "comment":
        return filters.compare(value, tree.operator, tree.value)
    if chosen and _clause(tree, UTC) is not None:
        return True
    value = _value(issue, "project" if name == "key" else name)
    results = (filters.compare(one, tree.operator, tree.value) for one in _words(value))
    return all(results) if tree.operator == "neq" else any(results)


def moment(value: Any) -> datetime | None:
    """A moment of Jira or of a filter, in UTC if it names no zone; None for what is none."""
    try:
        found = datetime.fromisoformat(as_text(value or "").strip())
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _holds_in_time(condition: Condition, value: datetime | None) -> bool:
    wanted = moment(condition.value)
    if wanted is None:
        return True
    if value is None:
        return False
    # Equal to a time means since then: to the millisecond nothing would ever be.
    return {
        "=": value >= wanted, "gte": value >= wanted, "gt": value > wanted, "lt": value < wanted,
        "lte": value <= wanted, "neq": value != wanted, "contains": True,
    }[condition.operator]  # fmt: skip


def _words(value: Any) -> list[Any]:
    """What a value may be called by: JQL knows people, projects and choices by several names."""
    if isinstance(value, list):
        return [word for one in value for word in _words(one)] or [None]
    if isinstance(value, Mapping):
        return [value[name] for name in _CALLED if name in value] or [None]
    return [value]


def _value(issue: Mapping[str, Any], name: str) -> Any:
    fields = issue.get("fields")
    return fields.get(_TIMES.get(name, name)) if isinstance(fields, Mapping) else None


def _clause(tree: Tree, zone: tzinfo) -> str | None:
    """A condition in JQL; None when it cannot be said there, and only here."""
    if isinstance(tree, Group):
        clauses = [_clause(member, zone) for member in tree.members]
        said = [clause for clause in clauses if clause is not None]
        if tree.joint == "or" and len(said) < len(clauses):
            return None
        return f"({f' {tree.joint.upper()} '.join(said)})" if said else None
    name = tree.field.removeprefix("fields.")
    if name in _TIMES:
        return _time_clause(tree, _TIMES[name], zone)
    name = "project" if name == "key" else _CUSTOM.sub(r"cf[\1]", name)
    if not _NAME.fullmatch(name):
        return None
    operator = _OPERATORS[tree.operator]
    if name in _TEXTS:
        phrase = '"' + as_text(tree.value).replace("\\", "\\\\").replace('"', '\\"') + '"'
        return f"{name} ~ {_quoted(phrase)}" if tree.operator in ("=", "contains") else None
    return f"{_named(name)} {operator} {_quoted(as_text(tree.value))}"


def _time_clause(condition: Condition, name: str, zone: tzinfo) -> str | None:
    wanted = moment(condition.value)
    if wanted is None or condition.operator in ("neq", "contains"):
        return None
    try:
        local = wanted.astimezone(zone)
        upper = local + timedelta(minutes=1)
    except OverflowError:
        return None
    if condition.operator in ("lt", "lte"):
        return f'{name} <= "{upper:%Y-%m-%d %H:%M}"'
    return f'{name} >= "{local:%Y-%m-%d %H:%M}"'


def _named(name: str) -> str:
    return f'"{name}"' if " " in name else name


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def asks_time(tree: Tree) -> bool:
    """Whether a filter compares times, for which the account's zone must be known."""
    if isinstance(tree, Group):
        return any(asks_time(member) for member in tree.members)
    return tree.field.removeprefix("fields.") in _TIMES
