"""The event flows of one server: what starts them, their durable runs, how they stand."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import quote

import msgspec
import structlog

from lockhouse.connectors.errors import UnknownAction
from lockhouse.connectors.execute import find_action
from lockhouse.connectors.model import ANY_OBJECT
from lockhouse.connectors.webhooks import Webhook
from lockhouse.errors import LockhouseError, Mistakes
from lockhouse.flows.assembly import finish_batches, run_event
from lockhouse.flows.document import EventTrigger
from lockhouse.flows.errors import ActionFailed, FlowFailed
from lockhouse.flows.execution import Execution, LogLine
from lockhouse.flows.schedule import parse_schedule
from lockhouse.runtime.event_timers import PolledRecords, PollTimer, ScheduleTimer, Source, keep_all
from lockhouse.runtime.flow_facts import LoadedFlow
from lockhouse.runtime.integration_server import IntegrationServer
from lockhouse.runtime.run_calls import Outcome
from lockhouse.runtime.run_database import RunsUnavailable, open_run_database
from lockhouse.runtime.run_work import Call, Engine, Policy
from lockhouse.runtime.runs import DurableRuns, FlowRuns
from lockhouse.runtime.triggers import webhook
from lockhouse.runtime.triggers.managed import ManagedPoll
from lockhouse.runtime.triggers.poll import Subject, Times, is_polled, parse_poll
from lockhouse.wire.actions import ActionCall, ActionProblem, ActionResult
from lockhouse.wire.runs import EventState, EventStatus
from lockhouse.wire.servers import time_text
from lockhouse.wire.times import moment_of

_RUN = "run"
_LOOK_SECONDS = 2.0
_LOG = structlog.get_logger("lockhouse.flows")


class FlowUnknown(LockhouseError):
    """The server has no event flow of this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"this server has no event flow '{name[:80]}'")


@dataclass(frozen=True, slots=True)
class Keeping:
    """Where a server keeps its events: `url` of the store, and the name that its replicas share in it.

    `unsigned_webhooks`: deliveries are let in although the secret that signs them is not here.
    """

    url: str
    server: str
    unsigned_webhooks: bool = False
    policy: Policy | None = None


