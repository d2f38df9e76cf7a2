"""What a page is handed: who asks, what he posted, whom to ask, how to answer."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from litestar import Request, Response
from litestar.di import NamedDependency

from lockhouse.client.appconnect import AppConnectClient, instances_of
from lockhouse.client.iam import IamClient
from lockhouse.client.runtime import RuntimeClient
from lockhouse.client.transport import Problem, Transport
from lockhouse.console.forms import Form
from lockhouse.console.rendering import Pages
from lockhouse.console.session import Login, NotLoggedIn, Sessions, Visitor

Asked = Request[Any, Any, Any]


@dataclass(frozen=True, slots=True)
class Desk:
    """One request, past the checks that all pages share.

    `address` is where the browser is; `form` is empty unless something was posted.
    """

    visitor: Visitor
    address: str
    form: Form
    iam: IamClient
    transport: Transport
    sessions: Sessions
    pages: Pages

    @property
    def login(self) -> Login:
        """Who is logged in. Raises NotLoggedIn."""
        if self.visitor.login is None:
            raise NotLoggedIn("this page needs somebody who is logged in")
        return self.visitor.login

    @property
    def token(self) -> str:
        """The access token of whoever is logged in. Raises NotLoggedIn."""
        return self.login.token

    @property
    def runtime(self) -> RuntimeClient:
        """Integration servers, configurations and BARs, for whoever is logged in."""
        return RuntimeClient(self.transport, self._give_token)

    async def appconnect(self, token: str = "") -> AppConnectClient:
        """The App Connect instance of the account: the oldest, where there are several. Raises Problem.

        With a `token` it is spoken to with that one, in place of the session's.
        """
        instances = await instances_of(self.transport, self._give_token)
        if not instances:
            raise Problem(status=404, code="no_instance", message="This account has no App Connect instance.")
        giver = _giver(token) if token else self._give_token
        return AppConnectClient(self.transport, giver, instances[0].id)

    async def _give_token(self) -> str:
        return self.token

    def show(self, template: str, *, status: int = 200, **values: Any) -> Response[bytes]:
        """Answer with a page."""
        return self.pages.show(self.visitor, template, status=status, **values)

    def go(self, path: str) -> Response[bytes]:
        """Answer by sending the browser on to another of our pages."""
        return self.pages.go(self.visitor, path)


def _giver(token: str) -> Callable[[], Awaitable[str]]:
    async def give() -> str:
        return token

    return give


TheDesk = NamedDependency[Desk]
"""A handler's `desk` or `lobby`."""
