"""What an API flow tells of itself, read over HTTP, and its page tried in a browser."""

import base64
import hashlib
import json
import re
import shutil
from typing import Any
from urllib.parse import quote

import pytest
from openapi_spec_validator import validate
from playwright.async_api import async_playwright
from tests.flow_documents import contact_flow, echo_flow
from tests.runtime.served import Served, served

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ODD = "Ümläut & co. 100% <b>\"bold\" <script>document.title='taken' <img src=x onerror=alert(1)>"


async def raw(server: Served, path: str, method: str = "GET", **headers: str) -> tuple[int, Any, str]:
    """Ask without following where it leads."""
    async with server.session.request(
        method, server.url + path, headers=headers, allow_redirects=False
    ) as answer:
        return answer.status, answer.headers, await answer.text()


@pytest.mark.parametrize("spelling", ["Customer%20API", "Customer_API"])
async def test_a_flow_tells_its_openapi_document_under_both_spellings_of_its_name(spelling: str) -> None:
    async with served(contact_flow("Customer API")) as server:
        answer = await server.ask("GET", f"/{spelling}/openapi.json")
        (told,) = answer.body["servers"]
        called = await server.ask("POST", told["url"].removeprefix(server.url) + "/Contact", json={})

    validate(answer.body)
    assert answer.headers["Content-Type"] == "application/json"
    assert (answer.body["openapi"], answer.body["info"]["title"]) == ("3.0.3", "Customer API")
    assert told["url"] == f"{server.url}/Customer%20API"
    assert list(answer.body["paths"]) == ["/Contact"]
    assert called.body["error"]["code"] == "account_missing"  # the flow was found, and ran


@pytest.mark.parametrize("host", ["evil example", "a/b", "a@b", "x" * 10 + "?", "1:2:3"])
async def test_a_host_header_that_is_none_does_not_get_into_the_document(host: str) -> None:
    async with served(echo_flow()) as server:
        _, _, text = await raw(server, "/Echo/openapi.json", Host=host)

    assert json.loads(text)["servers"] == [{"url": "../Echo"}]


async def test_the_status_of_a_server_says_where_the_document_is() -> None:
    async with served(echo_flow(ODD)) as server:
        (flow,) = server.server.flows_at(server.url)
        answer = await server.ask("GET", flow.openapi.removeprefix(server.url))

    assert answer.status == 200
    assert answer.body["servers"] == [{"url": flow.url}]


async def test_the_page_runs_nothing_but_its_own_script_and_asks_nobody_else() -> None:
    async with served(echo_flow(ODD)) as server:
        status, headers, text = await raw(server, f"/{quote(ODD, safe='')}/")

    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    for kind in ("script", "style"):
        (inline,) = re.findall(f"<{kind}>(.*?)</{kind}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
        assert policy[f"{kind}-src"] == f"'sha256-{digest}'"
    assert policy["default-src"] == "'none'"
    assert "://" not in text
    assert ODD not in text


async def test_the_address_without_a_slash_leads_to_the_page() -> None:
    async with served(echo_flow("a&b c")) as server:
        status, headers, _ = await raw(server, "/a&b_c")
        page, _, text = await raw(server, f"/{headers['Location'].removeprefix('./')}")

    assert (status, headers["Location"]) == (307, "./a%26b%20c/")
    assert page == 200
    assert text.startswith("<!doctype html>")


async def test_head_answers_without_a_body() -> None:
    async with served(echo_flow()) as server:
        answers = [await raw(server, f"/Echo/{path}", "HEAD") for path in ("", "openapi.json")]

    assert [(status, text) for status, _, text in answers] == [(200, ""), (200, "")]


@pytest.mark.parametrize("path", ["/Echo/", "/Echo/openapi.json"])
async def test_pages_are_no_calls(path: str) -> None:
    async with served(echo_flow()) as server:
        await raw(server, path)
        await raw(server, path, "HEAD")
        posted, _, _ = await raw(server, path, "POST")
        counts = server.server.calls()

    assert posted == 404
    assert (counts.total, counts.failed) == (1, 1)


def own_route(method: str) -> str:
    """A flow whose only operation is at /openapi.json."""
    flow = json.loads(echo_flow())
    integration, model = flow["integration"], flow["models"].pop("Contact")
    flow["models"]["openapi.json"] = model | {"name": "openapi.json", "plural": "openapi.json"}
    (resource,) = integration["trigger-interfaces"]["trigger-interface-1"]["options"]["resources"]
    resource |= {"business-object": "openapi.json", "model": {"$ref": "#/models/openapi.json"}}
    if method == "GET":
        resource["triggers"] = {"retrieveall": "createContact"}
        model["operations"]["retrieveall"] = model["operations"].pop("create")
    return json.dumps(flow)


@pytest.mark.parametrize("own", ["GET", "POST"])
async def test_a_flow_s_own_route_comes_first(own: str) -> None:
    async with served(own_route(own)) as server:
        status, headers, text = await raw(server, "/Echo/openapi.json")

    assert status == (200 if own == "GET" else 405), text
    assert "openapi" not in text
    assert own == "GET" or headers["Allow"] == "POST"


async def test_a_disabled_server_and_an_unknown_flow_tell_nothing() -> None:
    async with served(echo_flow(), mode="disabled") as server:
        disabled = await raw(server, "/Echo/openapi.json")
        unknown = await raw(server, "/Nothing/openapi.json")

    assert (disabled[0], unknown[0]) == (500, 404)


@pytest.mark.parametrize("width", [1280, 400])
async def test_a_call_is_tried_in_a_browser(width: int) -> None:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    async with served(echo_flow(ODD)) as server, async_playwright() as started:
        browser = await started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": width, "height": 800})
        wrong: list[str] = []
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        await page.goto(f"{server.url}/{quote(ODD, safe='')}/")
        await page.get_by_label("Body (JSON)").fill('{"Last": "<i>Lovelace</i>"}')
        await page.get_by_role("button", name="Send").click()
        await page.locator(".answer pre").wait_for()
        title, heading = await page.title(), await page.get_by_role("heading", level=1).text_content()
        answer = await page.locator(".answer pre").text_content()
        overflow = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
        await page.get_by_label("Body (JSON)").fill("{")
        await page.get_by_role("button", name="Send").click()
        refused = await page.get_by_role("status").text_content()
        counts = server.server.calls()
        await browser.close()

    assert (title, heading) == (ODD, ODD)
    assert json.loads(answer or "") == {"Last": "<i>Lovelace</i>"}
    assert "not JSON" in (refused or "")
    assert overflow <= 0
    assert counts.total == 1
    assert wrong == []
