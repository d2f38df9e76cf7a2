"""Shopify: orders of every status, pages by link, customers by address, waits with a point in them."""

from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.connectors.polling import asked
from tests.connectors.scripted import Answer, Vendor, vendor

from lockhouse.connectors.catalogue import load_catalogue
from lockhouse.connectors.errors import ActionFailed, AuthFailed, NotFound, RateLimited, Rejected
from lockhouse.runtime.triggers.poll import Subject, parse_poll, start_of

ADMIN = "/admin/api/2026-07"


def shopify(*answers: Any, **endpoint: str) -> AbstractAsyncContextManager[Vendor]:
    return vendor("shopify", answers, endpoint={"url": "https://acme.myshopify.com", **endpoint})


@pytest.mark.parametrize(
    "url", ["https://acme.myshopify.com", "https://acme.myshopify.com/", "acme.myshopify.com"]
)
async def test_a_shop_is_reached_by_its_address(url: str) -> None:
    async with shopify({"shop": {"id": 1}}, url=url, version="2026-04") as desk:
        assert await desk.check() is True
        assert (desk.sent[0].host, desk.lines) == ("acme.myshopify.com", ["GET /admin/api/2026-04/shop.json"])
        assert desk.sent[0].headers["X-Shopify-Access-Token"] == "EXAMPLE-TOKEN"


async def test_a_product_is_wrapped() -> None:
    async with shopify(Answer({"product": {"id": 7, "title": "Lamp"}}, 201)) as desk:
        given = {"title": "Lamp", "body_html": "<p>bright</p>", "status": "active"}
        result = await desk.call("product", "CREATE", input=given)
        assert desk.lines == [f"POST {ADMIN}/products.json"]
        assert desk.sent[0].body == {"product": given}
        assert (result.status_code, result.payload["id"]) == (201, 7)


@pytest.mark.parametrize(
    ("where", "query"),
    [
        (None, {"status": "any"}),
        ({"status": "closed"}, {"status": "closed"}),
        (
            {"created_at_min": "2026-01-01T00:00:00Z"},
            {"status": "any", "created_at_min": "2026-01-01T00:00:00Z"},
        ),
        ({"financial_status": "paid"}, {"status": "any", "financial_status": "paid"}),
    ],
)
async def test_our_choice_orders_of_every_status_are_found(where: Any, query: dict[str, str]) -> None:
    async with shopify({"orders": [{"id": 1}]}) as desk:
        result = await desk.call("order", "RETRIEVEALL", where=where, limit=10)
        assert desk.lines == [f"GET {ADMIN}/orders.json"]
        assert desk.sent[0].query == {"limit": "11", **query}
        assert result.payload == [{"id": 1}]


async def test_a_time_is_asked_for_roughly_and_compared_exactly() -> None:
    orders = [
        {"id": 1, "created_at": "2026-01-10T09:00:00+01:00"},
        {"id": 2, "created_at": "2026-01-10T09:00:01+01:00"},
    ]
    async with shopify({"orders": orders}) as desk:
        where = {"created_at": {"gt": "2026-01-10T08:00:00Z"}}
        result = await desk.call("order", "RETRIEVEALL", where=where)
        assert desk.sent[0].query["created_at_min"] == "2026-01-10T08:00:00Z"
        assert [order["id"] for order in result.payload] == [2]


async def test_pages_are_followed_by_the_link() -> None:
    link = {"Link": f'</acme.myshopify.com{ADMIN}/products.json?limit=250&page_info=abc>; rel="next"'}
    async with shopify(Answer({"products": [{"id": 1}]}, 200, link), {"products": [{"id": 2}]}) as desk:
        result = await desk.call("product", "RETRIEVEALL", where={"vendor": "Acme"})
        assert [product["id"] for product in result.payload] == [1, 2]
        assert [sent.query for sent in desk.sent] == [
            {"limit": "250", "vendor": "Acme"},
            {"limit": "250", "page_info": "abc"},
        ]


async def test_a_customer_is_found_by_number_and_by_address() -> None:
    found = [{"id": 1, "email": "Ada@example.com"}, {"id": 2, "email": "not-ada@example.com"}]
    async with shopify({"customer": {"id": 1}}, {"customers": found}) as desk:
        one = await desk.call("customer", "RETRIEVEALL", where={"id": 1}, limit=10)
        other = await desk.call("customer", "RETRIEVEALL", where={"email": 'ada@example.com" OR "'})
        assert desk.lines == [f"GET {ADMIN}/customers/1.json", f"GET {ADMIN}/customers/search.json"]
        assert desk.sent[1].query["query"] == 'email:"ada@example.com OR "'
        assert (one.payload, other.payload) == ([{"id": 1}], [])


async def test_a_customer_of_an_address_is_known_without_case() -> None:
    async with shopify({"customers": [{"id": 1, "email": "Ada@example.com"}, {"id": 2}]}) as desk:
        result = await desk.call("customer", "RETRIEVEALL", where={"email": "ada@example.com"})
        assert [customer["id"] for customer in result.payload] == [1]


async def test_an_order_is_changed_in_what_can_be_changed() -> None:
    async with shopify({"order": {"id": 1}}) as desk:
        given = {"note": "gift", "line_items": [{"variant_id": 1}]}
        await desk.call("order", "UPDATEALL", where={"id": 1}, input=given)
        assert (desk.lines, desk.sent[0].body) == (
            [f"PUT {ADMIN}/orders/1.json"],
            {"order": {"note": "gift"}},
        )


async def test_a_poll_that_names_no_field_finds_a_new_order() -> None:
    now = datetime(2026, 1, 10, 8, 0, tzinfo=UTC)
    async with shopify({"orders": [{"id": 35, "created_at": "2026-01-10T09:00:30+01:00"}]}) as desk:
        orders = load_catalogue().get("shopify").objects["order"]
        subject = Subject("shopify", "order", "CREATED_POLLER")
        poll = parse_poll(subject, {}, key=orders.key, times=(orders.created, orders.updated))
        events, _ = await asked(poll, start_of(now), desk.credentials, now)
        assert [event["id"] for event in events] == [35]
        assert desk.sent[0].query["created_at_min"] == "2026-01-10T08:00:00+00:00"


@pytest.mark.parametrize(
    ("status", "body", "word", "text"),
    [
        (
            422,
            {"errors": {"title": ["can't be blank", "is short"]}},
            Rejected,
            "title can't be blank, is short",
        ),
        (400, {"errors": ["a", "b"]}, Rejected, "a; b"),
        (404, {"errors": "Not Found"}, NotFound, "Not Found"),
        (
            403,
            {"errors": "[API] This action requires approval"},
            AuthFailed,
            "[API] This action requires approval",
        ),
        (401, {"errors": "[API] Invalid API key"}, AuthFailed, "[API] Invalid API key"),
    ],
)
async def test_a_refusal_is_told_with_its_fields(
    status: int, body: Any, word: type[ActionFailed], text: str
) -> None:
    async with shopify(Answer(body, status)) as desk:
        with pytest.raises(word) as caught:
            await desk.call("product", "CREATE", input={"title": "x"})
        assert (type(caught.value), str(caught.value)) == (word, text)


async def test_a_limit_tells_how_long_it_lasts() -> None:
    limited = Answer({"errors": "Exceeded 2 calls per second"}, 429, {"Retry-After": "2.0"})
    async with shopify(limited, limited, limited) as desk:
        with pytest.raises(RateLimited):
            await desk.call("product", "CREATE", input={"title": "x"})
        assert desk.waits == [2.0, 2.0]
