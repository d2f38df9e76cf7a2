"""API flows of a server, called over HTTP."""

import asyncio
import json

import aiohttp
import pytest
from tests.flow_documents import accounts_yaml, contact_flow, echo_flow
from tests.runtime.served import provided, served
from tests.walks.house import Vendor

PERSON = {"First": "Ada", "Last": "Lovelace", "Email": "ada@example.com"}


async def test_a_call_makes_the_vendor_s_record_and_answers_what_the_flow_says(vendor: Vendor) -> None:
    accounts = provided(accounts=("accounts", accounts_yaml(vendor.url)))
    before = len(vendor.contacts())
    async with served(contact_flow(), configurations=accounts) as server:
        answer = await server.post("/Contacts/Contact", PERSON)

    made = vendor.contacts()[before:]
    assert answer.status == 201
    assert [contact["Email"] for contact in made] == ["ada@example.com"]
    assert answer.body == {"Id": made[0]["Id"]}


@pytest.mark.parametrize(
    "path", ["/Customer%20API/Contact", "/Customer_API/Contact", "/Customer%20API/Contact/"]
)
async def test_a_flow_s_name_is_taken_as_it_is_and_with_underscores_for_blanks(path: str) -> None:
    async with served(echo_flow("Customer API")) as server:
        answer = await server.post(path, PERSON)

    assert (answer.status, answer.body) == (200, {"Last": "Lovelace"})


async def test_a_name_with_every_odd_character_can_be_called() -> None:
    name = "Ümläut & co. 100% (1)"
    async with served(echo_flow(name)) as server:
        url = server.server.flows_at(server.url)[0].operations[0].url
        answer = await server.post(url.removeprefix(server.url), PERSON)

    assert answer.status == 200


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("POST", "/Nothing/Contact", 404, "flow_not_found"),
        ("POST", "/", 404, "flow_not_found"),
        ("POST", "/Echo/Nothing", 404, "path_not_found"),
        ("POST", "/Echo", 404, "path_not_found"),
        ("POST", "/Echo/Contact/1/2", 404, "path_not_found"),
        ("POST", "/%2e%2e/Echo/Contact", 404, "flow_not_found"),
        ("POST", "/Echo%2fContact", 404, "flow_not_found"),
        ("POST", "/%ff%fe", 404, "flow_not_found"),
        ("GET", "/Echo/Contact", 405, "method_not_allowed"),
        ("DELETE", "/Echo/Contact", 405, "method_not_allowed"),
    ],
)
async def test_where_nothing_is_says_so(method: str, path: str, status: int, code: str) -> None:
    async with served(echo_flow()) as server:
        answer = await server.ask(method, path)

    assert (answer.status, answer.body["error"]["code"]) == (status, code)
    assert answer.body["error"]["statusCode"] == status
    if status == 405:
        assert answer.headers["Allow"] == "POST"


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{", {}, 400),
        (b'{"a": 1, "a": 2}', {}, 400),
        (b'{"a": NaN}', {}, 400),
        (b'{"a": 1e999}', {}, 400),
        (b"\xff\xfe{\x00}\x00", {}, 400),
        (b'"text"', {}, 400),
        (b"[1]", {}, 400),
        (b"[" * 100_000, {}, 400),
        (b'{"a": ' * 200 + b"1" + b"}" * 200, {}, 400),
        (b'{"a": "' + b"x" * 3_000_000 + b'"}', {}, 413),
        (b"a=b", {"Content-Type": "application/x-www-form-urlencoded"}, 415),
        (b"{}", {"Content-Encoding": "gzip"}, 415),
        (b"{}", {"X-Ibm-Override-Accounts": "nonsense"}, 400),
        (b"{}", {"X-Ibm-Override-Accounts": '{"salesforce": 1}'}, 400),
        (b"{}", {"X-Ibm-Override-Accounts": "[" * 5000}, 400),
        (b"{}", {}, 200),
        (b"", {}, 200),
        (b'{"unknown": [1, {"a": null}]}', {"Content-Type": "application/problem+json; charset=utf-8"}, 200),
    ],
)
async def test_what_comes_in_is_read_strictly(body: bytes, headers: dict[str, str], status: int) -> None:
    sent = {"Content-Type": "application/json"} | headers
    async with served(echo_flow()) as server:
        try:
            answer = await server.ask("POST", "/Echo/Contact", data=_stream(body), headers=sent)
        except aiohttp.ClientOSError:
            assert status == 413  # the server may hang up before a body that is too large has come
        else:
            assert answer.status == status
            assert status == 200 or answer.body["error"]["message"]
        assert (await server.post("/Echo/Contact", PERSON)).status == 200