class EventFlows:
    """Made on the event loop it runs on. `open` lets events in, `go` begins to run and to look for them."""

    def __init__(self, server: IntegrationServer, keeping: Keeping) -> None:
        self._server = server
        self._keeping = keeping
        self._loaded = {loaded.name: loaded for loaded in event_flows(server)}
        self._by_title = {title: one for one in self._loaded.values() for title in one.titles}
        engine = Engine(self._run, self._make_call)
        database = open_run_database(keeping.url)
        self.runs = DurableRuns(database, keeping.server, engine, policy=keeping.policy, clock=server.clock)
        self.timers: dict[str, ScheduleTimer | PollTimer] = {}
        self._refused: dict[str, Mistakes] = {}
        self._suffixes: dict[str, str] = {}
        self._counts: Mapping[str, FlowRuns] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        """Make the store ready; from now on events are accepted. Raises RunsUnavailable."""
        await self.runs.open()
        for name, loaded in self._loaded.items():
            trigger = _trigger(loaded)
            try:
                timer = self._timer(name, trigger)
            except Mistakes as mistakes:
                self._refused[name] = mistakes
                _LOG.warning("trigger_refused", flow=name, message=str(mistakes))
                continue
            if timer is not None:
                self.timers[name] = timer
            elif trigger.way == "webhook" or self._webhook_of(trigger.connector) != Webhook():
                self._suffixes[name] = await self._suffix(name)

    async def go(self) -> None:
        """Begin to run events and to look for them. Raises RunsUnavailable."""
        await self.runs.start(list(self._loaded))
        self._tasks = [
            asyncio.create_task(keep_all(list(self.timers.values()))),
            asyncio.create_task(self._keep_counts()),
        ]

    async def halt(self, seconds: float) -> None:
        """Look for no events any more, finish the calls under way, put the runs back."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.runs.halt(seconds)

    async def accept(self, title: str, event_id: str, payload: Any) -> bool:
        """Take an event for a flow; False when it is there already. Raises FlowUnknown, RunsUnavailable."""
        return await self.runs.accept(self.flow_named(title).name, event_id, payload)

    async def accept_delivered(self, title: str, events: Sequence[webhook.Event]) -> None:
        """Take what one delivery brought, all or nothing. Raises FlowUnknown, RunsUnavailable."""
        if events:
            await self.runs.accept_all(self.flow_named(title).name, [(one.id, one.payload) for one in events])

    def now(self) -> datetime:
        """The time, by the server's clock."""
        return self._server.clock()

    def flow_named(self, title: str) -> LoadedFlow:
        """The event flow of this name, or with `_` for blanks. Raises FlowUnknown."""
        if title not in self._by_title:
            raise FlowUnknown(title)
        return self._by_title[title]

    def webhook_rules(self, title: str, suffix: str) -> webhook.Rules:
        """How deliveries to this address are judged. Raises FlowUnknown, also for a wrong suffix."""
        loaded = self.flow_named(title)
        known = self._suffixes.get(loaded.name)
        if known is None or not webhook.same_suffix(known, suffix):
            raise FlowUnknown(title)
        trigger = _trigger(loaded)
        account = self._server.actions.local_account(trigger.connector, trigger.account_name)
        declared = self._webhook_of(trigger.connector)
        secret = account.fields.get(declared.secret) if account else None
        return webhook.Rules(trigger.connector, secret, self._keeping.unsigned_webhooks, declared)

    def _webhook_of(self, connector: str) -> Webhook:
        catalogue = self._server.catalogue
        known = catalogue.get(connector).webhook if connector in catalogue else None
        return known or Webhook()

    def keys_changed(self) -> None:
        """A key of the server died or lives again: flows that waited for it go on."""
        for name in self._loaded:
            problem = self.runs.paused(name)
            if (
                problem is not None
                and problem.code == "cloud_key_rejected"
                and self._server.has_live_key(name)
            ):
                self.runs.resume(name)

    def status_of(self, name: str, base_url: str) -> EventStatus | None:
        """How an event flow stands, as known a moment ago; None for other flows."""
        if name not in self._loaded:
            return None
        counts, timer = self._counts.get(name, FlowRuns()), self.timers.get(name)
        state, reason, message = self._state(name)
        return EventStatus(
            state=state,
            reason=reason,
            message=message,
            next_at=_text(timer.standing.next_at) if timer else "",
            url=self._address(name, base_url),
            ready=counts.ready,
            running=counts.running,
            waiting=counts.waiting,
            dead=counts.dead,
        )

    def _state(self, name: str) -> tuple[EventState, str, str]:
        if name in self._refused:
            first = self._refused[name].mistakes[0]
            return "Refused", first.code, str(self._refused[name])
        timer, paused = self.timers.get(name), self.runs.paused(name)
        if paused is not None:
            return "Paused", paused.code, paused.message
        problem = timer.standing.problem if timer else None
        return "On", problem.code if problem else "", problem.message if problem else ""

    def _address(self, name: str, base_url: str) -> str:
        suffix = self._suffixes.get(name)
        return f"{base_url}/webhooks/{quote(name, safe='')}/{suffix}" if suffix else ""

    def _timer(self, name: str, trigger: EventTrigger) -> ScheduleTimer | PollTimer | None:
        """What goes off by itself for a trigger. Raises Mistakes."""
        clock = self._server.clock
        if trigger.way == "schedule":
            subscription = trigger.options.get("subscription")
            given = subscription.get("scheduleConfiguration") if isinstance(subscription, Mapping) else None
            return ScheduleTimer(name, parse_schedule(given, now=clock()), self.runs, clock)
        source = self._source(trigger)
        if source is None:
            return None
        return PollTimer(name, source, self.runs, ask=partial(self._make_call, name), clock=clock)

    def _source(self, trigger: EventTrigger) -> Source | None:
        subject = Subject(trigger.connector, trigger.business_object, trigger.event, trigger.account_name)
        key, times, manages = self._declared(subject)
        if trigger.way != "webhook" and manages:
            parent = trigger.options.get("parentFilter")
            return ManagedPoll(subject, parent if isinstance(parent, Mapping) else {})
        if trigger.way != "webhook" and is_polled(subject, trigger.options, times):
            return PolledRecords(parse_poll(subject, trigger.options, key=key, times=times))
        return None

    def _declared(self, subject: Subject) -> tuple[str, Times, bool]:
        """The fields that identify and date a record, and whether the connector declares the event itself."""
        catalogue = self._server.catalogue
        if subject.connector not in catalogue:
            return "", ("", ""), False
        connector = catalogue.get(subject.connector)
        found = connector.objects.get(subject.business_object) or connector.objects.get(ANY_OBJECT)
        key, times = (found.key, (found.created, found.updated)) if found else ("", ("", ""))
        with contextlib.suppress(UnknownAction):
            find_action(connector, subject.business_object, subject.event)
            return key, times, True
        return key, times, False

    async def _suffix(self, name: str) -> str:
        place = f"webhook/{name}"
        remembered = await self.runs.remembered(place)
        suffix = webhook.suffix_of(remembered)
        if remembered is None:
            await self.runs.accept_all(name, [], remember=(place, msgspec.json.encode(suffix)))
        return suffix

    async def _run(self, name: str, payload: Any, call: Call) -> dict[str, Any] | None:
        """Run a flow once. A call's place in it is what the flow itself makes of node and turns."""

        async def call_action(action: ActionCall) -> ActionResult:
            place = (action.idempotency_key or "").removeprefix(f"{_RUN}/")
            outcome = await call(action, place)
            if isinstance(outcome, ActionProblem):
                raise ActionFailed(outcome)
            return outcome

        execution = Execution(call_action=call_action, log=_log, now=self._server.clock, run_id=_RUN)
        try:
            await run_event(self._loaded[name].flow, payload, execution)
            await finish_batches(execution)
        except FlowFailed as failed:
            return failed.details.as_error()
        return None

    async def _make_call(self, name: str, call: ActionCall) -> Outcome:
        try:
            return await self._server.actions.call(name, call)
        except ActionFailed as failed:
            return failed.problem

    async def _keep_counts(self) -> None:
        while True:
            with contextlib.suppress(RunsUnavailable):
                self._counts = await self.runs.standing()
            await asyncio.sleep(_LOOK_SECONDS)


def event_flows(server: IntegrationServer) -> list[LoadedFlow]:
    """The flows of a server that events start; none when its mode lets no flow run."""
    if server.spec.mode == "disabled":
        return []
    return [loaded for loaded in server.spec.flows if loaded.flow.event is not None]


def _trigger(loaded: LoadedFlow) -> EventTrigger:
    trigger = loaded.flow.event
    if trigger is None:
        raise FlowUnknown(loaded.name)
    return trigger


def _text(moment: datetime | None) -> str:
    if moment is None:
        return ""
    return time_text(moment_of(moment + timedelta(microseconds=999_999)))


def _log(line: LogLine) -> None:
    level = line.level if line.level in {"debug", "info", "warning", "error"} else "info"
    getattr(_LOG, level)(line.message, flow=line.flow, node=line.node, turn=line.turn)
