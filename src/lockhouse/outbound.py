"""Makes every HTTP client and socket: time-outs, verified TLS, which addresses may be reached, redirects.

Whether an address may be reached is decided where the socket is made, on the numeric address it is about
to be connected to. So a name that resolves to something else the second time, an odd spelling (`0x7f.1`)
and a redirect all come to the same check, and no caller can forget it.
"""

import io
import socket
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from importlib.metadata import version
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

import aiohttp
from multidict import CIMultiDictProxy
from yarl import URL

from lockhouse.errors import LockhouseError, Mistake, Mistakes

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

MOST_BYTES = 10 * 1024 * 1024
MOST_SECONDS = 120.0
MOST_REDIRECTS = 5
_CONNECT_SECONDS = 15.0

_NEVER = tuple(
    ip_network(text)
    for text in (
        "169.254.0.0/16", "fe80::/10",  # link-local, with the metadata address that most clouds share
        "fd00:ec2::/64", "fd20:ce::254/128",  # metadata over IPv6: AWS, Google
        "100.100.100.200/32", "192.0.0.192/32", "168.63.129.16/32",  # metadata: Alibaba, Oracle, Azure
    )
)  # fmt: skip
_GLOBAL_UNICAST_V6 = IPv6Network("2000::/3")
_IPV4_IN_LOW_BITS = tuple(
    IPv6Network(text)
    for text in (
        "::ffff:0:0/96", "::/96",  # mapped and compatible, RFC 4291
        "::ffff:0:0:0/96",  # translated, RFC 2765
        "64:ff9b::/96",  # NAT64, RFC 6052
    )
)  # fmt: skip
_NAT64_OF_A_SITE = IPv6Network("64:ff9b:1::/48")  # RFC 8215: how long the prefix is, only the site knows
_FOLLOWING_HEADERS = frozenset(
    {"accept", "accept-language", "content-type", "user-agent", "range", "if-none-match", "if-modified-since"}
)


_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Reach(Enum):
    """Who calls out, and so what may be reached."""

    PLATFORM = "platform"
    """Our own clients, to an address that the operator gave: anything."""
    LOCAL = "local"
    """Local connectors: private networks too; never link-local addresses and cloud metadata."""
    CLOUD_MANAGED = "cloud-managed"
    """Connectors of an App Connect instance: public addresses, and networks that the operator opened."""


class OutboundError(LockhouseError):
    """A call did not bring an answer. The text names method, host and path; never query, headers or body."""


class AddressRefused(OutboundError):
    """The address may not be reached from here. Nothing was sent."""


class Unreachable(OutboundError):
    """No connection came about (name, network, refused). Nothing was sent, so it may be tried again."""


class TlsRefused(OutboundError):
    """The other side could not prove who it is. Nothing was sent."""


class CallBroken(OutboundError):
    """The call was sent, perhaps carried out, and no whole answer came (time-out, connection lost)."""