async def test_a_flow_that_fails_tells_the_vendor_s_status_and_word(vendor: Vendor) -> None:
    accounts = provided(accounts=("accounts", accounts_yaml(vendor.url)))
    async with served(contact_flow(), configurations=accounts) as server:
        answer = await server.post("/Contacts/Contact", {"First": "nobody"})

    error = answer.body["error"]
    assert (answer.status, error["statusCode"], error["code"]) == (400, 400, "rejected")
    assert "LastName" in error["message"]


async def test_a_missing_account_is_told_with_the_nearest_name(vendor: Vendor) -> None:
    accounts = provided(accounts=("accounts", accounts_yaml(vendor.url, "Sales")))
    async with served(contact_flow(account="Slaes"), configurations=accounts) as server:
        answer = await server.post("/Contacts/Contact", PERSON)

    assert (answer.status, answer.body["error"]["code"]) == (500, "account_missing")
    assert "did you mean 'Sales'" in answer.body["error"]["message"]


@pytest.mark.parametrize(
    "header", ['{"salesforce": "Second"}', "salesforce=Second", "slack=x, salesforce=Second"]
)
async def test_our_choice_of_form_the_override_header_chooses_another_account_for_one_call(
    vendor: Vendor, header: str
) -> None:
    entries = [json.loads(accounts_yaml(vendor.url, "Second"))["accounts"]["salesforce"][0]]
    entries.append(json.loads(accounts_yaml("http://127.0.0.1:9"))["accounts"]["salesforce"][0])
    content = json.dumps({"accounts": {"salesforce": entries}}).encode()
    async with served(contact_flow(), configurations=provided(accounts=("accounts", content))) as server:
        with_header = await server.post("/Contacts/Contact", PERSON, X_Ibm_Override_Accounts=header)
        without = await server.post("/Contacts/Contact", PERSON)

    assert with_header.status == 201
    assert (without.status, without.body["error"]["code"]) == (503, "unavailable")


async def test_a_server_whose_mode_is_disabled_runs_no_flow() -> None:
    async with served(echo_flow(), mode="disabled") as server:
        answer = await server.post("/Echo/Contact", PERSON)

    assert (answer.status, answer.body["error"]["code"]) == (500, "designer_flows_disabled")


@pytest.mark.parametrize("path", ["/readyz", "/healthz", "/admin/ready"])
async def test_a_server_tells_that_it_is_ready(path: str) -> None:
    async with served(echo_flow()) as server:
        answer = await server.ask("GET", path)

    assert (answer.status, answer.body) == (200, {"status": "OK", "conditions": []})


async def test_calls_are_counted() -> None:
    async with served(echo_flow()) as server:
        await asyncio.gather(*(server.post("/Echo/Contact", PERSON) for _ in range(10)))
        await server.post("/Echo/Nothing", PERSON)

        counts = server.server.calls()
    assert (counts.total, counts.failed) == (11, 1)
    assert counts.last_call.endswith("Z")


async def test_local_connectors_may_not_reach_link_local_metadata() -> None:
    accounts = provided(accounts=("accounts", accounts_yaml("http://169.254.169.254")))
    async with served(contact_flow(), configurations=accounts) as server:
        answer = await server.post("/Contacts/Contact", PERSON)

    assert answer.status >= 400
    assert "may not be called" in answer.body["error"]["message"]


async def _stream(body: bytes):  # type: ignore[no-untyped-def]  # what aiohttp takes as a body
    for start in range(0, len(body), 65536):
        yield body[start : start + 65536]
