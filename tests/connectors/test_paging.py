"""Lists: every way in which vendors page, what is compared here, and vendors that never end."""

from typing import Any
from urllib.parse import quote

import pytest
from aiohttp import web
from tests.connectors.conftest import at_double, serving

from lockhouse.clock import utc_now
from lockhouse.connectors.accounts import check_credentials
from lockhouse.connectors.errors import NotFound, Rejected, Unavailable
from lockhouse.connectors.execute import execute
from lockhouse.connectors.manifest import read_manifest
from lockhouse.connectors.model import Connector
from lockhouse.connectors.outlet import Outlet
from lockhouse.outbound import Reach
from lockhouse.wire.actions import ActionCall, ActionResult

HEAD = """\
connector: shop
auth: {NONE: {endpoint: {url: {default: "https://shop.example"}}}}
base-url: "{{$account.url}}"
languages:
  search:
    operators:
      {"=": "{field}:{value}", gt: "{field}>{value}", gte: "{field}>={value}", contains: "{field}~{value}"}
    and: " "
    quote: '"'
    escape: {'\\': '\\\\', '"': '\\"'}
    fields: {made: created}
  odata:
    operators:
      "=": "{field} eq {value}"
      gt: "{field} gt {value}"
      gte: "{field} ge {value}"
      contains: "contains({field},{value})"
    and: " and "
    quote: "'"
    escape: {"'": "''"}
    fields: {made: created}
    bare: '[0-9]+'
objects:
  thing:
    key: id
    fields: {id: string read-only, name: string, size: integer, made: {type: string, as: created}}
    actions:
      RETRIEVEALL:
        get: /things
"""
STYLES = {
    "cursor": """
        query: {n: "{{$size}}", at: "{{$cursor}}"}
        items: page.things
        next: {cursor: page.next}
        most: 5
""",
    "address": """
        query: {n: "{{$size}}"}
        items: value
        next: {url: "`@odata.nextLink`"}
        most: 5
""",
    "link": """
        query: {n: "{{$size}}"}
        next: {link: true}
        most: 5
""",
    "offset": """
        query: {n: "{{$size}}", skip: "{{$offset}}"}
        items: things
        next: {offset: true}
        most: 5
""",
    "offset with a total": """
        query: {n: "{{$size}}", skip: "{{$offset}}"}
        items: things
        next: {offset: true, total: meta.total}
        most: 5
""",
    "page": """
        query: {n: "{{$size}}", page: "{{$page}}"}
        items: things
        next: {page: true}
        most: 5
""",
    "page with more": """
        query: {n: "{{$size}}", page: "{{$page}}"}
        items: things
        next: {page: true, more: has_more}
        most: 5
""",
    "page and a query language": """
        query: {n: "{{$size}}", page: "{{$page}}", q: "{{$filter}}"}
        filter: search
        always: kind:thing
        items: things
        next: {page: true}
        most: 5
""",
    "page and a query language that drops": """
        query: {n: "{{$size}}", page: "{{$page}}", q: "{{$filter}}"}
        filter: search
        recheck: names
        items: things
        next: {page: true}
        most: 5
""",
    "page and a query language with bare values": """
        query: {n: "{{$size}}", page: "{{$page}}", q: "{{$filter}}"}
        filter: odata
        items: things
        next: {page: true}
        most: 5
""",
    "page and a parameter": """
        query: {n: "{{$size}}", page: "{{$page}}"}
        where: {name: called, size: {gt: above}}
        items: things
        next: {page: true}
        most: 5
""",
}


def shop(style: str) -> Connector:
    return read_manifest(HEAD + STYLES[style], file="connector.yaml")


@pytest.mark.parametrize("count", [0, 1, 4, 5, 6, 10, 11])
@pytest.mark.parametrize("style", STYLES)
async def test_a_list_is_read_to_its_end_whatever_its_length(style: str, count: int) -> None:
    async with at_double(shop(style)) as desk:
        for number in range(count):
            desk.stand_in.collection("thing").put({"name": f"n{number}", "size": number}, {})
        everything = await desk.call("thing", "RETRIEVEALL")
        assert [item["size"] for item in everything.payload] == list(range(count))
        for limit in (1, 5, 7, 100):
            part = await desk.call("thing", "RETRIEVEALL", limit=limit)
            assert len(part.payload) == min(limit, count)
            assert part.status_code == (206 if count > limit else 200 if count else 204)


