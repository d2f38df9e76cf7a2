"""A double of an application, made from its connector's manifest: it keeps records and answers in the
vendor's shape.

It refuses what the vendor would: no or an ended token, an unknown path, a wrong method, missing, unknown or
wrongly typed fields, a query that does not parse. `GET /_records`, `POST /_records`, `/_requests`, `/_reset`,
`/_expire` and `/_fail` are ours. An account reaches it with `standInUrl` at its endpoint.
"""

import secrets
from collections.abc import Mapping
from typing import Any

import msgspec
from aiohttp import web
from yarl import URL

from lockhouse.connectors.model import BusinessObject, Connector, Refusal
from lockhouse.standins.parts import parts_of
from lockhouse.standins.records import Collection, Query, Record, WrongRecord
from lockhouse.standins.routes import Mismatch, Route, reverse, routes_of
from lockhouse.standins.sheets import Worksheets, play_of
from lockhouse.standins.told import Failure, Records, read_told

_PLAIN: Mapping[str, Refusal] = {
    "token-refused": Refusal(401, {"error": "unauthorized"}),
    "auth-failed": Refusal(403, {"error": "forbidden"}),
    "not-found": Refusal(404, {"error": "not found"}),
    "rejected": Refusal(400, {"error": "bad request"}),
    "rate-limited": Refusal(429, {"error": "too many requests"}, {"Retry-After": "1"}),
    "unavailable": Refusal(503, {"error": "unavailable"}),
}
TOKEN_SECONDS = 3600

Found = tuple[Route, dict[str, Any]]
"""A route, and what the holes of its address and query stand for in a request."""


class Refused(Exception):
    """The double refuses, in the vendor's form for this word."""

    def __init__(self, word: str, reason: str = "") -> None:
        super().__init__(reason)
        self.word = word


