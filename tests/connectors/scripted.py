"""A vendor at the rim that plays a script: each request gets the next answer, and is kept to be compared with
the vendor's documentation.
"""

import contextlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiohttp import web
from tests.connectors.conftest import serving

from lockhouse.clock import utc_now
from lockhouse.connectors.accounts import check_credentials
from lockhouse.connectors.catalogue import load_catalogue
from lockhouse.connectors.execute import check_account, execute
from lockhouse.connectors.model import STAND_IN_URL, Connector, Credentials
from lockhouse.connectors.outlet import Outlet
from lockhouse.outbound import Reach
from lockhouse.wire.actions import ActionCall, ActionResult

CATALOGUE = load_catalogue()


@dataclass(frozen=True)
class Answer:
    """What the vendor says: a value is sent as JSON, bytes and text as they are."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Sent:
    """A request as it came: `line` is method and path, `content` the body."""

    line: str
    query: dict[str, str]
    content: bytes
    headers: Mapping[str, str]
    host: str

    @property
    def body(self) -> Any:
        """The body as JSON."""
        return json.loads(self.content)


@dataclass
class Vendor:
    """A connector with an account, and the script of the application behind it."""

    connector: Connector
    credentials: Credentials
    outlet: Outlet
    sent: list[Sent]
    waits: list[float]

    async def call(self, business_object: str, action: str, **parts: Any) -> ActionResult:
        """Carry out one action."""
        name = self.connector.name
        call = ActionCall(connector=name, business_object=business_object, action=action, **parts)
        return await execute(self.connector, call, self.credentials, self.outlet, now=self.now())

    async def check(self) -> bool | None:
        """Test the account."""
        return await check_account(self.connector, self.credentials, self.outlet, now=self.now())

    def now(self) -> datetime:
        return utc_now()

    @property
    def lines(self) -> list[str]:
        """Method and path of every request."""
        return [sent.line for sent in self.sent]


@contextlib.asynccontextmanager
async def vendor(
    name: str,
    answers: Sequence[Any],
    credentials: Mapping[str, str] | None = None,
    *,
    auth_type: str = "",
    endpoint: Mapping[str, str] | None = None,
) -> AsyncIterator[Vendor]:
    """A vendor that gives these answers in turn; one that is asked more often answers 599."""
    waits, sent, left = list[float](), list[Sent](), list(answers)

    async def answer(request: web.Request) -> web.Response:
        host, _, path = request.rel_url.raw_path.lstrip("/").partition("/")
        line = f"{request.method} /{path}"
        sent.append(Sent(line, dict(request.query), await request.read(), dict(request.headers), host))
        return _response(left.pop(0) if left else Answer("the script has ended", 599))

    async def wait(seconds: float) -> None:
        waits.append(seconds)

    application = web.Application(client_max_size=60 * 1024 * 1024)
    application.router.add_route("*", "/{path:.*}", answer)
    connector = CATALOGUE.get(name)
    async with serving(application) as url, Outlet(Reach.LOCAL, wait=wait) as outlet:
        account = check_credentials(
            connector,
            name="a",
            auth_type=auth_type or next(iter(connector.auth)),
            credentials=credentials or {"accessToken": "EXAMPLE-TOKEN"},
            endpoint={**(endpoint or {}), STAND_IN_URL: url},
        )
        yield Vendor(connector, account, outlet, sent, waits)


def _response(answer: Any) -> web.Response:
    if not isinstance(answer, Answer):
        return web.json_response(answer)
    if isinstance(answer.body, bytes):
        return web.Response(body=answer.body, status=answer.status, headers=answer.headers)
    if isinstance(answer.body, str) or answer.body is None:
        return web.Response(text=answer.body, status=answer.status, headers=answer.headers)
    return web.json_response(answer.body, status=answer.status, headers=answer.headers)
