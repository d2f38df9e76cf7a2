"""The HTTP connector: what the flow says is what is sent, and what comes back."""

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from tests.connectors.conftest import serving

from lockhouse.clock import utc_now
from lockhouse.connectors.accounts import check_credentials
from lockhouse.connectors.builtin.http.actions import encoded
from lockhouse.connectors.catalogue import Catalogue
from lockhouse.connectors.errors import ActionFailed, AuthFailed, NotFound, RateLimited, Rejected, Unavailable
from lockhouse.connectors.execute import check_account, execute
from lockhouse.connectors.outlet import Outlet
from lockhouse.outbound import Reach
from lockhouse.wire.actions import ActionCall, ActionResult

ACCOUNTS: dict[str, dict[str, str]] = {
    "NONE": {},
    "BASIC": {"username": "ada", "password": "EXAMPLE-pw"},
    "API_KEY": {"apiKeyHeaderName": "X-Key", "apiKey": "EXAMPLE-key"},
    "BEARER_TOKEN": {"accessToken": "EXAMPLE-token"},
}


@dataclass
class Host:
    """A host that answers as its path says, and remembers what came."""

    url: str = ""
    requests: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        headers = dict(request.headers)
        self.requests.append((request.method, request.rel_url.raw_path_qs, headers, await request.read()))
        name = request.path.strip("/").split("/")[-1]
        if name.isdigit():
            return web.Response(status=int(name), text=f"status {name}", headers={"Retry-After": "30"})
        if name == "bytes":
            return web.Response(body=b"\xff\x00", content_type="application/octet-stream")
        if name == "latin":
            return web.Response(
                body="é".encode("latin-1"), headers={"Content-Type": "text/plain; charset=latin-1"}
            )
        if name == "broken":
            return web.Response(body=b"\xff", content_type="application/json")
        if name == "cookies":
            answer = web.Response(text="x")
            answer.set_cookie("a", "1")
            answer.set_cookie("b", "2")
            return answer
        return web.json_response({"oncalls": []})


@dataclass
class Caller:
    """The connector with an account, and a host to call."""

    catalogue: Catalogue
    outlet: Outlet
    host: Host

    async def __call__(
        self, auth_type: str = "NONE", endpoint: dict[str, str] | None = None, **values: Any
    ) -> ActionResult:
        connector = self.catalogue.get("http")
        account = check_credentials(
            connector, name="a", auth_type=auth_type, credentials=ACCOUNTS[auth_type], endpoint=endpoint or {}
        )
        call = ActionCall(connector="http", business_object="request", action="INVOKE", input=values)
        return await execute(connector, call, account, self.outlet, now=utc_now())


@pytest.fixture
async def call(catalogue: Catalogue) -> AsyncIterator[Caller]:
    host = Host()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", host.answer)

    async def wait(_seconds: float) -> None:
        return None

    async with serving(application) as url, Outlet(Reach.LOCAL, wait=wait) as outlet:
        host.url = url
        yield Caller(catalogue, outlet, host)


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("/post a message?q=@x is on", "/post%20a%20message?q=@x%20is%20on"),
        ("/oncalls?include%5B%5D=users&a=1+2", "/oncalls?include%5B%5D=users&a=1+2"),
        ("/ümlaut/%2F?é=ü#part", "/%C3%BCmlaut/%2F?%C3%A9=%C3%BC"),
        ('/a"<>`{}|\\^b', "/a%22%3C%3E%60%7B%7D%7C%5C%5Eb"),
        ("", "/"),
        ("?x=1", "/?x=1"),
    ],
)
async def test_an_address_is_encoded_only_where_it_must_be(call: Caller, given: str, sent: str) -> None:
    await call(method="GET", url=call.host.url + given)
    assert call.host.requests[0][:2] == ("GET", sent)


def test_a_host_may_be_spelled_in_any_script() -> None:
    assert encoded("HTTPS://bücher.example/a b") == "https://xn--bcher-kva.example/a%20b"


@pytest.mark.parametrize(
    ("body", "content_type", "sent"),
    [
        ({"id": 7}, "application/json", b'{"id":7}'),
        ([1], "application/json", b"[1]"),
        ('{"id": 7}', "application/json", b'{"id": 7}'),
        ("tëxt", "text/plain; charset=utf-8", "tëxt".encode()),
        ("12", "text/plain; charset=utf-8", b"12"),
        (True, "application/json", b"true"),
        (None, None, b""),
    ],
)
async def test_a_body_is_sent_as_the_flow_has_it(
    call: Caller, body: Any, content_type: str | None, sent: bytes
) -> None:
    await call(method="post", url=call.host.url, requestBody=body)
    method, _, headers, content = call.host.requests[0]
    assert (method, headers.get("Content-Type"), content) == ("POST", content_type, sent)


