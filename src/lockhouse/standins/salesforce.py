"""A stand-in for Salesforce's REST API: OAuth, sobjects, describe, SOQL. Control under `/_…`, which the
vendor has not.

`python -m lockhouse.standins.salesforce --port 8090` serves it; `GET /_records` shows what was made. Written
from the REST API Developer Guide and the SOQL reference; it keeps everything in memory.
"""

import argparse
import asyncio
import base64
import binascii
import contextlib
import json
import re
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from lockhouse.sealing import same
from lockhouse.standins import serving
from lockhouse.standins.salesforce_objects import StoredObject
from lockhouse.standins.salesforce_records import VERSION, Organisation, Refused
from lockhouse.standins.soql import QueryRefused

USERNAME, PASSWORD = "ada@example.com", "EXAMPLE-password+token"
CLIENT_ID, CLIENT_SECRET = "EXAMPLE-client", "EXAMPLE-client-secret"
REFRESH_TOKEN = "EXAMPLE-refresh-token"  # noqa: S105 - as above
BATCH = 2_000
LONGEST_ADDRESS = 16_384
_BASE = f"/services/data/{VERSION}"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class StandIn:
    """One organisation behind HTTP. `batch` is how many records a page of a query holds."""

    def __init__(self, *, batch: int = BATCH) -> None:
        self.organisation = Organisation()
        self.batch = batch
        self.tokens: set[str] = set()
        self.cursors: dict[str, list[Any]] = {}
        self.requests: list[dict[str, str]] = []
        self.failures: list[tuple[int, dict[str, Any]]] = []

    def application(self) -> web.Application:
        """The routes of the vendor, and ours under `/_…`."""
        application = web.Application(middlewares=[self._answers], client_max_size=50 * 1024 * 1024)
        add = application.router.add_route
        add("POST", "/services/oauth2/token", self.token)
        add("GET", f"{_BASE}/", self.resources)
        add("GET", _BASE, self.resources)
        add("GET", f"{_BASE}/limits", self.limits)
        add("GET", f"{_BASE}/query", self.query)
        add("GET", f"{_BASE}/queryAll", self.query)
        add("GET", f"{_BASE}/query/{{locator}}", self.more)
        add("GET", f"{_BASE}/sobjects/{{object}}/describe", self.describe)
        add("POST", f"{_BASE}/sobjects/{{object}}", self.create)
        add("GET", f"{_BASE}/sobjects/{{object}}/{{id}}", self.show)
        add("PATCH", f"{_BASE}/sobjects/{{object}}/{{id}}", self.update)
        add("DELETE", f"{_BASE}/sobjects/{{object}}/{{id}}", self.delete)
        add("GET", f"{_BASE}/sobjects/{{object}}/{{id}}/Body", self.body)
        add("GET", "/_records", self.control_records)
        add("GET", "/_requests", self.control_requests)
        add("POST", "/_reset", self.control_reset)
        add("POST", "/_expire", self.control_expire)
        add("POST", "/_define", self.control_define)
        add("POST", "/_fail", self.control_fail)
        return application

    @web.middleware
    async def _answers(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith("/_"):
            return await handler(request)
        self.requests.append({"method": request.method, "path": request.path_qs})
        try:
            if request.path.startswith("/services/data"):
                self._authorise(request)
                self._fail_as_told(request)
            return await handler(request)
        except Refused as refused:
            return web.json_response([refused.error], status=refused.status)
        except QueryRefused as refused:
            return web.json_response([{"message": str(refused), "errorCode": refused.code}], status=400)
        except web.HTTPMethodNotAllowed as refused:
            allowed = ",".join(sorted(refused.allowed_methods))
            message = f"HTTP Method '{request.method}' not allowed. Allowed are {allowed}"
            return web.json_response([{"message": message, "errorCode": "METHOD_NOT_ALLOWED"}], status=405)
        except web.HTTPNotFound:
            message = "The requested resource does not exist"
            return web.json_response([{"message": message, "errorCode": "NOT_FOUND"}], status=404)

    def _fail_as_told(self, request: web.Request) -> None:
        if len(request.path_qs) > LONGEST_ADDRESS:
            raise Refused(414, "URI_TOO_LONG", "the address is too long")
        if self.failures:
            status, error = self.failures.pop(0)
            raise Refused(status, error["errorCode"], error["message"])

    def _authorise(self, request: web.Request) -> None:
        header = request.headers.get("Authorization", "")
        if not header.startswith("Bearer "):
            raise Refused(401, "INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE")
        if header.removeprefix("Bearer ") not in self.tokens:
            raise Refused(401, "INVALID_SESSION_ID", "Session expired or invalid")

    async def token(self, request: web.Request) -> web.Response:
        """OAuth 2.0: the password and the refresh token grant."""
        form = await request.post()
        given = {name: str(value) for name, value in form.items()}
        if not same(given.get("client_id", ""), CLIENT_ID):
            return _token_refused("invalid_client_id", "client identifier invalid")
        if not same(given.get("client_secret", ""), CLIENT_SECRET):
            return _token_refused("invalid_client", "invalid client credentials")
        if given.get("grant_type") == "password":
            wanted = {"username": USERNAME, "password": PASSWORD}
        elif given.get("grant_type") == "refresh_token":
            wanted = {"refresh_token": REFRESH_TOKEN}
        else:
            return _token_refused("unsupported_grant_type", "grant type not supported")
        if not all(same(given.get(name, ""), value) for name, value in wanted.items()):
            expired = "refresh_token" in wanted
            told = "expired access/refresh token" if expired else "authentication failure"
            return _token_refused("invalid_grant", told)
        token = f"00D000000000001!{secrets.token_urlsafe(48)}"
        self.tokens.add(token)
        url = f"{request.scheme}://{request.host}"
        answer = {
            "access_token": token,
            "instance_url": url,
            "id": f"{url}/id/00D000000000001/{self.organisation.user_id}",
        }
        return web.json_response(
            answer | {"token_type": "Bearer", "issued_at": "1763880000000", "signature": "EXAMPLE="}
        )

    async def resources(self, _request: web.Request) -> web.Response:
        """The map of resources."""
        return web.json_response(
            {name: f"{_BASE}/{name}" for name in ("limits", "query", "queryAll", "sobjects")}
        )

    async def limits(self, _request: web.Request) -> web.Response:
        """What is left of the daily calls."""
        return web.json_response(
            {"DailyApiRequests": {"Max": 15000, "Remaining": 15000 - len(self.requests)}}
        )

    async def query(self, request: web.Request) -> web.Response:
        """SOQL; long answers in batches."""
        text = request.query.get("q")
        if not text:
            raise Refused(400, "MALFORMED_QUERY", "A query string has to be specified")
        found = self.organisation.query(text, with_deleted=request.path.endswith("queryAll"))
        if isinstance(found, int):
            return web.json_response({"totalSize": found, "done": True, "records": []})
        return self._batch(found, len(found))

    async def more(self, request: web.Request) -> web.Response:
        """The next batch of a query."""
        kept = self.cursors.pop(request.match_info["locator"], None)
        if kept is None:
            raise Refused(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._batch(kept[1:], kept[0])

    def _batch(self, records: list[Any], total: int) -> web.Response:
        answer: dict[str, Any] = {"totalSize": total, "done": len(records) <= self.batch}
        if len(records) > self.batch:
            locator = f"01g{secrets.token_hex(8)}-{self.batch}"
            self.cursors[locator] = [total, *records[self.batch :]]
            answer["nextRecordsUrl"] = f"{_BASE}/query/{locator}"
        return web.json_response(answer | {"records": records[: self.batch]})

    async def describe(self, request: web.Request) -> web.Response:
        """What an object is made of."""
        return web.json_response(_described(self.organisation.object(request.match_info["object"])))

    async def create(self, request: web.Request) -> web.Response:
        """Make a record."""
        values = await _json_object(request)
        return web.json_response(self.organisation.create(request.match_info["object"], values), status=201)

    async def show(self, request: web.Request) -> web.Response:
        """One record with all its fields."""
        record = self.organisation.get(request.match_info["object"], request.match_info["id"])
        return web.json_response(record)

    async def update(self, request: web.Request) -> web.Response:
        """Change a record."""
        values = await _json_object(request)
        self.organisation.update(request.match_info["object"], request.match_info["id"], values)
        return web.Response(status=204)

    async def delete(self, request: web.Request) -> web.Response:
        """Delete a record."""
        self.organisation.delete(request.match_info["object"], request.match_info["id"])
        return web.Response(status=204)

    async def body(self, request: web.Request) -> web.Response:
        """The bytes of a file."""
        record = self.organisation.get(request.match_info["object"], request.match_info["id"])
        if "Body" not in record:
            raise Refused(404, "NOT_FOUND", "The requested resource does not exist")
        try:
            content = base64.b64decode(record["Body"] or "")
        except binascii.Error:
            content = b""
        return web.Response(body=content, content_type="application/octet-stream")

    async def control_records(self, request: web.Request) -> web.Response:
        """Ours: every record that was made, or those of `?object=`."""
        made = [record for record in self.organisation.records.values() if record["Id"] not in self._seeds()]
        wanted = request.query.get("object")
        return web.json_response(
            [record for record in made if wanted in (None, record["attributes"]["type"])]
        )

    def _seeds(self) -> set[str]:
        return {self.organisation.user_id, self.organisation.standard_book}

    async def control_requests(self, _request: web.Request) -> web.Response:
        """Ours: the requests that came, in order."""
        return web.json_response(self.requests)

    async def control_reset(self, _request: web.Request) -> web.Response:
        """Ours: forget everything."""
        self.organisation = Organisation()
        self.requests.clear()
        self.failures.clear()
        return web.Response(status=204)

    async def control_expire(self, _request: web.Request) -> web.Response:
        """Ours: end every session."""
        self.tokens.clear()
        return web.Response(status=204)

    async def control_define(self, request: web.Request) -> web.Response:
        """Ours: `{"object": "Lead", "fields": "Source__c:string(40)"}` adds custom fields or objects."""
        wanted = await request.json()
        self.organisation.define(wanted["object"], wanted["fields"])
        return web.Response(status=204)

    async def control_fail(self, request: web.Request) -> web.Response:
        """Ours: `{"status": 503, "errorCode": …, "message": …}` is what the next call is answered."""
        wanted = await request.json()
        error = {
            "errorCode": wanted.get("errorCode", "UNKNOWN_EXCEPTION"),
            "message": wanted.get("message", "told to fail"),
        }
        self.failures.append((int(wanted["status"]), error))
        return web.Response(status=204)


async def _json_object(request: web.Request) -> dict[str, Any]:
    if not re.match(r"application/json\b", request.headers.get("Content-Type", "")):
        raise Refused(
            415, "UNSUPPORTED_MEDIA_TYPE", "The requested resource does not support this media type"
        )
    try:
        values = json.loads(await request.read())
    except ValueError as error:
        raise Refused(400, "JSON_PARSER_ERROR", f"Unexpected character: {error}") from None
    if not isinstance(values, dict):
        raise Refused(400, "JSON_PARSER_ERROR", "Cannot deserialize instance of record from START_ARRAY")
    return values


def _described(target: StoredObject) -> dict[str, Any]:
    fields = [
        {
            "name": field.name,
            "type": field.type,
            "length": field.length,
            "nillable": not field.required,
            "createable": field.createable,
            "updateable": field.updateable,
            "filterable": field.type not in ("address", "base64"),
            "sortable": field.type not in ("address", "base64", "textarea"),
            "custom": field.name.endswith("__c"),
        }
        for field in target.fields.values()
    ]
    return {
        "name": target.name,
        "label": target.name,
        "createable": True,
        "queryable": True,
        "fields": fields,
    }


def _token_refused(error: str, description: str) -> web.Response:
    return web.json_response({"error": error, "error_description": description}, status=400)


async def serve(stand_in: StandIn, port: int) -> None:
    """Serve a stand-in on loopback until this is cancelled; says where once it is ready."""
    await serving.serve(stand_in.application(), port, ready=_tell)


def _tell(url: str) -> None:
    print(f"Salesforce stand-in on {url}", flush=True)  # noqa: T201 - a command's output


def main() -> None:
    """Serve the stand-in on loopback until the process is ended."""
    parser = argparse.ArgumentParser(description="A stand-in for Salesforce's API, on this machine only.")
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--batch", type=int, default=BATCH, help="records in a page of a query")
    arguments = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(StandIn(batch=arguments.batch), arguments.port))


if __name__ == "__main__":
    main()
