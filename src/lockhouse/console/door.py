"""The console's door: its pages and its assets, behind one sealed cookie."""

from typing import Any
from urllib.parse import urlsplit

import aiohttp
from litestar import Router
from litestar.di import Provide
from litestar.exceptions import NotFoundException

from lockhouse.client.iam import IamClient
from lockhouse.client.transport import Transport
from lockhouse.clock import Clock
from lockhouse.console.assets import Assets, show_asset
from lockhouse.console.desk import Asked, Desk, TheDesk
from lockhouse.console.forms import MOST_BYTES, read_form
from lockhouse.console.pages import (
    account_export,
    account_form,
    account_rename,
    account_settings,
    accounts,
    apikey_create,
    apikey_manage,
    apikeys,
    audit,
    configurations,
    login,
    password,
    server_deploy,
    servers,
    serviceid_manage,
    serviceids,
    user_manage,
    users,
)
from lockhouse.console.problems import exception_handlers, remember
from lockhouse.console.rendering import Pages
from lockhouse.console.session import NotLoggedIn, Sessions
from lockhouse.sealing import Keyring
from lockhouse.settings import Settings
from lockhouse.web.address import client_address, read_networks
from lockhouse.web.door import Door

PAGES = [
    *login.ROUTES,
    *password.ROUTES,
    *users.ROUTES,
    *user_manage.ROUTES,
    *apikeys.ROUTES,
    *apikey_create.ROUTES,
    *apikey_manage.ROUTES,
    *serviceids.ROUTES,
    *serviceid_manage.ROUTES,
    *account_settings.ROUTES,
    *audit.ROUTES,
    *servers.ROUTES,
    *server_deploy.ROUTES,
    *configurations.ROUTES,
    *accounts.ROUTES,
    *account_form.ROUTES,
    *account_rename.ROUTES,
    *account_export.ROUTES,
]


def open_console(
    *,
    keyring: Keyring,
    clock: Clock,
    settings: Settings,
    session: aiohttp.ClientSession,  # noqa: TID251 - named here, made in outbound
) -> Door:
    """The console of this platform; it asks IAM over the loopback. Raises AssetsMissing."""
    assets = Assets()
    iam = IamClient(session, settings.loopback_url, proof=settings.supervision_token)
    transport = Transport(session, settings.loopback_url)
    proxies = read_networks(settings.trusted_proxies)
    sessions = Sessions(keyring=keyring, iam=iam, clock=clock)
    pages = Pages(sessions, assets, secure=settings.url.startswith("https:"))
    home = urlsplit(settings.url).netloc

    async def lobby(request: Asked) -> Desk:
        if not all(letter >= " " for letter in request.scope["path"]):
            raise NotFoundException  # no name of anything holds a control character
        visitor = await sessions.resume(request.cookies.get(pages.cookie_name, ""))
        remember(request, visitor)
        form = await read_form(request, csrf=visitor.csrf, home=home)
        address = client_address(request.scope, proxies)
        return Desk(visitor, address, form, iam=iam, transport=transport, sessions=sessions, pages=pages)

    async def desk(lobby: TheDesk) -> Desk:
        if lobby.visitor.login is None:
            raise NotLoggedIn("this page needs somebody who is logged in")
        return lobby

    router = Router(
        path="/",
        route_handlers=[show_asset, *PAGES],
        dependencies={
            "assets": Provide(lambda: assets, sync_to_thread=False),
            "desk": Provide(desk),
            "lobby": Provide(lobby),
        },
        exception_handlers=exception_handlers(pages, sessions),
        include_in_schema=False,
        request_max_body_size=MOST_BYTES,
    )
    return Door(handlers=[router], hot={"/": begin})


async def begin(_scope: Any, _receive: Any, send: Any) -> None:
    """`/`: send the browser to the first page. No Litestar route: the OpenAPI document's page claims it."""
    headers = [(b"location", login.HOME.encode()), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 303, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
