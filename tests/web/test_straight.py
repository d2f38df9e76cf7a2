"""The short way to a handler gives the answer that Litestar gives."""

import asyncio
from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from litestar import Litestar, Response, Router, delete, get, post, put
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, HeaderParameter, JSONBody, QueryParameter, SkipValidation
from litestar.types import Scope

from lockhouse.errors import LockhouseError
from lockhouse.web.answers import Answer, exception_handler, identity_style
from lockhouse.web.straight import straight


class Taken(LockhouseError):
    """Somebody was faster."""

    retry_after = 3


class Wanted(msgspec.Struct, frozen=True):
    name: str
    size: int = 1
    loud: bool | None = None


class Told(msgspec.Struct, frozen=True):
    what: str
    by: str


Loudness = Annotated[str, HeaderParameter(name="Loudness", required=False)]
Short = Annotated[int, QueryParameter(name="short", required=False, ge=3)]


async def provide_caller(scope: Scope) -> str:
    who = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
    if not who:
        raise Taken("no caller")
    return who


async def provide_place(
    caller: NamedDependency[SkipValidation[str]], area: FromQuery[str | None] = None
) -> str:
    return f"{caller} in {area}"


Caller = NamedDependency[SkipValidation[str]]


@get("/")
async def listed(
    place: NamedDependency[SkipValidation[str]],
    caller: Caller,
    many: FromQuery[int] = 20,
    deep: FromQuery[bool] = False,
) -> Told:
    return Told(f"{many} {deep} {place}", caller)


@post("/")
async def made(data: JSONBody[Wanted], caller: Caller, loudness: Loudness = "low") -> Response[Told]:
    if data.name == "taken":
        raise Taken("this name is taken")
    told = f"{data.name} {data.size} {data.loud} {loudness}"
    return Response(Told(told, caller), status_code=201, headers={"ETag": "1-a"})


@get("/details")
async def details(caller: Caller, word: FromQuery[str]) -> Told:
    return Told(word, caller)


@get("/{key:str}")
async def one(key: FromPath[str], caller: Caller) -> Told:
    if key == "broken":
        raise ZeroDivisionError
    return Told(key, caller)


@put("/{key:str}")
async def bounded(key: FromPath[str], caller: Caller, short: Short = 5) -> Told:
    return Told(f"{key} {short}", caller)


@delete("/{key:str}")
async def gone(key: FromPath[str]) -> None:
    if key == "taken":
        raise Taken("it is held")


@post("/{key:str}/locks")
async def locked(key: FromPath[str], caller: Caller) -> Told:
    return Told(key, caller)


def application() -> Litestar:
    keys = Router(
        path="/v1/keys",
        route_handlers=[listed, made, details, one, bounded, gone, locked],
        dependencies={"caller": Provide(provide_caller), "place": Provide(provide_place)},
        exception_handlers={Exception: exception_handler({Taken: Answer(409, "T1")}, identity_style)},
    )
    return Litestar([keys], openapi_config=None, logging_config=None, debug=False)


APPLICATION = application()
SHORT = straight(APPLICATION)
HEADERS = ((b"host", b"keys.example:8080"), (b"authorization", b"ada"), (b"transaction-id", b"t-1"))
JSON = (b"content-type", b"application/json")


def sent(app: Any, method: str, path: str, query: bytes = b"", body: bytes = b"", *more: Any) -> Any:
    """Status, headers and body that a request is answered with."""
    seen: list[Any] = []
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": query, "root_path": "",
        "headers": [*HEADERS, *more], "client": ("127.0.0.1", 4), "server": ("127.0.0.1", 8080), "state": {},
    }  # fmt: skip

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        seen.append(message)

    asyncio.run(app(scope, receive, send))
    start, *rest = seen
    return start["status"], sorted(start["headers"]), b"".join(part.get("body", b"") for part in rest)


