"""Who calls a door of App Connect, and from where: verified, and with a key that still lives."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Request
from litestar.di import NamedDependency

from lockhouse.web.address import Network, client_address
from lockhouse.web.bearer import Principal, Verifier
from lockhouse.web.liveness import Liveness
from lockhouse.web.trace import trace_of


@dataclass(frozen=True, slots=True)
class Caller:
    """The verified caller, with what the audit record wants to know of the request."""

    principal: Principal
    trace: str
    address: str = ""
    agent: str = ""

    @property
    def account_id(self) -> str:
        """The account he acts in."""
        return self.principal.account_id


def caller_of(
    verifier: Verifier, liveness: Liveness, proxies: Sequence[Network] = ()
) -> Callable[[Request[Any, Any, Any]], Awaitable[Caller]]:
    """A Litestar dependency that gives the caller. Raises TokenMissing, TokenRefused, CloudKeyRejected."""

    async def caller(request: Request[Any, Any, Any]) -> Caller:
        principal = await verifier.verify(request.headers.get("authorization"))
        await liveness.require(principal)
        return Caller(
            principal=principal,
            trace=trace_of(request.scope),
            address=client_address(request.scope, proxies),
            agent=request.headers.get("user-agent", "")[:200],
        )

    return caller


TheCaller = NamedDependency[Caller]
"""How a handler asks for the caller: an argument named `caller`."""
