"""A real platform to measure: `lockhouse up` in processes of its own, and what each of them costs."""

import asyncio
import contextlib
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import psutil
from joserfc.jwk import RSAKey
from joserfc.jws import JWSRegistry

from bench.events_killed import free_port
from lockhouse.sealing import new_rsa_private_key

CONNECTIONS = 16
_LOCKHOUSE = (sys.executable, "-m", "lockhouse")


@dataclass(frozen=True)
class House:
    """A running platform. `facts` is what `init --json` said; `ready_seconds` from start to /readyz."""

    url: str
    facts: dict[str, str]
    up: psutil.Process
    ready_seconds: float
    folder: Path

    def process(self, word: str) -> psutil.Process:
        """The child whose command line holds the word."""
        for child in self.up.children(recursive=True):
            if word in " ".join(child.cmdline()):
                return child
        raise LookupError(word)

    @property
    def platform(self) -> psutil.Process:
        """The platform's process."""
        return self.process("platform_process")

    def command(self, *words: str) -> str:
        """Run a `lockhouse` command as the owner; what it printed."""
        environment = environment_without_ours() | {
            "LOCKHOUSE_URL": self.url,
            "LOCKHOUSE_APIKEY": self.facts["apikey"],
        }
        done = subprocess.run(
            (*_LOCKHOUSE, *words),
            env=environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout


@dataclass(frozen=True)
class Cost:
    """What requests cost: CPU of the serving process and time seen by the client, in microseconds."""

    cpu: float
    p50: float
    p99: float
    a_second: float


@dataclass(frozen=True)
class Row:
    """One line of a report: a figure, what it may be at most (None: only to compare), where that is from."""

    what: str
    figure: float
    unit: str
    limit: float | None
    from_where: str

    def __str__(self) -> str:
        held = f"{self.figure:10.2f} {self.unit:2}"
        if self.limit is None:
            return f"{self.what:52} {held}  {'':25}  {self.from_where}"
        ratio = self.figure / self.limit
        return f"{self.what:52} {held} <= {self.limit:8.2f}  ratio {ratio:5.2f}  {self.from_where}"


def environment_without_ours() -> dict[str, str]:
    """This environment without settings of Lockhouse."""
    return {name: value for name, value in os.environ.items() if not name.startswith("LOCKHOUSE_")}


@contextlib.asynccontextmanager
async def house(*, database_url: str = "", workers: int = 1) -> AsyncIterator[House]:
    """Start a platform on a free port in a temporary folder; end it afterwards."""
    port = free_port()
    settings = {"LOCKHOUSE_RATE_LIMITS": "false", "LOCKHOUSE_OPENED_NETWORKS": "127.0.0.0/8"}
    if database_url:
        settings["LOCKHOUSE_DATABASE_URL"] = database_url
    with tempfile.TemporaryDirectory(prefix="lockhouse-bench-") as name:
        folder = Path(name)
        environment = environment_without_ours() | settings
        init = subprocess.run(
            (*_LOCKHOUSE, "init", "--data", "store", "--json"),
            env=environment, cwd=folder, capture_output=True, text=True, check=True,
        )  # fmt: skip
        words = (*_LOCKHOUSE, "up", "--data", "store", "--port", str(port), "--workers", str(workers))
        began = time.perf_counter()
        with (folder / "up.log").open("wb") as log:
            up = subprocess.Popen(words, env=environment, cwd=folder, stdout=log, stderr=log)
        try:
            url = f"http://127.0.0.1:{port}"
            await _ready(url)
            yield House(
                url, json.loads(init.stdout), psutil.Process(up.pid), time.perf_counter() - began, folder
            )
        finally:
            up.send_signal(signal.SIGTERM)
            up.wait(30)


async def _ready(url: str) -> None:
    async with aiohttp.ClientSession() as session:
        for _ in range(3000):
            with contextlib.suppress(aiohttp.ClientError):
                async with session.get(f"{url}/readyz") as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.01)
    raise TimeoutError("the platform did not become ready")


async def measure(
    process: psutil.Process,
    ask: Callable[[], Awaitable[Any]],
    *,
    requests: int,
    connections: int = CONNECTIONS,
) -> Cost:
    """Ask so often over so many connections; what one request cost the process."""
    await asyncio.gather(*(ask() for _ in range(connections * 4)))
    left = iter(range(requests))
    waited: list[float] = []

    async def visitor() -> None:
        for _ in left:
            began = time.perf_counter()
            await ask()
            waited.append(time.perf_counter() - began)

    before, began = cpu_seconds(process), time.perf_counter()
    await asyncio.gather(*(visitor() for _ in range(connections)))
    seconds, cpu = time.perf_counter() - began, cpu_seconds(process) - before
    cuts = statistics.quantiles(waited, n=100)
    return Cost(cpu / requests * 1e6, cuts[49] * 1e6, cuts[98] * 1e6, requests / seconds)


def cpu_seconds(process: psutil.Process) -> float:
    """CPU seconds of a process and, where it has workers, of those."""
    family = [process, *process.children(recursive=True)]
    return sum(sum(one.cpu_times()[:2]) for one in family)


def signature_microseconds(times: int = 300) -> float:
    """CPU of one RS256 signature (RSA-2048) in this very run: the limit that an exchange is held to."""
    key = RSAKey.import_key(new_rsa_private_key().reveal())
    algorithm = JWSRegistry.algorithms["RS256"]
    algorithm.sign(b"x" * 900, key)
    began = time.process_time()
    for _ in range(times):
        algorithm.sign(b"x" * 900, key)
    return (time.process_time() - began) / times * 1e6
