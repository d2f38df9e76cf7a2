"""Polls: asks an application for what was created or updated since, each record once. Pure functions.

Documented: at each interval the application is asked for objects whose timestamp lies after the last poll,
and only changes after the flow's start count (flow-document.md, section 2). Ours, where nothing is said:

- Asked is for what is not older than the newest timestamp seen, less an overlap, since search indexes lag
  and timestamps are coarse; what was seen in the overlap is remembered and left out.
- An update is known by its record and its timestamp: the same record updated again is another event.
- Without a timestamp field, or with one that the records do not hold, records are told apart by id and
  content; what the first poll finds was there before the flow started.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import msgspec

from lockhouse.errors import Mistake, Mistakes
from lockhouse.flows.schedule import zone_named
from lockhouse.jsonata.moment import NoSuchDate, format_moment, millis_of, parse_moment
from lockhouse.wire.actions import ActionCall

OVERLAP_MS = 5 * 60_000
LIMITS = (1_000, 10_000, 100_000)
"""How many records are asked for at once; more when an answer was cut off."""
_DEFAULT_FORMAT = "YYYY-MM-DDTHH:mm:ssZ"
_DEFAULT_MINUTES = 5
_MOST_MINUTES = 7 * 24 * 60
_KEYS = ("id", "Id", "ID", "_id", "gid", "uuid", "key", "sys_id", "number", "sha", "etag")
_CREATION_FIELDS = ("created", "created_at", "createdAt", "createdDateTime", "CreatedDate", "dateCreated")
_CREATED, _UPDATED, _BOTH = "created", "updated", "created or updated"
_KINDS = {"CREATED": _CREATED, "UPDATED": _UPDATED, "CREATEDORUPDATED": _BOTH}

# The fields that published polls of a connector name, for those that name none (their counts are in the
# reference), and what a connector's own events are found by.
_FIELDS: Mapping[str, tuple[str, str, str]] = {
    "salesforce": ("CreatedDate", "LastModifiedDate", "YYYY-MM-DDTHH:mm:ss.SSSZZ"),
    "servicenow": ("sys_created_on", "sys_updated_on", "YYYY-MM-DD HH:mm:ss"),
    "zendeskservice": ("created_at", "updated_at", "YYYY-MM-DDTHH:mm:ss.SSSZ"),
    "jira": ("dateCreated", "dateModified", _DEFAULT_FORMAT),
    "github": ("created_at", "updated_at", "YYYY-MM-DDTHH:mm:ss.SSSZ"),
    "googlecalendar": ("updated", "updated", "YYYY-MM-DDTHH:mm:ss.SSSZ"),
    "msexchange": ("createdDateTime", "lastModifiedDateTime", _DEFAULT_FORMAT),
    "msdynamicscrmrest": ("createdon", "modifiedon", _DEFAULT_FORMAT),
}


Events = list[tuple[str, Any]]
"""Events as (id, payload)."""


@dataclass(frozen=True, slots=True)
class Poll:
    """What is asked for, and how often. `key` is the field that identifies a record, if one is known."""

    connector: str
    business_object: str
    kind: str
    account_name: str | None = None
    created_field: str = ""
    updated_field: str = ""
    time_format: str = _DEFAULT_FORMAT
    zone: tzinfo = UTC
    minutes: int = _DEFAULT_MINUTES
    queryable: bool = True
    where: Mapping[str, Any] = field(default_factory=dict)
    key: str = ""

    @property
    def time_field(self) -> str:
        """The timestamp that decides; empty when there is none."""
        return self.created_field if self.kind == _CREATED else self.updated_field

    @property
    def asks_since(self) -> bool:
        """Whether the application is asked for what is new only."""
        return bool(self.time_field) and (self.queryable or self.kind != _CREATED)


class Polled(msgspec.Struct, frozen=True, kw_only=True):
    """What a poll remembers. Moments are Unix milliseconds.

    `newest` is the newest timestamp seen, at first the flow's start; `seen` the marks of the records in the
    overlap, with their timestamps; `primed` is true once what was there before the start is known.
    """

    started_at: int
    newest: int
    seen: dict[str, int] = {}
    primed: bool = False


@dataclass(frozen=True, slots=True)
class Subject:
    """Which event of which object a trigger waits for, as the flow document says it."""

    connector: str
    business_object: str
    event: str
    account_name: str | None = None


Times = tuple[str, str]
"""The fields that say when a record was created and updated; an empty text where there is none."""


def is_polled(subject: Subject, options: Mapping[str, Any], times: Times = ("", "")) -> bool:
    """Whether events of this kind can be found by asking for records: streams cannot. `times` are the
    manifest's.
    """
    name, poller, _ = subject.event.partition("_POLLER")
    given = options.get("subscription")
    is_stream = isinstance(given, Mapping) and "ReplayId" in given
    is_told = bool(times[0] if name == "CREATED" else times[1])
    return name in _KINDS and (bool(poller) or ((is_told or subject.connector in _FIELDS) and not is_stream))


def parse_poll(
    subject: Subject, options: Mapping[str, Any], *, key: str = "", times: Times = ("", "")
) -> Poll:
    """A trigger's options (`subscription`, `parentFilter`) as a poll. Raises Mistakes, all at once."""
    given = options.get("subscription")
    subscription: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    parent = options.get("parentFilter")
    zone = zone_named(subscription.get("timeZone"), field="subscription.timeZone")
    minutes = _minutes(subscription.get("pollingInterval"), explicit=subject.event.endswith("_POLLER"))
    if isinstance(zone, Mistake) or isinstance(minutes, Mistake):
        raise Mistakes([part for part in (zone, minutes) if isinstance(part, Mistake)])
    created, updated, time_format = _FIELDS.get(subject.connector, (*times, _DEFAULT_FORMAT))
    return Poll(
        connector=subject.connector,
        business_object=subject.business_object,
        kind=_KINDS[subject.event.partition("_POLLER")[0]],
        account_name=subject.account_name,
        created_field=_text(subscription.get("createdField")) or created,
        updated_field=_text(subscription.get("updatedField")) or updated,
        time_format=_text(subscription.get("timeFormat")) or time_format,
        zone=zone,
        minutes=minutes,
        queryable=str(subscription.get("isCreatedQueryable", True)).lower() != "false",
        where=parent if isinstance(parent, Mapping) else {},
        key=key,
    )