PLAIN = [
    ("GET", "/v1/keys", b"", b""),
    ("GET", "/v1/keys/", b"many=7&deep=true&area=north%20west&unknown=1", b""),
    ("GET", "/v1/keys", b"area=&deep=0", b""),
    ("GET", "/v1/keys/details", b"word=a+b%C3%A9", b""),
    ("GET", "/v1/keys/k-1", b"", b""),
    ("GET", "/v1/keys/\u00e9 %", b"", b""),
    ("GET", "/v1/keys/broken", b"", b""),
    ("DELETE", "/v1/keys/k-1", b"", b""),
    ("DELETE", "/v1/keys/taken", b"", b""),
    ("POST", "/v1/keys", b"", b'{"name": "a"}'),
    ("POST", "/v1/keys", b"", b'{"name": "\\u00e9", "size": 3, "loud": "true", "more": [1]}'),
    ("POST", "/v1/keys", b"", b'{"name": "taken"}'),
]
DOUBTFUL = [
    ("GET", "/v1/keys", b"many=x", b""),
    ("GET", "/v1/keys", b"many=1&many=2", b""),
    ("GET", "/v1/keys", b"deep=perhaps&many=y", b""),
    ("GET", "/v1//keys", b"", b""),
    ("GET", "/v1/keys/details", b"", b""),
    ("GET", "/v1/keys/a/b", b"", b""),
    ("POST", "/v1/keys/a/locks", b"", b""),
    ("POST", "/v1/keys/details", b"", b""),
    ("PUT", "/v1/keys/details", b"", b""),
    ("PUT", "/v1/keys/a", b"short=2", b""),
    ("PUT", "/v1/keys/a", b"short=4", b""),
    ("PATCH", "/v1/keys/a", b"", b""),
    ("OPTIONS", "/v1/keys", b"", b""),
    ("HEAD", "/v1/keys", b"", b""),
    ("POST", "/v1/keys", b"", b""),
    ("POST", "/v1/keys", b"", b"{"),
    ("POST", "/v1/keys", b"", b"[]"),
    ("POST", "/v1/keys", b"", b'{"size": "many"}'),
    ("POST", "/v1/keys", b"", b'{"name": "\xff"}'),
    ("POST", "/v1/keys", b"", b'{"name": "a", "size": 99999999999999999999999}'),
]


@pytest.mark.parametrize("request_line", [*PLAIN, *DOUBTFUL], ids=str)
def test_both_ways_give_the_same_answer(request_line: tuple[str, str, bytes, bytes]) -> None:
    assert sent(SHORT, *request_line, JSON) == sent(APPLICATION, *request_line, JSON)


@pytest.mark.parametrize(
    "more",
    [
        ((b"loudness", b"high \xe9"),),
        ((b"loudness", b"high"), (b"loudness", b"low")),
        ((b"authorization", b"grace"),),
        ((b"host", b"other"),),
        ((b"content-type", b"application/x-www-form-urlencoded"),),
        ((b"content-type", b"application/json; charset=utf-8"),),
    ],
    ids=str,
)
def test_both_ways_give_the_same_answer_to_odd_headers(more: Any) -> None:
    line = ("POST", "/v1/keys", b"", b'{"name": "a"}')
    short, long = sent(SHORT, *line, *more), sent(APPLICATION, *line, *more)
    assert short == long


words = st.text("abk1/%+&=; \u00e9\x00", max_size=8)
values = st.recursive(st.none() | st.booleans() | st.integers() | words, st.lists, max_leaves=3)


@settings(max_examples=60, deadline=None)
@given(words, st.lists(st.tuples(st.sampled_from(["many", "deep", "area", "x"]), words), max_size=4))
def test_whatever_path_and_query_both_ways_agree(key: str, query: list[tuple[str, str]]) -> None:
    text = "&".join(f"{name}={value}" for name, value in query).encode()
    for path in ("/v1/keys", f"/v1/keys/{key}"):
        assert sent(SHORT, "GET", path, text) == sent(APPLICATION, "GET", path, text)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(["name", "size", "loud", "x"]), values))
def test_whatever_body_both_ways_agree(body: dict[str, Any]) -> None:
    line = ("POST", "/v1/keys", b"", msgspec.json.encode(body))
    assert sent(SHORT, *line, JSON) == sent(APPLICATION, *line, JSON)


@pytest.mark.parametrize("request_line", PLAIN, ids=str)
def test_a_plain_request_needs_nothing_of_litestar(request_line: tuple[str, str, bytes, bytes]) -> None:
    bare = application()
    short = straight(bare)
    bare.asgi_handler = None  # type: ignore[assignment]  # whoever asked Litestar would fail
    assert sent(short, *request_line, JSON) == sent(APPLICATION, *request_line, JSON)