FILTERS: list[tuple[dict[str, Any], list[int]]] = [
    ({"name": "n7"}, [7]),
    ({"size": {"gt": "8"}}, [9, 10, 11]),
    ({"and": [{"size": {"gte": 3}}, {"size": {"lt": 6}}]}, [3, 4, 5]),
    ({"or": [{"name": "n1"}, {"size": 11}]}, [1, 11]),
    ({"name": {"contains": "1"}}, [1, 10, 11]),
    ({"name": {"neq": "n0"}}, list(range(1, 12))),
    ({"made": "day 2"}, [2]),
    ({"name": ["n1", "n2"]}, [1, 2]),
    ({"unknown": "x"}, []),
]


@pytest.mark.parametrize(("where", "sizes"), FILTERS)
@pytest.mark.parametrize("style", STYLES)
async def test_a_filter_finds_the_same_wherever_it_is_compared(
    style: str, where: dict[str, Any], sizes: list[int]
) -> None:
    async with at_double(shop(style)) as desk:
        for number in range(12):
            record = {"name": f"n{number}", "size": number, "created": f"day {number}"}
            desk.stand_in.collection("thing").put(record, {})
        if "made" in where and "language" not in style:
            pytest.skip("the item has it under the vendor's name only")
        result = await desk.call("thing", "RETRIEVEALL", where=where, limit=20)
        assert [item["size"] for item in result.payload] == sizes
        if sizes:
            part = await desk.call("thing", "RETRIEVEALL", where=where, limit=len(sizes))
            assert (len(part.payload), part.status_code) == (len(sizes), 200)


async def test_a_query_language_is_quoted_and_joined() -> None:
    async with at_double(shop("page and a query language")) as desk:
        where = {
            "and": [{"name": 'a"b\\c'}, {"made": {"gt": "2026"}}, {"or": [{"name": "x"}, {"name": "y"}]}]
        }
        await desk.call("thing", "RETRIEVEALL", where=where)
        query = dict(desk.stand_in.requests[0]["query"])
        assert query["q"] == 'name:"a\\"b\\\\c" created>"2026" kind:thing'
        await desk.call("thing", "RETRIEVEALL")
        assert dict(desk.stand_in.requests[-1]["query"])["q"] == "kind:thing"


@pytest.mark.parametrize(
    ("where", "query"),
    [
        ({"size": "7"}, "size eq 7"),
        ({"size": {"gt": "7 or 1 eq 1"}}, "size gt '7 or 1 eq 1'"),
        ({"name": "7"}, "name eq '7'"),
        ({"custom": 7}, "custom eq 7"),
        ({"custom": "7'"}, "custom eq '7'''"),
        ({"custom": {"contains": 7}}, "contains(custom,'7')"),
    ],
)
async def test_numbers_stand_bare_where_the_field_is_no_text(where: dict[str, Any], query: str) -> None:
    async with at_double(shop("page and a query language with bare values")) as desk:
        await desk.call("thing", "RETRIEVEALL", where=where)
        assert dict(desk.stand_in.requests[0]["query"])["q"] == query


async def asked(
    style: str, answer: Any, *, headers: dict[str, str] | None = None, **parts: Any
) -> tuple[ActionResult, int]:
    """The result of a list at a vendor that always answers the same, and how often it was asked."""
    calls = 0

    async def always(_request: web.Request) -> web.Response:
        nonlocal calls
        calls += 1
        return web.json_response(answer, headers=headers)

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", always)
    connector = shop(style)
    async with serving(application) as url, Outlet(Reach.LOCAL) as outlet:
        account = check_credentials(connector, name="a", auth_type="", credentials={}, endpoint={"url": url})
        call = ActionCall(connector="shop", business_object="thing", action="RETRIEVEALL", **parts)
        result = await execute(connector, call, account, outlet, now=utc_now())
    return result, calls


async def test_a_next_page_on_another_host_is_not_asked_for() -> None:
    answer = {"value": [{"id": 1}], "@odata.nextLink": "http://127.0.0.2:1/things?page=2"}
    with pytest.raises(Rejected, match="another host"):
        await asked("address", answer)
    with pytest.raises(Rejected, match="another host"):
        await asked("link", [{"id": 1}], headers={"Link": '<//127.0.0.2:1/x>; rel="next"'})


async def test_a_cursor_that_does_not_move_ends_the_list() -> None:
    result, calls = await asked("cursor", {"page": {"things": [{"id": 1}], "next": "same"}})
    assert (len(result.payload), calls) == (2, 2)


async def test_a_list_that_never_ends_is_left_when_enough_was_found() -> None:
    result, calls = await asked("page", {"things": [{"id": n} for n in range(5)]}, limit=12)
    assert (len(result.payload), result.status_code, calls) == (12, 206, 3)


async def test_a_list_that_never_ends_and_never_fits_is_left_some_time() -> None:
    answer = {"things": [{"name": "other"}] * 5}
    result, calls = await asked("page", answer, where={"size": 1}, limit=1)
    assert (result.status_code, calls) == (204, 1000)


