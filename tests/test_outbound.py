"""Which addresses each kind of caller reaches, and what an answer may do to us."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from lockhouse.errors import Mistakes
from lockhouse.outbound import (
    AddressRefused,
    AnswerRefused,
    CallBroken,
    Reach,
    Request,
    TlsRefused,
    Unreachable,
    fetch,
    may_reach,
    open_session,
)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
LOOPBACK = ("127.0.0.0/8", "::1/128")

METADATA = [
    "169.254.169.254", "fe80::1%eth0", "fd00:ec2::254", "100.100.100.200", "168.63.129.16",
    "::ffff:169.254.169.254", "::169.254.169.254", "64:ff9b::a9fe:a9fe", "64:ff9b:1:a9fe:a9:fe00::",
    "64:ff9b:1::a9fe:a9fe", "2002:a9fe:a9fe::1", "2001:0:a9fe:a9fe::1", "2001:0:808:808:0:0:5601:5601",
    "::ffff:0:169.254.169.254", "2001:db8::5efe:a9fe:a9fe", "2001:db8::200:5efe:a9fe:a9fe",
]  # fmt: skip
NOT_PUBLIC = [
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1",
    "192.0.2.1", "198.18.0.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "::", "::1",
    "fc00::1", "fd12:3456::1", "fec0::1", "ff02::1", "2001:db8::1", "100::1", "5f00::1", "::ffff:127.0.0.1",
    "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1:7f00:0:100::",
    "2002:7f00:1::", "2002:c0a8:101::1", "2001:0:7f00:1::", "2001:0:808:808:0:0:f5ff:fffe",
    "2606:4700::5efe:7f00:1", *METADATA,
]  # fmt: skip
PUBLIC = [
    "8.8.8.8",
    "1.1.1.1",
    "2606:4700:4700::1111",
    "64:ff9b::808:808",
    "::ffff:8.8.8.8",
    "2002:808:808::1",
]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_a_cloud_managed_call_reaches_no_address_that_is_not_public(address: str) -> None:
    assert not may_reach(address, Reach.CLOUD_MANAGED)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_cloud_managed_call_reaches_public_addresses(address: str) -> None:
    assert may_reach(address, Reach.CLOUD_MANAGED)


@pytest.mark.parametrize("address", METADATA)
@pytest.mark.parametrize("reach", [Reach.LOCAL, Reach.CLOUD_MANAGED])
async def test_metadata_is_never_reached_however_it_is_spelled_or_what_is_opened(
    address: str, reach: Reach
) -> None:
    async with open_session(reach, opened_networks=["0.0.0.0/0", "::/0"]) as session:
        with pytest.raises(AddressRefused):
            await fetch(session, Request("GET", URL.build(scheme="http", host=address, port=1)))


@pytest.mark.parametrize("address", ["10.0.0.1", "127.0.0.1", "::1", "fd12::1", "192.168.3.4", "8.8.8.8"])
def test_a_local_connector_reaches_private_networks(address: str) -> None:
    assert may_reach(address, Reach.LOCAL)


def test_an_opened_network_is_reached_and_its_neighbour_is_not() -> None:
    async def reached(address: str) -> bool:
        async with open_session(Reach.CLOUD_MANAGED, opened_networks=["127.7.0.0/16"]) as session:
            try:
                await fetch(session, Request("GET", URL(f"http://{address}:1/")))
            except AddressRefused:
                return False
            except Unreachable:
                return True
        return True

    assert asyncio.run(reached("127.7.1.1"))
    assert not asyncio.run(reached("127.8.1.1"))
    assert not asyncio.run(reached("[::ffff:127.8.1.1]"))


def test_networks_that_cannot_be_read_are_named_all_at_once() -> None:
    async def opened() -> None:
        open_session(Reach.CLOUD_MANAGED, opened_networks=["10.0.0.0/8", "ten", "10.0.0.1/8"])

    with pytest.raises(Mistakes) as caught:
        asyncio.run(opened())
    assert [mistake.code for mistake in caught.value.mistakes] == ["network_unreadable"] * 2


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "localhost", "LOCALHOST.",
        "\uff11\uff12\uff17.0.0.1", "127\u30020\u30020\u30021", "[::1]", "[::ffff:7f00:1]", "0.0.0.0", "0",
    ],
)  # fmt: skip
@pytest.mark.parametrize("encoded", [False, True])
async def test_no_spelling_of_loopback_is_reached_by_a_cloud_managed_call(host: str, encoded: bool) -> None:
    calls = []

    async def seen(request: web.Request) -> web.Response:
        calls.append(request.host)
        return web.Response()

    async with serving(seen) as server, open_session(Reach.CLOUD_MANAGED) as session:
        try:
            url = URL(f"http://{host}:{server.port}/", encoded=encoded)
        except ValueError:
            return  # refused even earlier
        with pytest.raises((AddressRefused, Unreachable)):
            await fetch(session, Request("GET", url))
    assert calls == []


async def test_a_name_that_resolves_elsewhere_the_second_time_is_judged_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = iter(["8.8.8.8", "127.0.0.1"])

    async def rebinding(self: object, host: str, port: int = 0, family: int = 0) -> list[dict[str, object]]:
        address = next(answers)
        return [
            {
                "hostname": host,
                "host": address,
                "port": port,
                "family": socket.AF_INET,
                "proto": 0,
                "flags": 0,
            }
        ]

    monkeypatch.setattr(aiohttp.resolver.ThreadedResolver, "resolve", rebinding)
    async with open_session(Reach.CLOUD_MANAGED) as session:
        await session.connector._resolve_host("rebind.example", 80)  # type: ignore[union-attr]  # a first look, as an earlier check would do
        session.connector.clear_dns_cache()  # type: ignore[union-attr]  # the record's life is over
        with pytest.raises(AddressRefused):
            await fetch(session, Request("GET", URL("http://rebind.example/")))


async def test_a_redirect_to_a_forbidden_address_is_refused() -> None:
    async def away(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "http://127.0.0.2:1/latest/meta-data"})

    async with (
        serving(away) as server,
        open_session(Reach.CLOUD_MANAGED, opened_networks=["127.0.0.1"]) as session,
    ):
        with pytest.raises(AddressRefused):
            await fetch(session, Request("GET", server.url))


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "gopher://127.0.0.1/", "http://[", "javascript:1"]
)
async def test_a_redirect_out_of_http_is_refused(location: str) -> None:
    async def away(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": location})

    async with serving(away) as server, open_session(Reach.LOCAL) as session:
        with pytest.raises(AnswerRefused):
            await fetch(session, Request("GET", server.url))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_credentials_do_not_follow_to_another_origin(status: int) -> None:
    seen: list[web.Request] = []

    async def target(request: web.Request) -> web.Response:
        seen.append(request)
        return web.Response(text="there")

    async with serving(target) as other:

        async def away(request: web.Request) -> web.Response:
            return web.Response(
                status=status, headers={"Location": str(other.url.with_user("u").with_password("p"))}
            )

        async with serving(away) as server, open_session(Reach.LOCAL) as session:
            headers = {
                "Authorization": "Bearer EXAMPLE",
                "X-Api-Key": "EXAMPLE",
                "Cookie": "a=b",
                "Accept": "text/x",
            }
            answer = await fetch(session, Request("POST", server.url, headers, b"{}"))

    assert answer.body == b"there"
    assert seen[0].method == ("POST" if status in (307, 308) else "GET")
    assert seen[0].headers["Accept"] == "text/x"
    assert not {"Authorization", "X-Api-Key", "Cookie"} & set(seen[0].headers)


async def test_a_session_used_without_fetch_does_not_carry_credentials_away_either() -> None:
    seen = []

    async def target(request: web.Request) -> web.Response:
        seen.append(request)
        return web.Response()

    async with serving(target) as other:

        async def away(request: web.Request) -> web.Response:
            return web.Response(status=302, headers={"Location": str(other.url)})

        async with serving(away) as server, open_session(Reach.PLATFORM) as session:
            with pytest.raises(aiohttp.ClientError):
                await session.get(server.url, headers={"X-Api-Key": "EXAMPLE"})
    assert seen == []


async def test_redirects_on_one_host_are_followed_with_credentials_but_not_for_ever() -> None:
    async def around(request: web.Request) -> web.Response:
        if request.path == "/end":
            return web.Response(text=request.headers["Authorization"])
        if request.path == "/loop":
            return web.Response(status=302, headers={"Location": "/loop"})
        return web.Response(status=302, headers={"Location": "/end"})

    async with serving(around) as server, open_session(Reach.LOCAL) as session:
        answer = await fetch(session, Request("GET", server.url, {"Authorization": "Basic EXAMPLE"}))
        assert (answer.body, answer.url.path) == (b"Basic EXAMPLE", "/end")
        with pytest.raises(AnswerRefused, match="redirects"):
            await fetch(session, Request("GET", server.url / "loop"))
        assert (await fetch(session, Request("GET", server.url), follow=0)).status == 302


async def test_cookies_of_one_call_are_not_sent_with_the_next() -> None:
    async def cookies(request: web.Request) -> web.Response:
        answer = web.Response(text=request.headers.get("Cookie", "none"))
        answer.set_cookie("session", "of somebody else")
        return answer

    async with serving(cookies, host="127.0.0.1") as server, open_session(Reach.LOCAL) as session:
        url = server.url.with_host("localhost")
        await fetch(session, Request("GET", url))
        assert (await fetch(session, Request("GET", url))).body == b"none"


@pytest.mark.parametrize("length_told", [True, False])
async def test_an_answer_that_is_too_large_is_refused(length_told: bool) -> None:
    async def large(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        if length_told:
            answer.content_length = 100_000
        await answer.prepare(request)
        with contextlib.suppress(ConnectionError):
            for _ in range(100):
                await answer.write(b"x" * 1000)
        return answer

    async with serving(large) as server, open_session(Reach.LOCAL) as session:
        with pytest.raises(AnswerRefused, match="larger than"):
            await fetch(session, Request("GET", server.url), most_bytes=50_000)
        assert len((await fetch(session, Request("GET", server.url))).body) == 100_000


async def test_a_small_answer_that_unpacks_to_a_large_one_is_refused() -> None:
    async def bomb(request: web.Request) -> web.Response:
        answer = web.Response(body=b"\0" * 20_000_000)
        answer.enable_compression(web.ContentCoding.gzip)
        return answer

    async with serving(bomb) as server, open_session(Reach.LOCAL) as session:
        with pytest.raises(AnswerRefused, match="larger than"):
            await fetch(session, Request("GET", server.url))


async def test_an_answer_that_never_ends_is_given_up() -> None:
    given_up = asyncio.Event()

    async def slow(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        await given_up.wait()
        return answer

    async with serving(slow) as server, open_session(Reach.LOCAL, seconds=0.05) as session:
        with pytest.raises(CallBroken, match="in time"):
            await fetch(session, Request("GET", server.url))
        given_up.set()


async def test_an_answer_that_is_not_http_or_breaks_off_is_an_error_without_the_query() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = await reader.readline()
        writer.write(
            b"220 smtp ready\r\n" if b"smtp" in line else b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"
        )
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    url = URL(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    async with server, open_session(Reach.LOCAL) as session:
        for path, error in (("smtp", AnswerRefused), ("half", CallBroken)):
            with pytest.raises(error) as caught:
                await fetch(session, Request("GET", url / path % {"token": "EXAMPLE"}))
            assert "EXAMPLE" not in str(caught.value)


async def test_a_server_that_cannot_prove_who_it_is_gets_nothing() -> None:
    async def plain(request: web.Request) -> web.Response:
        return web.Response()

    async with serving(plain) as server, open_session(Reach.LOCAL) as session:
        with pytest.raises((TlsRefused, Unreachable)):
            await fetch(session, Request("GET", server.url.with_scheme("https")))


@pytest.mark.parametrize("url", ["/relative", "ftp://example.com/", "http:///nohost"])
async def test_only_absolute_http_addresses_are_called(url: str) -> None:
    async with open_session(Reach.PLATFORM) as session:
        with pytest.raises(AddressRefused):
            await fetch(session, Request("GET", URL(url)))


class Server:
    def __init__(self, url: URL) -> None:
        self.url = url
        self.port = url.port


@contextlib.asynccontextmanager
async def serving(handler: Handler, host: str = "127.0.0.1") -> AsyncIterator[Server]:
    runner = web.ServerRunner(web.Server(handler), shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, host, 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        yield Server(URL(f"http://{host}:{port}/"))
    finally:
        await runner.cleanup()
