"""Events through a deployed flow of three calls: how many a second, and what each costs the server.

python -m bench.events [--events 3000] [--database postgresql] [--json]

The server is `lockhouse server run` in a process of its own, and so is the application that it calls. Goal:
at least 100 runs a second on one core. Beside it stands the bare engine: the same runs without HTTP and
without a flow.
"""

import argparse
import asyncio
import contextlib
import json
import multiprocessing
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from bench.events_killed import STEPS, Application, Load, Server, flow_document, free_port, postgresql
from bench.house import Row
from lockhouse.flows.bar import write_bar
from lockhouse.outbound import Reach, open_session
from lockhouse.runtime.run_calls import Outcome
from lockhouse.runtime.run_database import open_run_database
from lockhouse.runtime.run_work import Call, Engine
from lockhouse.runtime.runs import DurableRuns
from lockhouse.wire.actions import ActionCall, ActionResult


def serve_application(address: Any, finished: Any) -> None:
    """The application, in a process of its own: tells its address, counts what it finished."""

    class Counting(Application):
        async def answer(self, request: Any) -> Any:
            answer = await super().answer(request)
            finished.value = len(self.finished)
            return answer

    async def run() -> None:
        async with Counting(seconds=0.0).served() as url:
            address.send(url)
            await asyncio.Event().wait()

    asyncio.run(run())


class Progress:
    """What a load looks at to know how far the server is."""

    def __init__(self, finished: Any) -> None:
        self._finished = finished

    @property
    def finished(self) -> range:
        """As many as were finished."""
        return range(self._finished.value)


async def through_a_server(events: int, folder: Path, runs_url: str) -> dict[str, Any]:
    """Events by HTTP into a deployed flow."""
    ours, theirs = multiprocessing.Pipe()
    finished = multiprocessing.Value("l", 0)
    application = multiprocessing.Process(target=serve_application, args=(theirs, finished), daemon=True)
    application.start()
    bar = folder / "orders.bar"
    bar.write_bytes(write_bar({"Orders": flow_document(ours.recv())}))
    server = Server(bar, folder, free_port(), runs_url)
    async with open_session(Reach.PLATFORM, seconds=5) as session:
        await server.start(session)
        process = psutil.Process(server.process.pid if server.process else 0)
        load = Load(events, Progress(finished))  # type: ignore[arg-type]  # it only asks how many are finished
        before, begun = process.cpu_times(), time.perf_counter()
        await load.send_all(server, session)
        while finished.value < events:  # noqa: ASYNC110 - a bench
            await asyncio.sleep(0.01)
        seconds, after = time.perf_counter() - begun, process.cpu_times()
        memory = process.memory_info().rss
        await server.end(signal.SIGTERM)
    application.terminate()
    used = after.user + after.system - before.user - before.system
    return {
        "runs_a_second": round(events / seconds),
        "runs_a_second_of_cpu": round(events / used),
        "cpu_ms_a_run": round(1000 * used / events, 2),
        "memory_mb": round(memory / 1e6, 1),
        "start_seconds": round(server.starts[0], 2),
    }


async def bare_engine(events: int, url: str) -> dict[str, Any]:
    """The same runs without HTTP and without a flow: what keeping them durable costs."""
    done = asyncio.Event()
    left = events

    async def make_call(_flow: str, _call: ActionCall) -> Outcome:
        return ActionResult(payload={})

    async def run_flow(_flow: str, _payload: Any, call: Call) -> None:
        nonlocal left
        for step in STEPS:
            await call(ActionCall(connector="http", business_object="request", action="INVOKE"), step)
        left -= 1
        if left == 0:
            done.set()

    runs = DurableRuns(open_run_database(url), "bare", Engine(run_flow, make_call))
    await runs.open()
    await runs.start(["Orders"])
    cpu, begun = time.process_time(), time.perf_counter()
    numbers = iter(range(events))

    async def send() -> None:
        for number in numbers:
            await runs.accept("Orders", f"e{number}", {"number": number})

    await asyncio.gather(*(send() for _ in range(16)))
    await done.wait()
    used, seconds = time.process_time() - cpu, time.perf_counter() - begun
    await runs.halt(5)
    await runs.close()
    return {
        "bare_runs_a_second": round(events / seconds),
        "bare_cpu_ms_a_run": round(1000 * used / events, 2),
    }


async def event_rows(events: int) -> list[Row]:
    """Events on SQLite: runs of three calls a second of CPU, and what one costs without HTTP and flow."""
    with tempfile.TemporaryDirectory(prefix="lockhouse-events-") as name:
        folder = Path(name)
        seen = await through_a_server(events, folder, "")
        bare = await bare_engine(events, f"sqlite:///{folder / 'bare.db'}")
    cpu = float(seen["cpu_ms_a_run"])
    rate = f"goal: 100 runs a second; here {seen['runs_a_second']} a second"
    return [
        Row("events on SQLite: a run of three calls, CPU", cpu, "ms", 10, rate),
        Row("  bare engine, without HTTP and flow, CPU", bare["bare_cpu_ms_a_run"], "ms", None, "durability"),
    ]


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=3000)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lockhouse-events-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        url = stack.enter_context(postgresql(folder)) if given.database == "postgresql" else ""
        seen = asyncio.run(through_a_server(given.events, folder, url))
        seen |= asyncio.run(bare_engine(given.events, url or f"sqlite:///{folder / 'bare.db'}"))
    seen |= {"database": given.database, "goal_runs_a_second_of_cpu": 100}
    sys.stdout.write(json.dumps(seen, indent=None if given.json else 1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
