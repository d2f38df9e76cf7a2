"""What a second worker adds on PostgreSQL, beside what it could add at most on the cores there are.

python -m bench.workers [--requests 4000]

Client, workers and PostgreSQL share this machine's cores. So two figures tell whether workers are in each
other's way: what an exchange costs a worker's CPU (two must not pay more than one), and how far the exchanges
a second are from what the cores allow for the CPU that everybody used in this very run.
"""

import argparse
import asyncio
import os
import time
from collections import Counter
from dataclasses import dataclass

import aiohttp
import psutil
import uvloop

from bench.house import CONNECTIONS, House, cpu_seconds, measure
from bench.identity import platform
from lockhouse.wire.tokens import APIKEY_GRANT

_UNEVEN = 2
_TRIES = 300


@dataclass(frozen=True)
class Load:
    """Exchanges a second, and the CPU that each took, in microseconds: of workers, database and client."""

    a_second: float
    workers: float
    database: float
    client: float

    def most(self, workers: int, cores: int) -> float:
        """Exchanges a second that the cores allow at these costs; a worker has one core at most."""
        return 1e6 / max(self.workers / workers, (self.workers + self.database + self.client) / cores)


async def two_workers(requests: int) -> None:
    """Print how many exchanges a second one worker makes, how many two, and what the cores allow."""
    cores = len(os.sched_getaffinity(0))
    one, two = await exchanges(1, requests), await exchanges(2, requests)
    for workers, load in ((1, one), (2, two)):
        most = load.most(workers, cores)
        used = f"worker {load.workers:.0f} us, database {load.database:.0f} us, client {load.client:.0f} us"
        print(f"postgresql, workers: {workers}: {load.a_second:.0f} exchanges/s; an exchange's CPU: {used}")
        print(f"  {cores} cores allow {most:.0f} exchanges/s at these costs")
    ceiling = two.most(2, cores) / one.most(1, cores)
    print(f"  two to one: {two.a_second / one.a_second:.2f} x; these cores allow {ceiling:.2f} x (goal 1.70)")
    print(f"  CPU of an exchange, two to one: {two.workers / one.workers:.2f} x <= 1.10: lost to contention")


async def exchanges(workers: int, requests: int) -> Load:
    """Exchange keys over connections that are spread evenly over the workers."""
    async with platform("postgresql", workers=workers) as (home, store):
        form = {"grant_type": APIKEY_GRANT, "apikey": home.facts["apikey"]}
        async with await _evenly_connected(home, workers) as session:

            async def ask() -> None:
                async with session.post(f"{home.url}/identity/token", data=form) as answer:
                    assert answer.status == 200
                    await answer.read()

            database = psutil.Process(store.pid)
            before = cpu_seconds(database), time.process_time()
            cost = await measure(home.platform, ask, requests=requests)
            # What is measured begins after as many requests as warm the connections up.
            asked = requests + 4 * CONNECTIONS
            used = (
                (cpu_seconds(database) - before[0]) / asked,
                (time.process_time() - before[1]) / asked,
            )
    return Load(cost.a_second, cost.cpu, used[0] * 1e6, used[1] * 1e6)


async def _evenly_connected(home: House, workers: int) -> aiohttp.ClientSession:
    """A client whose open connections are spread over all workers: the worker that is up first would take all
    of them, and chance may give one worker twice what the other gets."""
    port = int(home.url.rpartition(":")[2])
    for _ in range(_TRIES):
        session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONNECTIONS))
        await asyncio.gather(*(_readyz(session, home) for _ in range(CONNECTIONS)))
        held = Counter(
            process.pid
            for process in (home.platform, *home.platform.children(recursive=True))
            for connection in process.net_connections("tcp")
            if connection.status == psutil.CONN_ESTABLISHED and connection.laddr.port == port
        )
        if len(held) == workers and max(held.values()) - min(held.values()) <= _UNEVEN:
            return session
        await session.close()
        await asyncio.sleep(0.05)
    raise TimeoutError("the connections are not spread over the workers")


async def _readyz(session: aiohttp.ClientSession, home: House) -> None:
    async with session.get(f"{home.url}/readyz") as answer:
        await answer.read()


def main() -> None:
    """Measure and print."""
    words = argparse.ArgumentParser(prog="python -m bench.workers", description=__doc__)
    words.add_argument("--requests", type=int, default=4000, help="how many exchanges")
    uvloop.run(two_workers(words.parse_args().requests))


if __name__ == "__main__":
    main()
