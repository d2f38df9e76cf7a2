"""Where a request comes from, and by what name it called us. X-Forwarded-For is believed from configured
proxies only."""

import ipaddress
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def read_networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """Networks from CIDR texts or single addresses. Raises ValueError."""
    return tuple(ipaddress.ip_network(text, strict=False) for text in texts)


def client_address(scope: Any, proxies: Sequence[Network], *, trusted: bool = False) -> str:
    """The caller's address: of the connection, or what the nearest trusted proxy saw.

    The list is read from its right end and ends at the first address that is no proxy of ours. `trusted`
    says that the peer has proved in another way to be one of us.
    """
    peer = scope.get("client")
    address = str(peer[0]) if peer else ""
    if not (trusted or (proxies and _is_in(address, tuple(proxies)))):
        return address
    for hop in reversed(_forwarded(scope["headers"])):
        if _parsed(hop) is None:
            return address
        address = hop
        if trusted or not _is_in(hop, tuple(proxies)):
            return address
    return address


def base_url_of(scope: Any) -> str:
    """Scheme, host and port by which a request called us, without a slash at its end."""
    host = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
    if not host:
        name, port = scope["server"]
        host = f"{name}:{port}"
    return f"{scope['scheme']}://{host}"


def network_of(address: str) -> str:
    """What counts as one address in limits: an IPv4 address, the /64 of an IPv6 address."""
    parsed = _parsed(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return address


@lru_cache(4096)
def _is_in(address: str, networks: tuple[Network, ...]) -> bool:
    parsed = _parsed(address)
    return parsed is not None and any(parsed in network for network in networks)


def _parsed(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        parsed = ipaddress.ip_address(text.strip().strip("[]"))
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed


def _forwarded(headers: Any) -> list[str]:
    texts = [value.decode("latin-1") for name, value in headers if name == b"x-forwarded-for"]
    return [hop.strip() for text in texts for hop in text.split(",") if hop.strip()]
