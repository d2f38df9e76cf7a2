"""Applications on this machine for walks: doubles, and small stand-ins where a double cannot be, in one
thread."""

import asyncio
import contextlib
import json
import re
import threading
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from aiohttp import web
from tests.connectors.conftest import serving
from tests.flow_documents import vendor_credentials
from tests.walks.house import get

from lockhouse.connectors.catalogue import load_catalogue
from lockhouse.connectors.model import STAND_IN_URL, Connector
from lockhouse.standins.double import Double
from lockhouse.standins.salesforce import StandIn

START_SECONDS = 30.0


@dataclass
class Worksheets:
    """Google Sheets as far as rows are appended: cells by spreadsheet and worksheet."""

    rows: dict[str, list[list[Any]]] = field(default_factory=dict)

    def application(self) -> web.Application:
        """The vendor's address, and ours."""
        application = web.Application()
        application.router.add_get("/_records", self.show)
        application.router.add_post("/_reset", self.reset)
        application.router.add_route("*", "/{path:.*}", self.append)
        return application

    async def append(self, request: web.Request) -> web.Response:
        """`POST /v4/spreadsheets/<id>/values/<worksheet>!A1:append`."""
        at = re.search(r"/v4/spreadsheets/([^/]+)/values/'?([^/!']+)'?(?:!\w+)?:append$", request.path)
        if at is None or request.method != "POST":
            return web.json_response({"error": {"code": 404, "message": request.path}}, status=404)
        rows = self.rows.setdefault(f"{at[1]}/{at[2]}", [])
        rows += (await request.json())["values"]
        updates = {"updatedRange": f"{at[2]}!A{len(rows)}:G{len(rows)}"}
        return web.json_response({"spreadsheetId": at[1], "updates": updates})

    async def show(self, _request: web.Request) -> web.Response:
        """The rows by place."""
        return web.json_response(self.rows)

    async def reset(self, _request: web.Request) -> web.Response:
        """Forget them."""
        self.rows.clear()
        return web.Response(status=204)


@dataclass
class Pages:
    """Any web server: what it answers by path, and what it was asked."""

    answers: Mapping[str, Any]
    asked: list[str] = field(default_factory=list)

    def application(self) -> web.Application:
        """Everything at every path."""
        application = web.Application()
        application.router.add_get("/_records", self.show)
        application.router.add_post("/_reset", self.reset)
        application.router.add_route("*", "/{path:.*}", self.answer)
        return application

    async def answer(self, request: web.Request) -> web.Response:
        """The answer for the path."""
        self.asked.append(request.path_qs)
        if request.path not in self.answers:
            return web.json_response({"error": "not found"}, status=404)
        return web.json_response(self.answers[request.path])

    async def show(self, _request: web.Request) -> web.Response:
        """What it was asked."""
        return web.json_response(self.asked)

    async def reset(self, _request: web.Request) -> web.Response:
        """Forget it."""
        self.asked.clear()
        return web.Response(status=204)


@dataclass(frozen=True)
class Applications:
    """The addresses of the applications, by connector."""

    urls: Mapping[str, str]

    def records(self, connector: str, kind: str = "") -> Any:
        """What an application holds; of one business object if it is named."""
        held = get(f"{self.urls[connector]}/_records{f'?object={kind}' if kind else ''}").json
        return held.get(kind, []) if kind and isinstance(held, dict) else held

    def put(self, connector: str, kind: str, *records: Mapping[str, Any]) -> list[Any]:
        """Give a double records."""
        return list(self._post(connector, "/_records", {"object": kind, "records": records}))

    def requests(self, connector: str) -> list[dict[str, Any]]:
        """What a double was asked, in order."""
        return list(get(f"{self.urls[connector]}/_requests").json)

    def salesforce(self, kind: str, **values: Any) -> str:
        """Make a record at Salesforce's stand-in and return its id."""
        return str(self._at_salesforce(f"sobjects/{kind}", json.dumps(values).encode())["id"])

    def selected(self, query: str) -> list[dict[str, Any]]:
        """What Salesforce's stand-in finds."""
        return list(self._at_salesforce(f"query?q={quote(query)}")["records"])

    def _at_salesforce(self, path: str, body: bytes | None = None) -> Any:
        url, given = self.urls["salesforce"], vendor_credentials()
        form = {
            "grant_type": "password",
            "client_id": given["clientIdentity"],
            "client_secret": given["clientSecret"],
            "username": given["username"],
            "password": given["password"],
        }
        asked = urllib.request.Request(f"{url}/services/oauth2/token", urlencode(form).encode())
        headers = {
            "Authorization": f"Bearer {_answer(asked)['access_token']}",
            "Content-Type": "application/json",
        }
        return _answer(urllib.request.Request(f"{url}/services/data/v60.0/{path}", body, headers))

    def reset(self) -> None:
        """Let all of them forget everything."""
        for connector in self.urls:
            self._post(connector, "/_reset", {})

    def accounts(self) -> dict[str, Any]:
        """The content of an accounts.yaml with an account for each of them."""
        catalogue = load_catalogue()
        entries = {name: [_entry(catalogue.get(name), url)] for name, url in self.urls.items()}
        return {"accounts": entries}

    def _post(self, connector: str, path: str, body: Any) -> Any:
        headers = {"Content-Type": "application/json"}
        data = json.dumps(body).encode()
        return _answer(urllib.request.Request(self.urls[connector] + path, data, headers))


@contextlib.contextmanager
def applications(*doubles: str, pages: Mapping[str, Any]) -> Iterator[Applications]:
    """Doubles of these connectors, with Salesforce, Google Sheets and a web server (`http`) beside them."""
    catalogue = load_catalogue()
    apps = {name: Double(catalogue.get(name)).application() for name in doubles}
    apps |= {"salesforce": StandIn().application(), "googlesheet": Worksheets().application()}
    apps["http"] = Pages(pages).application()
    urls: dict[str, str] = {}
    serves, loop, ended = threading.Event(), asyncio.new_event_loop(), asyncio.Event()

    async def serve() -> None:
        async with contextlib.AsyncExitStack() as stack:
            for name, application in apps.items():
                urls[name] = await stack.enter_async_context(serving(application))
            serves.set()
            await ended.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    assert serves.wait(START_SECONDS), "the applications do not start"
    try:
        yield Applications(urls)
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(START_SECONDS)
        loop.close()


def _entry(connector: Connector, url: str) -> dict[str, Any]:
    """An account of the connector's first kind, at a stand-in."""
    scheme = next(iter(connector.auth.values()))
    if connector.name == "salesforce":
        fields, endpoint = vendor_credentials(), {"loginUrl": url}
    else:
        fields = {one.name: f"EXAMPLE-{one.name}" for one in scheme.fields.values() if not one.endpoint}
        needed = [one for one in scheme.fields.values() if one.endpoint and connector.name != "http"]
        endpoint = {one.name: one.default or "https://vendor.example.com" for one in needed}
        endpoint |= {STAND_IN_URL: url}
    return {"name": "Account 1", "authType": scheme.auth_type, "credentials": fields, "endpoint": endpoint}


def _answer(request: urllib.request.Request) -> Any:
    with urllib.request.urlopen(request, timeout=20) as answer:
        content = answer.read()
    return json.loads(content) if content else None