def start_of(now: datetime) -> Polled:
    """What is remembered before the first poll. Timestamps may be told in whole seconds only."""
    start = millis_of(now) // 1000 * 1000
    return Polled(started_at=start, newest=start)


def call_of(poll: Poll, polled: Polled, *, limit: int = LIMITS[0]) -> ActionCall:
    """The call that asks for the records of a poll."""
    conditions: list[dict[str, Any]] = [{name: value} for name, value in poll.where.items()]
    if poll.asks_since:
        since = datetime.fromtimestamp(_since(polled) / 1000, poll.zone)
        conditions.append({poll.time_field: {"gte": format_moment(since, poll.time_format)}})
    where = {"and": conditions} if len(conditions) > 1 else (conditions[0] if conditions else None)
    return ActionCall(
        connector=poll.connector,
        business_object=poll.business_object,
        action="RETRIEVEALL",
        where=where,
        limit=limit,
        account_name=poll.account_name,
    )


def events_in(poll: Poll, polled: Polled, records: Sequence[Any], *, now: datetime) -> tuple[Events, Polled]:
    """The events among an answer's records, as (id, payload), the oldest first; what to remember then."""
    if poll.asks_since and not records:
        return Events(), polled
    if any(_time_of(poll, record, poll.time_field) is not None for record in records):
        return _by_time(poll, polled, records, millis_of(now))
    return _by_content(poll, polled, records, millis_of(now))


