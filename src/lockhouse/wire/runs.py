"""Events and the runs that failed for good, as a server's own door and the platform's speak of them."""

from typing import Any, Literal

import msgspec

EventState = Literal["On", "Paused", "Refused", "Off"]
"""On: events start the flow. Paused: they are accepted and wait. Refused: the trigger cannot start as the
document has it; events can be handed in by hand. Off: the server's mode is disabled."""


class EventStatus(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """How an event flow stands. `next_at` is ISO 8601, UTC: when a schedule or poll goes off next.

    `url` is where an application delivers to a webhook. `ready`, `running`, `waiting` (to be tried again) and
    `dead` (dead letters) count events.
    """

    state: EventState
    reason: str = ""
    message: str = ""
    next_at: str = ""
    url: str = ""
    ready: int = 0
    running: int = 0
    waiting: int = 0
    dead: int = 0


class EventAccepted(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An event is on disk. `is_new` is false when one of this id was accepted before."""

    flow: str
    event_id: str
    is_new: bool


class FinishedCall(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What a connector call of a run came to. `place` is its node, after the turns of the loops around it.

    `outcome` is an ActionResult or, when it failed, an ActionProblem; absent while it is to be tried again.
    """

    place: str
    tries: int
    failed: bool = False
    outcome: Any = None


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A run that failed for good. `problem` has `code`, `message`, `nodeName`; times are ISO 8601, UTC.

    `calls` are only told of one dead letter, not in a list.
    """

    id: str
    flow: str
    event_id: str
    accepted_at: str
    failed_at: str
    problem: dict[str, Any]
    payload: Any = None
    calls: list[FinishedCall] = []


class DeadLetters(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The dead letters, the oldest first. `total` counts all, also those that are not listed."""

    dead_letters: list[DeadLetter]
    total: int


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """How many dead letters are run again."""

    replayed: int