class AnswerRefused(OutboundError):
    """The answer is too large, not HTTP, or a redirect that is not followed."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent. `url` is absolute; whoever builds it decides how it is encoded."""

    method: str
    url: URL
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side answered: `body` whole and decompressed, `url` of the last hop."""

    status: int
    headers: CIMultiDictProxy[str]
    body: bytes
    url: URL


class _Forbidden(OSError):
    """Raised where the socket is made. One text for all: aiohttp then keeps the type when it sums up."""

    def __init__(self) -> None:
        super().__init__("address not allowed")


def parse_networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """Networks in CIDR form (`10.1.0.0/16`, `fd00::/8`, a single address). Raises Mistakes, all at once."""
    networks, mistakes = [], []
    for text in texts:
        try:
            networks.append(ip_network(text.strip()))
        except ValueError:
            message = f"expected a network such as 10.1.0.0/16, got {text!r}"
            mistakes.append(Mistake("network_unreadable", message))
    if mistakes:
        raise Mistakes(mistakes)
    return tuple(networks)


def may_reach(text: str, reach: Reach, opened: Sequence[Network] = ()) -> bool:
    """Whether a numeric address may be connected to. IPv4 hidden in IPv6 is judged as that IPv4."""
    if reach is Reach.PLATFORM:
        return True
    return all(_allowed(address, reach, opened) for address in _unwrapped(ip_address(text.partition("%")[0])))


def _allowed(address: Address, reach: Reach, opened: Sequence[Network]) -> bool:
    if address.is_multicast or address.is_unspecified or any(address in network for network in _NEVER):
        return False
    if reach is Reach.LOCAL or any(address in network for network in opened):
        return True
    return address.is_global and (address.version == 4 or address in _GLOBAL_UNICAST_V6)


def _unwrapped(address: Address) -> tuple[Address, ...]:
    """The addresses at which a packet to this one can end."""
    if isinstance(address, IPv4Address):
        return (address,)
    if address.teredo is not None:
        return address.teredo
    if address.sixtofour is not None:
        return (address.sixtofour,)
    value = int(address)
    low = IPv4Address(value & 0xFFFFFFFF)
    if value > 1 and any(address in network for network in _IPV4_IN_LOW_BITS):
        return (low,)
    if address in _NAT64_OF_A_SITE:
        return (low,) if int(low) else (_rfc6052_48(value),)
    # ISATAP, RFC 5214: the interface id ends in an IPv4.
    return (address, low) if (value >> 32) & 0xFDFFFFFF == 0x00005EFE else (address,)


def _rfc6052_48(value: int) -> IPv4Address:
    # RFC 6052 section 2.2, prefix of 48 bits: 16 bits of the IPv4, an octet of zeros, the other 16 bits.
    return IPv4Address(((value >> 64) & 0xFFFF) << 16 | (value >> 40) & 0xFFFF)


def reachable_addresses(
    host: str, port: int, reach: Reach, opened: Sequence[Network] = ()
) -> tuple[str, ...]:
    """The numeric addresses of a host that may be connected to, for clients that make their own sockets.

    Connect to these and not to the name: a second look-up may answer otherwise. Blocks while the name is
    looked up. Raises AddressRefused when none of its addresses may be reached, Unreachable when it has none.
    """
    try:
        # An empty host would be this machine. ValueError is for a zero byte and for odd labels.
        infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM) if host and 0 < port < 65_536 else []
    except (OSError, ValueError):
        infos = []
    addresses = tuple(dict.fromkeys(str(info[4][0]) for info in infos))
    if not addresses:
        raise Unreachable(f"{host or 'an empty host'}:{port}: no such host")
    allowed = tuple(address for address in addresses if may_reach(address, reach, opened))
    if not allowed:
        raise AddressRefused(f"{host}:{port}: this address may not be called from here")
    return allowed


def open_socket(
    host: str, port: int, reach: Reach, opened: Sequence[Network] = (), *, seconds: float = _CONNECT_SECONDS
) -> socket.socket:
    """A blocking TCP connection to a host that may be reached; its time-out is `seconds`. Blocks.

    Raises AddressRefused and Unreachable.
    """
    for address in reachable_addresses(host, port, reach, opened):
        try:
            return socket.create_connection((address, port), seconds)
        except OSError:
            continue
    raise Unreachable(f"{host}:{port}: no connection")


def tls_context(authorities: str = "") -> ssl.SSLContext:
    """What clients that do not speak HTTP verify a server with: the system's authorities, or these PEM texts.

    Raises ssl.SSLError for a text that holds no certificate.
    """
    return ssl.create_default_context(cadata=authorities or None)


def open_session(
    reach: Reach, *, opened_networks: Sequence[str] = (), seconds: float = MOST_SECONDS
) -> aiohttp.ClientSession:
    """A session for calls of this reach; close it. CLOUD_MANAGED may reach the CIDRs of `opened_networks`.

    Cookies are not kept, proxies and netrc of the environment not used. A redirect to another origin is an
    error here, since aiohttp would carry header keys along: `fetch` follows it without them. Raises Mistakes.
    """
    opened = parse_networks(opened_networks)

    def guarded_socket(info: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, sockaddr = info
        if not may_reach(str(sockaddr[0]), reach, opened):
            raise _Forbidden
        return socket.socket(family=family, type=kind, proto=protocol)

    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(socket_factory=guarded_socket, limit=0, keepalive_timeout=30),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=seconds, sock_connect=_CONNECT_SECONDS),
        headers={"User-Agent": f"Lockhouse/{version('lockhouse')}"},
        middlewares=(_refuse_foreign_redirect,),
        trust_env=False,
    )


async def _refuse_foreign_redirect(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    answer = await handler(request)
    target = _redirect_target(answer)
    if target is not None and target.origin() != answer.url.origin():
        answer.close()
        raise aiohttp.ClientPayloadError("redirect to another origin")
    return answer


def _redirect_target(answer: aiohttp.ClientResponse) -> URL | None:
    location = answer.headers.get("Location") if answer.status in _REDIRECTS else None
    if not location:
        return None
    place = _place(answer.method, answer.url)
    try:
        target = answer.url.join(URL(location)).with_user(None).with_fragment(None)
        target.origin()
    except ValueError:
        raise AnswerRefused(f"{place}: redirected to an address that cannot be read") from None
    if target.scheme not in ("http", "https"):
        raise AnswerRefused(f"{place}: redirected to an address that is not http or https")
    return target


async def fetch(
    session: aiohttp.ClientSession,
    request: Request,
    *,
    follow: int = MOST_REDIRECTS,
    most_bytes: int = MOST_BYTES,
) -> Answer:
    """Send a request and read the whole answer, whatever its status.

    Redirects are followed: 303, and 301 and 302 after POST, become GET; 307 and 308 keep method and body.
    After a change of origin only headers that carry no credentials go along. `follow=0` gives the redirect
    itself. Raises AddressRefused, Unreachable, TlsRefused, CallBroken, AnswerRefused.
    """
    if request.url.scheme not in ("http", "https") or not request.url.raw_host:
        raise AddressRefused("expected an absolute http or https address")
    for _ in range(follow + 1):
        answer, target = await _hop(session, request, most_bytes)
        if target is None or follow == 0:
            return answer
        request = _redirected(request, answer.status, target)
    raise AnswerRefused(f"{_place(request.method, request.url)}: more than {follow} redirects")


def _redirected(request: Request, status: int, target: URL) -> Request:
    method, headers, body = request.method, dict(request.headers), request.body
    if (status == 303 and method != "HEAD") or (status in (301, 302) and method == "POST"):
        method, body = "GET", None
        headers = {name: value for name, value in headers.items() if name.lower() != "content-type"}
    if target.origin() != request.url.origin():
        headers = {name: value for name, value in headers.items() if name.lower() in _FOLLOWING_HEADERS}
    return Request(method, target, headers, body)


async def _hop(
    session: aiohttp.ClientSession, request: Request, most_bytes: int
) -> tuple[Answer, URL | None]:
    try:
        async with session.request(
            request.method,
            request.url,
            headers=request.headers,
            data=_streamed(request.body),
            skip_auto_headers=("Content-Type",),
            allow_redirects=False,
            middlewares=(),  # the session's own refuses what `fetch` follows with care
        ) as answer:
            content = await _bounded(answer, most_bytes)
            return Answer(answer.status, answer.headers, content, answer.url), _redirect_target(answer)
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise _translated(error, _place(request.method, request.url)) from None


def _streamed(body: bytes | None) -> bytes | io.BytesIO | None:
    # Large bytes at once would hold up the event loop (aiohttp says so from 1 MiB).
    return io.BytesIO(body) if body is not None and len(body) >= 2**20 else body


async def _bounded(answer: aiohttp.ClientResponse, most_bytes: int) -> bytes:
    if (answer.content_length or 0) <= most_bytes:
        chunks, size = [], 0
        async for chunk in answer.content.iter_any():
            size += len(chunk)
            if size > most_bytes:
                break
            chunks.append(chunk)
        else:
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)
    answer.close()
    raise AnswerRefused(f"{_place(answer.method, answer.url)}: the answer is larger than {most_bytes} bytes")


def _translated(error: Exception, place: str) -> OutboundError:
    match error:
        case aiohttp.ClientConnectorError(os_error=_Forbidden()):
            return AddressRefused(f"{place}: this address may not be called from here")
        case aiohttp.ClientSSLError():
            return TlsRefused(f"{place}: the server's certificate could not be verified")
        case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError() | aiohttp.InvalidURL():
            return Unreachable(f"{place}: no connection")
        case TimeoutError():
            return CallBroken(f"{place}: no answer in time")
        case aiohttp.ClientPayloadError() | aiohttp.ClientOSError() | aiohttp.ServerDisconnectedError():
            return CallBroken(f"{place}: the connection broke before the answer was whole")
        case _:
            return AnswerRefused(f"{place}: the answer could not be read as HTTP")


def _place(method: str, url: URL) -> str:
    return f"{method} {url.host}{url.path}"