@pytest.mark.parametrize("answer", [None, {}, [], {"page": None}, {"page": {"things": None}}, "text", 5])
async def test_an_answer_without_items_is_an_empty_list(answer: Any) -> None:
    result, _ = await asked("cursor", answer)
    assert result.status_code == 204


async def test_a_page_instead_of_data_is_no_answer() -> None:
    async def page(_request: web.Request) -> web.Response:
        return web.Response(text="<html>hibernating</html>", content_type="text/html")

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", page)
    connector = shop("cursor")
    async with serving(application) as url, Outlet(Reach.LOCAL) as outlet:
        account = check_credentials(connector, name="a", auth_type="", credentials={}, endpoint={"url": url})
        call = ActionCall(connector="shop", business_object="thing", action="RETRIEVEALL")
        with pytest.raises(Unavailable):
            await execute(connector, call, account, outlet, now=utc_now())


async def test_a_list_that_is_not_there_is_an_error_but_a_record_is_nothing() -> None:
    manifest = HEAD.replace(
        "        get: /things\n", '        - {when: [id], get: "/things/{id}"}\n        - get: /things\n'
    )
    async with at_double(read_manifest(manifest, file="connector.yaml")) as desk:
        desk.stand_in.failures = ["not-found", "not-found"]
        assert (await desk.call("thing", "RETRIEVEALL", where={"id": "7"})).status_code == 204
        with pytest.raises(NotFound):
            await desk.call("thing", "RETRIEVEALL")


@pytest.mark.parametrize("value", [".", "..", "a/../b"])
async def test_a_value_cannot_lead_to_another_address(value: str) -> None:
    manifest = HEAD.replace("        get: /things\n", '        {when: [id], get: "/things/{id}/parts"}\n')
    async with at_double(read_manifest(manifest, file="connector.yaml")) as desk:
        try:
            await desk.call("thing", "RETRIEVEALL", where={"id": value})
        except Rejected:
            assert desk.stand_in.requests == []
        else:
            assert desk.stand_in.requests[0]["path"] == "/things/a%2F..%2Fb/parts"


async def test_a_condition_that_the_vendor_would_drop_is_refused() -> None:
    answer = {"things": [{"id": "1", "created": "day 1"}]}
    for where in ({"colour.name": "red"}, {"and": [{"made": "day 1"}, {"colour": "red"}]}):
        with pytest.raises(Rejected, match=r"^colour: "):
            await asked("page and a query language that drops", answer, where=where)
    result, _ = await asked("page and a query language that drops", answer, where={"made": "day 1"})
    assert result.status_code == 200


@pytest.mark.parametrize("name", ["incident", "a/b", "x?y=1"])
async def test_the_name_of_the_object_can_be_part_of_the_address(name: str) -> None:
    manifest = HEAD.replace("  thing:\n", '  "*":\n').replace("get: /things\n", 'get: "/table/{$object}"\n')
    async with at_double(read_manifest(manifest, file="connector.yaml")) as desk:
        desk.stand_in.collection(name).put({"name": "n", "size": 1}, {})
        desk.stand_in.collection("other").put({"name": "o", "size": 1}, {})
        found = await desk.call(name, "RETRIEVEALL", where={"object": "other"})
        assert desk.stand_in.requests[0]["path"] == f"/table/{quote(name, safe='')}"
        assert found.payload == []
        assert len((await desk.call(name, "RETRIEVEALL")).payload) == 1


@pytest.mark.parametrize("body", [{"error": {"text": None}}, {"error": "gone"}, [], "plain"])
async def test_an_error_in_another_form_keeps_its_meaning(body: Any) -> None:
    rules = (
        "errors:\n  code: $body.error.code\n  text: \"{{$join([$body.error.text, 'x'])}}\"\n"
        "  rules: [{when: \"$contains($body.error.text, 'x')\", raise: rejected}]\n"
    )

    async def answer(_request: web.Request) -> web.Response:
        return web.json_response(body, status=500)

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", answer)
    connector = read_manifest(HEAD.replace("languages:\n", f"{rules}languages:\n"), file="connector.yaml")
    async with serving(application) as url, Outlet(Reach.LOCAL, wait=_no_wait) as outlet:
        account = check_credentials(connector, name="a", auth_type="", credentials={}, endpoint={"url": url})
        call = ActionCall(connector="shop", business_object="thing", action="RETRIEVEALL")
        with pytest.raises(Unavailable):
            await execute(connector, call, account, outlet, now=utc_now())


async def _no_wait(_seconds: float) -> None:
    return None
