"""Moments in filters that are compared as text: they must be written as the records write theirs."""

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime

from lockhouse.connectors.filters import Condition, Group
from lockhouse.connectors.templates import as_text


def in_utc(tree: Group, fields: Collection[str], *, timespec: str = "seconds") -> Group:
    """The filter with the moments of these fields in UTC, such as `2026-05-01T10:00:00Z`.

    `timespec` is datetime.isoformat's. What is no ISO 8601 moment stays as it is.
    """
    members: list[Condition | Group] = []
    for member in tree.members:
        if isinstance(member, Group):
            members.append(in_utc(member, fields, timespec=timespec))
        elif member.field in fields:
            members.append(replace(member, value=_written(member.value, timespec)))
        else:
            members.append(member)
    return Group(tree.joint, tuple(members))


def _written(value: object, timespec: str) -> object:
    try:
        moment = datetime.fromisoformat(as_text(value).strip())
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return value
    return moment.isoformat(timespec=timespec).replace("+00:00", "Z")