def _by_time(poll: Poll, polled: Polled, records: Sequence[Any], now: int) -> tuple[Events, Polled]:
    since, seen, events = _since(polled), dict(polled.seen), Events()
    times = [_time_of(poll, record, poll.time_field) for record in records]
    newest = max([polled.newest, *(at for at in times if at is not None)])
    dated = [(now if at is None else at, record) for at, record in zip(times, records, strict=True)]
    for at, record in sorted(dated, key=lambda pair: pair[0]):
        mark = _identity(poll, record) if poll.kind == _CREATED else f"{_identity(poll, record)}@{at}"
        if at < since or mark in seen:
            continue
        seen[mark] = at
        if _is_wanted(poll, polled, record):
            events.append((f"poll/{mark}", record))
    after = Polled(started_at=polled.started_at, newest=newest, primed=True)
    kept = {mark: at for mark, at in seen.items() if at >= _since(after)}
    return events, msgspec.structs.replace(after, seen=kept)


def _is_wanted(poll: Poll, polled: Polled, record: Any) -> bool:
    """Whether a record with a new timestamp is an event, by when it was created."""
    if poll.kind == _BOTH:
        return True
    if poll.created_field != poll.updated_field:
        created = _time_of(poll, record, poll.created_field)
        return poll.kind == _CREATED or created is None or created <= polled.newest
    # One field for both says nothing of creation; many records say it elsewhere all the same.
    told = (_time_of(poll, record, name) for name in _CREATION_FIELDS if name != poll.created_field)
    created = next((at for at in told if at is not None), None)
    if created is None:
        return True
    return created >= _since(polled) if poll.kind == _CREATED else created <= polled.newest


def _by_content(poll: Poll, polled: Polled, records: Sequence[Any], now: int) -> tuple[Events, Polled]:
    found: dict[str, int] = {}
    events = Events()
    for record in records:
        identity = _identity(poll, record)
        content = found[identity] = int(_digest(record)[:15], 16)
        before = polled.seen.get(identity)
        if _is_new_content(poll, polled, before, content):
            mark = identity if poll.kind == _CREATED else f"{identity}@{content:x}@{now}"
            events.append((f"poll/{mark}", record))
    newest = now if poll.asks_since else polled.newest
    return events, Polled(started_at=polled.started_at, newest=newest, seen=found, primed=True)


def _is_new_content(poll: Poll, polled: Polled, before: int | None, content: int) -> bool:
    if poll.asks_since:  # the application left out what is old
        return before is None if poll.kind == _CREATED else before != content
    if not polled.primed:
        return False
    if poll.kind == _CREATED:
        return before is None
    return before != content and (before is not None or poll.kind == _BOTH)


def _since(polled: Polled) -> int:
    return max(polled.started_at, polled.newest - OVERLAP_MS)


def _time_of(poll: Poll, record: Any, name: str) -> int | None:
    value = record.get(name) if isinstance(record, Mapping) and name else None
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return int(value if value > 1e11 else value * 1000)  # seconds until the year 5138
    text = str(value).strip()
    try:
        moment = datetime.fromisoformat(text)
        return millis_of(moment if moment.tzinfo else moment.replace(tzinfo=poll.zone))
    except ValueError:
        return _time_in_format(poll, text)


def _time_in_format(poll: Poll, text: str) -> int | None:
    try:
        return millis_of(parse_moment(text, poll.time_format, str(poll.zone)))
    except NoSuchDate:
        return None


def _identity(poll: Poll, record: Any) -> str:
    if isinstance(record, Mapping):
        for name in (poll.key, *_KEYS):
            value = record.get(name)
            if isinstance(value, str | int) and value != "":
                return str(value)[:200]
    return _digest(record)


def _digest(record: Any) -> str:
    return hashlib.sha256(msgspec.json.encode(record, order="sorted")).hexdigest()[:32]


def _minutes(given: Any, *, explicit: bool) -> int | Mistake:
    if given is None:
        return _DEFAULT_MINUTES if explicit else 1
    text = str(given).strip()
    if (
        isinstance(given, bool)
        or not (text.isascii() and text.isdigit())
        or not 1 <= int(text[:9]) <= _MOST_MINUTES
    ):
        message = f"expected a number of minutes from 1 to {_MOST_MINUTES}"
        return Mistake("poll_interval", message, field="subscription.pollingInterval")
    return int(text[:9])


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def minutes_of(poll: Poll) -> timedelta:
    """How long to wait between two polls."""
    return timedelta(minutes=poll.minutes)
