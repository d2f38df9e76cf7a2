"""A double refuses what the vendor would, and lets itself be told."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from tests.connectors.conftest import at_double

from lockhouse.connectors.catalogue import load_catalogue
from lockhouse.connectors.manifest import read_manifest
from lockhouse.connectors.model import BusinessObject
from lockhouse.connectors.writing import scaffold
from lockhouse.outbound import Reach, open_session
from lockhouse.standins.double import Double
from lockhouse.standins.records import Collection, Query, WrongRecord

KEY = {"X-Api-Key": "EXAMPLE"}


@pytest.fixture
async def call() -> AsyncIterator[Any]:
    runner = web.AppRunner(
        Double(read_manifest(scaffold("shop"), file="x")).application(), shutdown_timeout=0
    )
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    async with open_session(Reach.LOCAL) as session:

        async def ask(method: str, path: str, headers: dict[str, str] = KEY, **parts: Any) -> tuple[int, Any]:
            async with session.request(method, url + path, headers=headers, **parts) as answer:
                try:
                    return answer.status, await answer.json()
                except aiohttp.ContentTypeError:
                    return answer.status, await answer.text()

        yield ask
    await runner.cleanup()


@pytest.mark.parametrize(
    ("method", "path", "parts", "status"),
    [
        ("POST", "/v1/things", {"json": {"name": "n"}}, 201),
        ("POST", "/api.example.com/v1/things", {"json": {"name": "n", "count": 2}}, 201),
        ("POST", "/v1/things", {"json": {"name": "n"}, "headers": {}}, 401),
        ("POST", "/v1/things", {"json": {}}, 400),
        ("POST", "/v1/things", {"json": {"name": 5}}, 400),
        ("POST", "/v1/things", {"json": {"name": "n", "count": "2"}}, 400),
        ("POST", "/v1/things", {"json": {"name": "n", "other": 1}}, 400),
        ("POST", "/v1/things", {"json": ["n"]}, 400),
        ("POST", "/v1/things", {"data": "name=n"}, 400),
        ("PUT", "/v1/things", {}, 400),
        ("GET", "/v1/nothing", {}, 404),
        ("GET", "/things", {}, 404),
        ("GET", "/v1/things/none", {}, 404),
        ("PATCH", "/v1/things/none", {"json": {"name": "n"}}, 404),
        ("GET", "/v1/things?limit=many", {}, 400),
        ("GET", "/v1/things", {}, 200),
    ],
)
async def test_a_request_is_answered_as_the_manifest_says(
    call: Any, method: str, path: str, parts: dict[str, Any], status: int
) -> None:
    assert (await call(method, path, **parts))[0] == status


async def test_records_are_kept_changed_and_deleted(call: Any) -> None:
    made = (await call("POST", "/v1/things", json={"name": "n"}))[1]
    assert (await call("GET", f"/v1/things/{made['id']}"))[1] == made
    assert (await call("PATCH", f"/v1/things/{made['id']}", json={"count": 3}))[1]["count"] == 3
    assert (await call("GET", "/_records"))[1] == {"thing": [{**made, "count": 3}]}
    assert (await call("DELETE", f"/v1/things/{made['id']}"))[0] == 204
    assert (await call("GET", "/v1/things"))[1] == {"things": []}


async def test_a_double_can_be_told_what_to_do(call: Any) -> None:
    await call("POST", "/_records", json={"object": "thing", "records": [{"name": "a"}, {"name": "b"}]})
    assert len((await call("GET", "/v1/things"))[1]["things"]) == 2
    await call("POST", "/_fail", json={"word": "rate-limited", "times": 2})
    assert [(await call("GET", "/v1/things"))[0] for _ in range(3)] == [429, 429, 200]
    await call("POST", "/_expire")
    assert (await call("GET", "/v1/things"))[0] == 401
    assert (await call("GET", "/v1/things", headers={"X-Api-Key": "another"}))[0] == 200
    assert (await call("GET", "/_requests"))[1][-2]["refused"] == "token-refused"
    await call("POST", "/_reset")
    assert (await call("GET", "/_records"))[1] == {}


@pytest.mark.parametrize(
    ("door", "told"),
    [
        ("/_records", {"thing": [{"name": "a"}]}), ("/_records", {"object": "thing"}), ("/_records", [1]),
        ("/_records", {"object": "thing", "records": ["a"]}), ("/_fail", {}), ("/_fail", {"word": "oops"}),
        ("/_fail", {"word": "unavailable", "times": 0}), ("/_fail", None),
    ],
)  # fmt: skip
async def test_what_a_double_is_told_must_make_sense(call: Any, door: str, told: Any) -> None:
    assert (await call("POST", door, json=told))[0] == 400
    assert (await call("GET", "/v1/things"))[0] == 200


async def test_a_json_patch_sets_values_of_a_record() -> None:
    async with at_double(load_catalogue().get("azuredevops")) as desk:
        where = {"organization": "fabrikam", "project": "Fiber", "id": 7}
        desk.stand_in.collection("WorkItem").put({"id": 7, "fields": {"System.Title": "Tea"}}, where)
        await desk.call("WorkItem", "UPDATEALL", where=where, input={"System.State": "Done"})
        (kept,) = desk.stand_in.collection("WorkItem").records
        assert kept["fields"] == {"System.Title": "Tea", "System.State": "Done"}


def test_what_is_no_json_patch_is_refused() -> None:
    for wrong in ("add", {"op": "move", "path": "/a"}, {"op": "add", "path": "a"}, {"op": "add"}):
        with pytest.raises(WrongRecord):
            Collection(BusinessObject("a", "a", "id", {}, {}), {}, open_shape=True).add(
                Query(), {"record": [wrong]}, None
            )