async def test_headers_are_the_flows_but_for_those_that_are_not_its_own(call: Caller) -> None:
    wanted = {
        "Accept": "text/x",
        "X-Flag": True,
        "Host": "evil.example",
        "rejectUnauthorized": False,
        "X-No": None,
    }
    await call(method="GET", url=call.host.url, requestHeaders=wanted)
    headers = call.host.requests[0][2]
    assert (headers["Accept"], headers["X-Flag"]) == ("text/x", "true")
    assert headers["Host"].startswith("127.0.0.1")
    assert not {"rejectUnauthorized", "X-No"} & headers.keys()
    with pytest.raises(Rejected, match="one line"):
        await call(method="GET", url=call.host.url, requestHeaders={"X": "a\r\nY: b"})


@pytest.mark.parametrize(
    ("auth_type", "header", "value"),
    [
        ("BASIC", "Authorization", "Basic " + base64.b64encode(b"ada:EXAMPLE-pw").decode()),
        ("API_KEY", "X-Key", "EXAMPLE-key"),
        ("BEARER_TOKEN", "Authorization", "Bearer EXAMPLE-token"),
    ],
)
async def test_credentials_go_to_the_accounts_host_only(
    call: Caller, auth_type: str, header: str, value: str
) -> None:
    endpoint = {"host": call.host.url, "basePath": "/api/"}
    await call(auth_type, endpoint, method="GET", url="things")
    await call(auth_type, endpoint, method="GET", url=call.host.url.replace("127.0.0.1", "localhost"))
    await call(
        auth_type,
        endpoint,
        method="GET",
        url=call.host.url,
        requestHeaders={"authorization": "own", "x-key": "own"},
    )
    first, second, third = (request[2] for request in call.host.requests)
    assert call.host.requests[0][1] == "/api/things"
    assert first[header] == value
    assert header not in second
    assert value not in third.values()


async def test_what_comes_back_is_text_for_the_flow(call: Caller) -> None:
    result = await call(method="GET", url=f"{call.host.url}/json")
    assert json.loads(result.payload["responseBody"]) == {"oncalls": []}
    assert result.payload["responseHeaders"]["content-type"].startswith("application/json")
    for path, body in (("bytes", "/wA="), ("latin", "é"), ("broken", "/w==")):
        assert (await call(method="GET", url=f"{call.host.url}/{path}")).payload["responseBody"] == body
    cookies = await call(
        method="GET", url=f"{call.host.url}/cookies", requestHeaders={"Authorization": "EXAMPLE"}
    )
    assert cookies.payload["responseHeaders"]["set-cookie"].count("\n") == 1
    assert cookies.payload["requestHeaders"] == {"Authorization": "***"}


@pytest.mark.parametrize("given", [False, "false"])
async def test_our_choice_a_flow_that_continues_sees_every_status(call: Caller, given: Any) -> None:
    result = await call(method="GET", url=f"{call.host.url}/404", continue2xx=given)
    assert (result.status_code, result.payload["responseBody"]) == (404, "status 404")


@pytest.mark.parametrize(
    ("status", "auth_type", "error"),
    [
        (401, "BASIC", AuthFailed), (407, "BASIC", AuthFailed), (401, "NONE", Rejected),
        (403, "NONE", Rejected), (404, "NONE", NotFound), (410, "NONE", NotFound),
        (429, "NONE", RateLimited), (503, "NONE", RateLimited),
        (500, "NONE", Unavailable), (418, "NONE", Rejected),
    ],
)  # fmt: skip
@pytest.mark.parametrize("given", [True, None])
async def test_our_choice_any_other_status_than_2xx_is_an_error(
    call: Caller, status: int, auth_type: str, error: type[ActionFailed], given: Any
) -> None:
    with pytest.raises(error) as caught:
        await call(auth_type, method="POST", url=f"{call.host.url}/{status}?token=EXAMPLE", continue2xx=given)
    assert type(caught.value) is error
    assert "EXAMPLE" not in str(caught.value)
    assert f"status {status}" in str(caught.value)
    assert len(call.host.requests) == 1
    if isinstance(caught.value, RateLimited):
        assert caught.value.retry_after == 30


@pytest.mark.parametrize(
    "values", [{"url": "sdsd"}, {"url": ""}, {}, {"url": "ftp://x/"}, {"method": "BREW", "url": "http://x"}]
)
async def test_a_request_that_goes_nowhere_is_refused(call: Caller, values: dict[str, Any]) -> None:
    with pytest.raises(Rejected):
        await call(**values)


async def test_no_answer_is_never_continued(call: Caller) -> None:
    with pytest.raises(Unavailable):
        await call(method="GET", url="http://127.0.0.1:1/", continue2xx=False)


async def test_an_account_is_tested_by_asking_its_host(call: Caller) -> None:
    connector = call.catalogue.get("http")

    async def check(path: str) -> bool | None:
        endpoint = {"host": call.host.url, "basePath": path}
        account = check_credentials(
            connector, name="a", auth_type="BASIC", credentials=ACCOUNTS["BASIC"], endpoint=endpoint
        )
        return await check_account(connector, account, call.outlet, now=utc_now())

    assert await check("/fine")
    assert await check("/404")
    with pytest.raises(AuthFailed):
        await check("/401")
    assert {request[0] for request in call.host.requests} == {"HEAD"}
    await check("/405")
    assert call.host.requests[-1][0] == "GET"