class Double:
    """One application behind HTTP, for one connector."""

    def __init__(self, connector: Connector) -> None:
        self.connector = connector
        self.routes = routes_of(connector)
        self.collections: dict[str, Collection] = {}
        self.worksheets = Worksheets()
        self.requests: list[dict[str, Any]] = []
        self.refused_credentials: set[str] = set()
        self.seen_credentials: set[str] = set()
        self.spent_refresh_tokens: set[str] = set()
        self.failures: list[str] = []
        self.tokens_given = 0

    def application(self) -> web.Application:
        """The double as a web application."""
        application = web.Application(client_max_size=60 * 1024 * 1024)
        add = application.router.add_route
        add("GET", "/_records", self.show_records)
        add("POST", "/_records", self.add_records)
        add("GET", "/_requests", self.show_requests)
        add("POST", "/_reset", self.reset)
        add("POST", "/_expire", self.expire)
        add("POST", "/_fail", self.fail)
        add("*", "/{path:.*}", self.answer)
        return application

    def collection(self, name: str) -> Collection:
        """The records of a business object."""
        known = self.connector.objects.get(name) or self.connector.objects.get("*")
        if name not in self.collections:
            shape = known or BusinessObject(name, name, "id", {}, {})
            samples = self.connector.double.samples.get(name, {})
            self.collections[name] = Collection(
                shape, samples, open_shape=self.connector.double.ignores_unknown
            )
        return self.collections[name]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """What the vendor would answer."""
        content = await request.read()
        path = self._vendor_path(request)
        self.requests.append(_noted(request, path, content))
        try:
            play = play_of(self.connector.name, path)
            fitting = self._fitting(request, path) if play is None else []
            if fitting and fitting[0][0].verb == "token":
                return self._token(request, content)
            self._authorise(request)
            self._fail_as_told()
            if play is not None:
                return play(self.worksheets, request, content)
            return self._dispatch(fitting, request, content)
        except Refused as refused:
            return self._refusal(refused)
        except (Mismatch, WrongRecord) as mismatch:
            return self._refusal(Refused("rejected", str(mismatch)))

    def _fail_as_told(self) -> None:
        if self.failures:
            raise Refused(self.failures.pop(0), "told to fail")

    def _vendor_path(self, request: web.Request) -> str:
        # A stand-in address carries the vendor's host as its first segment.
        first, _, rest = request.rel_url.raw_path.lstrip("/").partition("/")
        return f"/{rest}" if "." in first and not first.endswith(".json") else request.rel_url.raw_path

    def _fitting(self, request: web.Request, path: str) -> list[Found]:
        """The routes that a request can be meant for: several when the vendor has one address for many
        things.
        """
        matching = [(route, places) for route in self.routes if (places := route.places(path)) is not None]
        fitting = [(route, places) for route, places in matching if route.method == request.method]
        if not fitting:
            raise Refused("rejected" if matching else "not-found", f"no {request.method} {path}")
        read: list[Found] = []
        reasons: list[str] = []
        for route, places in fitting:
            found: dict[str, Any] = {f"where.{name}": value for name, value in places.items()}
            declared = route.request.source.get("query")
            try:
                if isinstance(declared, dict):
                    reverse(declared, {**request.query}, found, strict=False)
            except Mismatch as mismatch:
                reasons.append(str(mismatch))
            else:
                read.append((route, found))
        if not read:
            raise Refused("rejected", "; ".join(reasons))
        return read

    def _authorise(self, request: web.Request) -> None:
        for scheme in self.connector.auth.values():
            wanted = ["Authorization"] if scheme.bearer or scheme.basic else []
            wanted += _names(scheme.source.get("headers"))
            given = [request.headers.get(name, "") for name in wanted]
            given += [request.query.get(name, "") for name in _names(scheme.source.get("query"))]
            if all(given) and not any(text in self.refused_credentials for text in given):
                self.seen_credentials.update(given)
                return
        raise Refused("token-refused" if "token-refused" in self.connector.double.refusals else "auth-failed")

    def _token(self, request: web.Request, content: bytes) -> web.StreamResponse:
        form = dict(URL(f"?{content.decode()}", encoded=True).query)
        used = form.get("refresh_token", "")
        if not form.get("grant_type") or (used and used in self.spent_refresh_tokens):
            refusal = {"error": "invalid_grant", "error_description": "expired or revoked"}
            return web.json_response(refusal, status=400)
        self.tokens_given += 1
        token = f"EXAMPLE-{secrets.token_hex(8)}"
        url = f"{request.scheme}://{request.host}"
        answer: dict[str, Any] = {"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_SECONDS}
        scheme = next((one.token for one in self.connector.auth.values() if one.token), None)
        if used and scheme is not None and "refresh_token" in scheme.keep:
            self.spent_refresh_tokens.add(used)
            answer["refresh_token"] = f"EXAMPLE-{secrets.token_hex(8)}"
        return web.json_response(answer | {"instance_url": url})

    def _dispatch(self, fitting: list[Found], request: web.Request, content: bytes) -> web.StreamResponse:
        if fitting[0][0].verb == "check":
            return self._good(fitting[0][0], {"id": "1", "name": "double"})
        meant, file = self._meant(fitting, request, content)
        route, found = meant[0]
        if route.verb == "list":
            return self._list(meant, request)
        collection = self.collection(found.get("where.object", route.object_name))
        query = Query.of(route, found, request)
        if route.verb == "create":
            return self._good(route, collection.add(query, found, file), created=True)
        for other, places in meant[1:]:
            if collection.find(query) is None and other.verb == route.verb:
                collection, query = self.collection(other.object_name), Query.of(other, places, request)
        return self._one(route, collection, collection.find(query), found)

    def _meant(
        self, fitting: list[Found], request: web.Request, content: bytes
    ) -> tuple[list[Found], bytes | None]:
        """The routes whose body is like the request's, and the file in it: some vendors have one address for
        many things, and the body says which.
        """
        meant: list[Found] = []
        files: list[bytes | None] = []
        reasons: list[Mismatch] = []
        for route, found in fitting:
            try:
                files.append(self._read_body(route, request, content, found))
                meant.append((route, found))
            except Mismatch as mismatch:
                reasons.append(mismatch)
        if not meant:
            raise reasons[0]
        return meant, files[0]

    def _one(
        self, route: Route, collection: Collection, record: Record | None, found: dict[str, Any]
    ) -> web.StreamResponse:
        if record is None:
            raise Refused("not-found")
        if route.verb == "delete":
            collection.remove(record)
            return self._good(route, None)
        if route.verb == "update":
            record = collection.change(record, found)
        if route.request.answer == "file":
            return web.Response(body=collection.contents.get(id(record), b""))
        return self._good(route, record)

    def _read_body(
        self, route: Route, request: web.Request, content: bytes, found: dict[str, Any]
    ) -> bytes | None:
        source = route.request.source
        strict = not self.connector.double.ignores_unknown
        if "body" in source:
            try:
                value = msgspec.json.decode(content)
            except msgspec.DecodeError:
                raise Mismatch("the body is no JSON") from None
            reverse(source["body"], value, found, strict=strict)
        elif "form" in source:
            pairs = URL(f"?{content.decode()}", encoded=True).query
            reverse(source["form"], dict(pairs), found, strict=strict)
        elif "multipart" in source:
            return self._read_parts(source["multipart"], request, content, found)
        elif "raw" in source:
            return content
        elif content:
            raise Mismatch("no body is expected")
        return None

    def _read_parts(
        self, declared: list[dict[str, Any]], request: web.Request, content: bytes, found: dict[str, Any]
    ) -> bytes | None:
        file: bytes | None = None
        parts = parts_of(request.content_type, request.headers.get("Content-Type", ""), content)
        if len(parts) != len(declared):
            raise Mismatch(f"expected {len(declared)} parts")
        for wanted, (name, data) in zip(declared, parts, strict=True):
            if name != wanted.get("name", ""):
                raise Mismatch(f"the part {name!r} is not expected here")
            if "json" in wanted:
                reverse(wanted["json"], msgspec.json.decode(data), found, strict=True)
            else:
                file = data
        return file

    def _list(self, fitting: list[Found], request: web.Request) -> web.StreamResponse:
        meant, query = _readable(fitting, request)
        route, records = meant[0][0], list[Record]()
        for name in dict.fromkeys(found.get("where.object", one.object_name) for one, found in meant):
            records += self.collection(name).select(query)
        shown = records[query.start : query.start + query.size]
        end = query.start + len(shown)
        body: Any = _placed(route, "items", shown)
        headers: dict[str, str] = {}
        following = route.request.source.get("next") or {}
        is_more = end < len(records)
        told = {"cursor": f"c{end}" if is_more else None, "total": len(records), "more": is_more}
        address = str(request.url.update_query({"__at": str(end)})) if is_more else None
        for name, value in (told | {"url": address}).items():
            if name in following and value is not None:
                _put(body, following[name], value)
        if "link" in following and address:
            headers["Link"] = f'<{address}>; rel="next"'
        return self._answered(body, headers)

    def _good(self, route: Route, record: Any, *, created: bool = False) -> web.StreamResponse:
        usual = 201 if created else 204 if record is None else 200
        status = route.request.success or usual
        if status == 204:
            return web.Response(status=204)
        body = _placed(route, "item" if "item" in route.request.source else "items", record or {})
        return self._answered(body, {}, status)

    def _answered(self, body: Any, headers: Mapping[str, str], status: int = 200) -> web.StreamResponse:
        if isinstance(body, dict):
            body = {**self.connector.double.answers, **body}
        return web.json_response(body, status=status, headers=headers)

    def _refusal(self, refused: Refused) -> web.StreamResponse:
        known = self.connector.double.refusals
        refusal = known.get(refused.word) or _PLAIN[refused.word]
        if refused.word == "token-refused" and refused.word not in known:
            refusal = known.get("auth-failed", refusal)
        self.requests[-1]["refused"] = str(refused) or refused.word
        if isinstance(refusal.body, str):
            return web.Response(text=refusal.body, status=refusal.status, headers=refusal.headers)
        if refusal.body is None:
            return web.Response(status=refusal.status, headers=refusal.headers)
        return web.json_response(refusal.body, status=refusal.status, headers=refusal.headers)

    async def show_records(self, request: web.Request) -> web.Response:
        """Ours: every record by business object, or those of `?object=`; rows of cells by their worksheet."""
        wanted = request.query.get("object")
        shown: dict[str, Any] = {} if wanted else self.worksheets.shown()
        shown |= {name: kept.records for name, kept in self.collections.items() if wanted in (None, name)}
        return web.json_response(shown)

    async def add_records(self, request: web.Request) -> web.Response:
        """Ours: `{"object": …, "records": [...], "places": {…}}` puts records there as the vendor would keep
        them.
        """
        given = read_told(await request.read(), Records)
        kept = self.collection(given.object)
        made = [kept.put(record, given.places) for record in given.records]
        return web.json_response(made)

    async def show_requests(self, _request: web.Request) -> web.Response:
        """Ours: the requests that came, in order, and why those were refused that were."""
        return web.json_response(self.requests)

    async def reset(self, _request: web.Request) -> web.Response:
        """Ours: forget everything."""
        self.__init__(self.connector)  # type: ignore[misc]  # a new double at the same address
        return web.Response(status=204)

    async def expire(self, _request: web.Request) -> web.Response:
        """Ours: the credentials that were used until now are refused from now on."""
        self.refused_credentials |= self.seen_credentials
        return web.Response(status=204)

    async def fail(self, request: web.Request) -> web.Response:
        """Ours: `{"word": "unavailable", "times": 2}` is what the next calls are answered."""
        given = read_told(await request.read(), Failure)
        self.failures += [given.word] * given.times
        return web.Response(status=204)


def _readable(fitting: list[Found], request: web.Request) -> tuple[list[Found], Query]:
    """The lists whose query language a request speaks, and what the first of them asks for."""
    queries: list[tuple[Found, Query]] = []
    reasons: list[Mismatch] = []
    for route, found in fitting:
        try:
            queries.append(((route, found), Query.of(route, found, request)))
        except Mismatch as mismatch:
            reasons.append(mismatch)
    if not queries:
        raise reasons[0]
    return [found for found, _ in queries], queries[0][1]


def _names(declared: Any) -> list[str]:
    return list(declared) if isinstance(declared, dict) else []


def _noted(request: web.Request, path: str, content: bytes) -> dict[str, Any]:
    return {
        "method": request.method,
        "host": request.rel_url.raw_path.lstrip("/").partition("/")[0],
        "path": path,
        "query": [list(pair) for pair in request.query.items()],
        "content_type": request.headers.get("Content-Type", ""),
        "body": content.decode("utf-8", "replace"),
    }


def _placed(route: Route, key: str, value: Any) -> Any:
    """A value at the place where the vendor puts it in an answer."""
    place = route.request.source.get(key) or route.request.source.get("items" if key == "item" else "item")
    if not place:
        return value
    body: dict[str, Any] = {}
    _put(body, str(place), value)
    return body


def _put(body: Any, place: str, value: Any) -> None:
    if not isinstance(body, dict):
        return
    parts = place.split("`") if "`" in place else [place]
    steps = [
        step for at, part in enumerate(parts) for step in ([part] if at % 2 else part.split(".")) if step
    ]
    for at, step in enumerate(steps):
        name, _, index = step.partition("[")
        last = at == len(steps) - 1
        if index:
            body[name] = [value if last else {}]
            body = body[name][0]
        elif last:
            body[name] = value
        else:
            body = body.setdefault(name, {})
