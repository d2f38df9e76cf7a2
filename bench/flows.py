"""API flows on a deployed integration server, beside the bare HTTP echo and the bare engine of the same run.

The application that the flows call, and the echo, are processes of their own.
"""

import asyncio
import contextlib
import json
import multiprocessing
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import aiohttp.web
import psutil

from bench.house import House, Row, measure
from lockhouse.flows.assembly import run_operation
from lockhouse.flows.execution import Execution
from lockhouse.flows.load import read_flow
from lockhouse.flows.operations import ApiRequest, find_operation
from lockhouse.runtime.server import run_loop, serve
from lockhouse.standins import salesforce
from lockhouse.wire.actions import ActionCall, ActionResult

DOCUMENTS = Path(__file__).parent / "documents"
PERSON = {"first_name": "Ada", "last_name": "Lovelace", "email": "Ada@Example.com", "city": "London"}
ORDER = {"items": [{"sku": f"S-{n}", "price": n * 1.25, "quantity": n % 7 + 1} for n in range(100)]}
TOTAL = sum(n * 1.25 * (n % 7 + 1 if n % 7 + 1 > 3 else 1) for n in range(100))


def serve_application(address: Any) -> None:
    """Salesforce's stand-in, which also answers any POST at `/made`; tells where it is."""

    async def made(request: aiohttp.web.Request) -> aiohttp.web.Response:
        await request.read()
        return aiohttp.web.json_response({"id": "0031", "status": "made"}, status=201)

    async def run() -> None:
        application = salesforce.StandIn().application()
        application.router.add_post("/made", made)
        runner = aiohttp.web.AppRunner(application)
        await runner.setup()
        site = aiohttp.web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        address.send(f"http://127.0.0.1:{runner.addresses[0][1]}")
        await asyncio.Event().wait()

    run_loop(run)


def serve_echo(address: Any) -> None:
    """A body and back on the loop, protocol and connections of an integration server, and nothing else."""

    async def echo(_scope: Any, receive: Any, send: Any) -> None:
        message = await receive()
        parts = [message["body"]]
        while message.get("more_body"):
            message = await receive()
            parts.append(message["body"])
        body = b"".join(parts)
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 201, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def run() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            await serve(echo, listener, lambda: address.send(f"http://127.0.0.1:{port}"))

    run_loop(run)


@contextlib.contextmanager
def beside(target: Callable[[Any], None]) -> Iterator[tuple[str, psutil.Process]]:
    """A server in a process of its own, which tells its address on the pipe it is given."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=target, args=(theirs,), daemon=True)
    process.start()
    try:
        yield ours.recv(), psutil.Process(process.pid)
    finally:
        process.terminate()
        process.join()


async def engine_microseconds(name: str, body: dict[str, Any], times: int) -> float:
    """CPU of one run of a flow in this process, without HTTP; what it calls answers at once."""
    flow = read_flow((DOCUMENTS / name).read_bytes(), file=name)
    operation = find_operation(flow, "POST", flow.operations[0].paths[0]).operation
    answer = ActionResult(payload={"id": "0031", "Id": "0031", "success": True}, status_code=201)

    async def call(_call: ActionCall) -> ActionResult:
        return answer

    async def run(turns: int) -> float:
        began = time.process_time()
        for _ in range(turns):
            reply = await run_operation(flow, operation, ApiRequest(body), Execution(call))
            assert reply.status_code == 201, reply
        return (time.process_time() - began) / turns * 1e6

    await run(times // 10)
    return await run(times)


def deploy(home: House, application: str) -> dict[str, str]:
    """Deploy the flows on one server, with a local account; their addresses by name."""
    account = {
        "name": "Account 1",
        "authType": "OAUTH2_PASSWORD",
        "credentials": {
            "username": salesforce.USERNAME,
            "password": salesforce.PASSWORD,
            "clientIdentity": salesforce.CLIENT_ID,
            "clientSecret": salesforce.CLIENT_SECRET,
        },
        "endpoint": {"loginUrl": application},
    }
    (home.folder / "accounts.yaml").write_text(json.dumps({"accounts": {"salesforce": [account]}}))
    for path in DOCUMENTS.glob("*.yaml"):
        text = path.read_text().replace("http://application.example", application)
        (home.folder / path.name).write_text(text)
    names = sorted(path.name for path in DOCUMENTS.glob("*.yaml"))
    home.command("bar", "create", *names, "-o", "flows.bar")
    home.command("configuration", "create", "accounts", "--type", "accounts", "--file", "accounts.yaml")
    deployed = home.command(
        "server", "deploy", "flows", "--bar", "flows.bar", "--configuration", "accounts",
        "--mode", "local", "--wait", "--json",
    )  # fmt: skip
    return {flow["name"]: flow["operations"][0]["url"] for flow in json.loads(deployed)["status"]["flows"]}


async def flow_rows(home: House, session: aiohttp.ClientSession, requests: int) -> list[Row]:
    """The figures of API flows and what their server holds; figures without a limit are there to compare."""

    def posting(url: str, body: dict[str, Any], expected: Any = None) -> Callable[[], Awaitable[None]]:
        async def post() -> None:
            async with session.post(url, json=body) as answer:
                assert answer.status == 201, await answer.text()
                told = await answer.json()
                assert expected is None or told == expected, told

        return post

    loops = max(200, requests // 5)
    with beside(serve_echo) as (echo, echoing):
        bare = await measure(echoing, posting(echo, PERSON), requests=requests)
        bare_loop = await measure(echoing, posting(echo, ORDER), requests=loops)
    with beside(serve_application) as (application, _):
        urls = await asyncio.to_thread(deploy, home, application)
        server = home.process("runtime.server")
        http = await measure(server, posting(urls["Person"], PERSON), requests=requests)
        declared = await measure(server, posting(urls["Contact"], PERSON), requests=requests)
        loop = await measure(
            server, posting(urls["Orders"], ORDER, {"total": TOTAL, "count": 100}), requests=loops
        )
    engine = await engine_microseconds("person.yaml", PERSON, requests)
    engine_loop = await engine_microseconds("orders.yaml", ORDER, loops)
    memory = server.memory_info().rss / 2**20
    return [
        Row("API flow: two mappings, an HTTP call, CPU", http.cpu, "us", 400, "goal; Node-RED 435"),
        Row("  p99 at 16 connections", http.p99 / 1000, "ms", 15, "goal; Node-RED 39"),
        Row("  requests a second", http.a_second, "/s", None, "Node-RED 2124"),
        Row("API flow: two mappings, a declared action, CPU", declared.cpu, "us", 400, "goal"),
        Row("  p99 at 16 connections", declared.p99 / 1000, "ms", 15, "goal"),
        Row("  bare HTTP echo of the same body, CPU", bare.cpu, "us", None, "the limit of the server"),
        Row("  bare engine, without HTTP and call, CPU", engine, "us", None, "the flow alone"),
        Row("API flow: 100 turns and a sum, CPU", loop.cpu, "us", 1500, "goal; Node-RED 3000"),
        Row("  bare HTTP echo of the same body, CPU", bare_loop.cpu, "us", None, "the limit of the server"),
        Row("  bare engine, without HTTP, CPU", engine_loop, "us", None, "the flow alone"),
        Row("integration server, resident", memory, "MB", 90, "goal"),
    ]
