"""What requests cost: CPU of the serving process, and its ratio to the limit measured in the same run.

python -m bench [--requests 3000] [--keys 100000] [--json]

`bench.identity` measures IAM on both databases; `bench.workers` what a second worker adds; `bench.events`
events on PostgreSQL; `bench.events_killed` kills the server while they come in.
"""

import argparse
import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import uvloop

from bench.connectors import connector_rows
from bench.events import event_rows
from bench.flows import flow_rows
from bench.house import House, Row, house, measure, signature_microseconds

_FORM = {"grant_type": "urn:ibm:params:oauth:grant-type:apikey", "response_type": "cloud_iam"}


async def token_rows(home: House, session: aiohttp.ClientSession, requests: int) -> list[Row]:
    """Exchange and introspection."""
    form = {**_FORM, "apikey": home.facts["apikey"]}

    async def exchange() -> None:
        async with session.post(f"{home.url}/identity/token", data=form) as answer:
            assert answer.status == 200, await answer.text()
            await answer.read()

    signature = signature_microseconds()
    cost = await measure(home.platform, exchange, requests=requests)
    token = await _token(home, session)
    basic = {"Authorization": aiohttp.encode_basic_auth("bx", "bx")}

    async def introspect() -> None:
        async with session.post(
            f"{home.url}/identity/introspect", data={"token": token}, headers=basic
        ) as answer:
            assert answer.status == 200
            await answer.read()

    introspection = await measure(home.platform, introspect, requests=requests)
    return [
        Row("one RSA-2048 signature", signature, "us", signature, "the limit itself"),
        Row(
            "token exchange, CPU", cost.cpu, "us", 1.5 * signature, "1.5 x the signature (first goal: 1.7 x)"
        ),
        Row("token exchange, p99 at 16 connections", cost.p99 / 1000, "ms", 20, "goal"),
        Row("introspection, CPU", introspection.cpu, "us", 100, "goal"),
    ]


async def key_rows(home: House, session: aiohttp.ClientSession, requests: int, keys: int) -> list[Row]:
    """Creation, and a page of the list among few and among many keys."""
    headers = {"Authorization": f"Bearer {await _token(home, session)}"}
    service = await _service_ids(home, session, headers, (keys + requests) // 15 + 60)
    numbers = iter(range(10**9))

    async def create() -> None:
        body = {"name": f"bench {next(numbers)}", "iam_id": service[next(numbers) % len(service)]}
        async with session.post(f"{home.url}/v1/apikeys", json=body, headers=headers) as answer:
            assert answer.status == 201, await answer.text()
            await answer.read()

    async def page() -> None:
        query = {"account_id": home.facts["account_id"], "scope": "account", "pagesize": "20", "sort": "name"}
        async with session.get(f"{home.url}/v1/apikeys", params=query, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            await answer.read()

    await measure(home.platform, create, requests=100)
    few = await measure(home.platform, page, requests=300)
    creation = await measure(home.platform, create, requests=requests)
    made = requests
    while made < keys:
        some = min(2000, keys - made)
        await measure(home.platform, create, requests=some)
        made += some
        print(f"  {made} of {keys} keys made", end="\r", flush=True)
    many = await measure(home.platform, page, requests=300)
    exchange = await token_rows(home, session, requests)
    return [
        Row("creation of a key with its audit record, CPU", creation.cpu, "us", 400, "goal, 16 connections"),
        Row("a page of the list, few keys, CPU", few.cpu, "us", 2000, "goal"),
        Row(f"a page of the list, {keys} keys, CPU", many.cpu, "us", 2000, "goal"),
        Row(f"a page of the list, {keys} keys", many.cpu / few.cpu, "x", 1.3, "of the page among few"),
        Row(
            f"token exchange, {keys} keys, CPU",
            exchange[1].figure,
            "us",
            exchange[1].limit,
            "1.5 x the signature",
        ),
    ]


async def _token(home: House, session: aiohttp.ClientSession) -> str:
    form = {**_FORM, "apikey": home.facts["apikey"]}
    async with session.post(f"{home.url}/identity/token", data=form) as answer:
        return str((await answer.json())["access_token"])


async def _service_ids(home: House, session: aiohttp.ClientSession, headers: Any, count: int) -> list[str]:
    """Identities to carry the keys: one may have 20."""

    async def make(number: int) -> str:
        body = {"account_id": home.facts["account_id"], "name": f"bench {number}"}
        async with session.post(f"{home.url}/v1/serviceids/", json=body, headers=headers) as answer:
            assert answer.status == 201, await answer.text()
            return str((await answer.json())["iam_id"])

    return [await make(number) for number in range(count)]


async def report(requests: int, keys: int) -> list[Row]:
    """Every figure, in the order of the report."""
    rows: list[Row] = []
    async with house() as home, aiohttp.ClientSession() as session:
        rows.append(Row("`up` to /readyz", home.ready_seconds, "s", 2, "goal"))
        parts: list[Callable[[], Awaitable[list[Row]]]] = [
            lambda: token_rows(home, session, requests),
            lambda: flow_rows(home, session, requests),
            lambda: connector_rows(requests),
            lambda: event_rows(requests),
            lambda: key_rows(home, session, requests, keys),
        ]
        for part in parts:
            rows += await part()
        rows.append(Row("platform, resident", home.platform.memory_info().rss / 2**20, "MB", 150, "goal"))
    return rows


def main() -> None:
    """Measure and print."""
    words = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    words.add_argument("--requests", type=int, default=3000, help="how many of each request")
    words.add_argument(
        "--keys", type=int, default=20000, help="how many keys the store holds for the last figures"
    )
    words.add_argument("--json", action="store_true", help="print JSON")
    given = words.parse_args()
    # The fast loop: what asks should cost the machine little beside what answers.
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        rows = runner.run(report(given.requests, given.keys))
    if given.json:
        print(json.dumps([row.__dict__ for row in rows], indent=2))
    else:
        print("\n".join(str(row) for row in rows))


if __name__ == "__main__":
    main()
