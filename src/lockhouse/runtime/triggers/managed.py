"""Polls that a connector manages: it declares an action named as the event, and knows itself what is new.

The action (such as `CREATED` on gmail's `mail`) is called as any other, so local and cloud-managed accounts
serve alike. Its input is `{"since", "state"}`: the flow's start in ISO 8601, and what it asked to remember
at its last call (absent at the first). It answers `{"events": [{"id", "payload"}, …], "state": …}`, events
the oldest first; a call that failed is made again with the same state.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec

from lockhouse.flows.schedule import iso_milliseconds
from lockhouse.runtime.run_calls import Outcome
from lockhouse.runtime.triggers.poll import Events, Subject
from lockhouse.wire.actions import ActionCall, ActionProblem


class _Event(msgspec.Struct, frozen=True):
    id: str
    payload: Any = None


class _Answer(msgspec.Struct, frozen=True):
    events: list[_Event] = []
    state: Any = None


class _Memory(msgspec.Struct, frozen=True):
    since: str
    state: Any = None


@dataclass(frozen=True, slots=True)
class ManagedPoll:
    """A source that the connector asks in its own way."""

    subject: Subject
    where: Mapping[str, Any] = field(default_factory=dict)
    every: timedelta = timedelta(minutes=1)

    def begin(self, now: datetime) -> bytes:
        """Only what comes after the flow's start counts."""
        return msgspec.json.encode(_Memory(iso_milliseconds(now)))

    async def ask(
        self, ask: Callable[[ActionCall], Awaitable[Outcome]], remembered: bytes, _now: datetime
    ) -> tuple[Events, bytes] | ActionProblem:
        """The connector's new events, and what to remember then."""
        memory = msgspec.json.decode(remembered, type=_Memory)
        told = {"since": memory.since} | ({} if memory.state is None else {"state": memory.state})
        call = ActionCall(
            connector=self.subject.connector,
            business_object=self.subject.business_object,
            action=self.subject.event,
            input=told,
            where=dict(self.where) or None,
            account_name=self.subject.account_name,
        )
        outcome = await ask(call)
        if isinstance(outcome, ActionProblem):
            return outcome
        try:
            answer = msgspec.convert(outcome.payload, _Answer)
        except msgspec.ValidationError:
            message = f"{self.subject.connector} answered its event action in a form that is not understood"
            return ActionProblem(code="poll_unreadable", message=message)
        events = [(f"poll/{event.id}", event.payload) for event in answer.events]
        return events, msgspec.json.encode(_Memory(memory.since, answer.state))
