"""What tests of durable runs are made of: a store, an application at the rim, flows, servers."""

import asyncio
import contextlib
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from lockhouse.clock import TravellingClock
from lockhouse.runtime.run_calls import Outcome, Retry
from lockhouse.runtime.run_database import open_run_database
from lockhouse.runtime.run_work import Call, Engine, Policy
from lockhouse.runtime.runs import DurableRuns
from lockhouse.wire.actions import ActionCall, ActionProblem, ActionResult

FAST = Policy(retry=Retry(tries=4, first=0.01, longest=0.05, patience=0.02), concurrency=4)
_names = itertools.count()


def action(name: str, **fields: Any) -> ActionCall:
    return ActionCall(connector="shop", business_object=name, action="CREATE", input=fields)


@dataclass
class Shop:
    """An application at the rim: what it was asked, and what it answers."""

    answers: dict[str, list[ActionProblem]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    at_work: Counter[str] = field(default_factory=Counter)
    most_at_once: int = 0
    gates: dict[str, asyncio.Event] = field(default_factory=dict)

    async def make_call(self, flow: str, call: ActionCall) -> Outcome:
        self.asked.append((call.business_object, call.idempotency_key or ""))
        self.at_work[flow] += 1
        self.most_at_once = max(self.most_at_once, self.at_work[flow])
        try:
            if call.business_object in self.gates:
                await self.gates[call.business_object].wait()
            await asyncio.sleep(0)
        finally:
            self.at_work[flow] -= 1
        waiting = self.answers.get(call.business_object)
        return waiting.pop(0) if waiting else ActionResult(payload={"of": call.business_object, **call.input})

    def names(self) -> list[str]:
        return [name for name, _ in self.asked]


@dataclass
class Flows:
    """The flows of the tests: three calls one after the other, and others by name."""

    finished: list[tuple[str, Any]] = field(default_factory=list)
    others: dict[str, Callable[[Any, Call], Awaitable[Any]]] = field(default_factory=dict)

    async def run(self, flow: str, payload: Any, call: Call) -> dict[str, Any] | None:
        if flow in self.others:
            result = await self.others[flow](payload, call)
            self.finished.append((flow, result))
            return None
        for name in ("first", "second", "third"):
            outcome = await call(action(name, number=payload["number"]), name)
            if isinstance(outcome, ActionProblem):
                return {"code": outcome.code, "message": outcome.message, "node": name}
        self.finished.append((flow, payload["number"]))
        return None


@dataclass
class House:
    """What the tests start servers of: one store, one application."""

    url: str
    shop: Shop = field(default_factory=Shop)
    flows: Flows = field(default_factory=Flows)
    clock: TravellingClock = field(default_factory=TravellingClock)

    @contextlib.asynccontextmanager
    async def server(
        self, *flows: str, policy: Policy = FAST, name: str = "orders", seconds: float = 5
    ) -> AsyncIterator[DurableRuns]:
        runs = DurableRuns(
            open_run_database(self.url),
            name,
            Engine(self.flows.run, self.shop.make_call),
            policy=policy,
            clock=self.clock,
        )
        await runs.open()
        await runs.start(flows or ("Orders",))
        try:
            yield runs
        finally:
            await runs.halt(seconds)
            await runs.close()


def house_of(request: pytest.FixtureRequest, tmp_path: Path) -> House:
    """A store of the kind that the request names: `sqlite` or `postgresql`."""
    if request.param == "sqlite":
        return House(f"sqlite:///{tmp_path / 'runs.db'}")
    server = request.getfixturevalue("postgres")
    name = f"runs{next(_names)}"
    server.psql(f"CREATE DATABASE {name}")
    return House(str(server.get_uri(name)))


async def until(holds: Callable[[], Any], seconds: float = 15.0) -> None:
    """Let the loop go on until something holds."""
    async with asyncio.timeout(seconds):
        while True:
            held = holds()
            if await held if asyncio.iscoroutine(held) else held:
                return
            await asyncio.sleep(0.005)


def problem(code: str, **fields: Any) -> ActionProblem:
    """A call that failed so."""
    return ActionProblem(code=code, message=f"it was {code}", **fields)
