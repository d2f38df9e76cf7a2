"""What a flow does with a table, against real databases."""

import asyncio
import json
from typing import Any

import pytest
from tests.connectors.sql.conftest import Shop

from lockhouse.connectors.errors import NotFound, Rejected

WHOLE: dict[str, Any] = {
    "customer": "Größe & Co", "number": "N-1", "amount": "12.50", "weight": "1.25", "pieces": "3",
    "paid": "true", "ordered": "2024-05-01T10:00:00+02:00", "shipped": "2024-05-02T00:00:00.5Z",
    "due": "2024-06-01T00:00:00Z", "cut_off": "16:30:00", "document": {"a": [1, None]},
    "label": "AP8=", "note": "",
}  # fmt: skip


async def made(shop: Shop, *customers: str) -> list[dict[str, Any]]:
    rows = [
        await shop.call("CREATE", input={"customer": name, "amount": place})
        for place, name in enumerate(customers)
    ]
    return [row.payload for row in rows]


async def test_a_row_is_created_from_texts_and_comes_back_as_the_database_has_it(shop: Shop) -> None:
    result = await shop.call("CREATE", input=WHOLE)

    assert result.status_code == 201
    row = result.payload
    assert row["id"] > 0
    assert (row["amount"], row["weight"], row["pieces"]) == (12.5, 1.25, 3)
    assert row["paid"] in (True, 1)
    assert row["ordered"] == "2024-05-01T08:00:00Z"
    assert row["shipped"].startswith("2024-05-02T00:00:00.5")
    assert row["due"] == "2024-06-01"
    document = row["document"]  # MariaDB keeps JSON as text
    assert (json.loads(document) if isinstance(document, str) else document) == {"a": [1, None]}
    assert (row["customer"], row["label"], row["note"]) == ("Größe & Co", "AP8=", "")


async def test_a_row_may_be_all_defaults_but_for_one_value(shop: Shop) -> None:
    row = (await shop.call("CREATE", input={"customer": "A"})).payload

    assert (row["pieces"], row["amount"]) == (1, None)


async def test_names_of_columns_and_tables_may_be_written_in_another_case(shop: Shop) -> None:
    row = (await shop.call("CREATE", "ORDERS", input={"CUSTOMER": "A"})).payload

    assert row["customer"] == "A"


@pytest.mark.parametrize(
    ("where", "found"),
    [
        (None, ["a", "b", "c", "d"]),
        ({}, ["a", "b", "c", "d"]),
        ({"customer": "b"}, ["b"]),
        ({"amount": "2"}, ["c"]),
        ({"amount": {"gt": "1"}}, ["c", "d"]),
        ({"amount": {"gte": 1}, "customer": {"neq": "d"}}, ["b", "c"]),
        ({"or": [{"customer": "a"}, {"amount": {"gte": "3"}}]}, ["a", "d"]),
        ({"and": [{"amount": {"lt": "3"}}, {"or": [{"customer": "a"}, {"customer": "c"}]}]}, ["a", "c"]),
        ({"customer": ["a", "d"]}, ["a", "d"]),
        ({"customer": None}, []),
        ({"note": ""}, ["a", "b", "c", "d"]),
        ({"note": {"neq": "x"}}, ["a", "b", "c", "d"]),
        ({"note": {"neq": ""}}, []),
        ({"ordered": ""}, ["a", "b", "c", "d"]),
        ({"customer": "' OR 1=1 --"}, []),
        ({"customer": {"contains": "%"}}, []),
        ({"customer": {"contains": "B"}}, ["b"]),
    ],
)
async def test_a_filter_finds_what_it_says(
    shop: Shop, where: dict[str, Any] | None, found: list[str]
) -> None:
    await made(shop, "a", "b", "c", "d")

    result = await shop.call("RETRIEVEALL", where=where)

    assert [row["customer"] for row in result.payload] == found
    assert result.status_code == (200 if found else 204)


async def test_more_rows_than_the_limit_are_cut_and_told(shop: Shop) -> None:
    await made(shop, "a", "b", "c")

    some = await shop.call("RETRIEVEALL", limit=2)
    all_of_them = await shop.call("RETRIEVEALL", limit=3)

    assert ([row["customer"] for row in some.payload], some.status_code) == (["a", "b"], 206)
    assert (len(all_of_them.payload), all_of_them.status_code) == (3, 200)


async def test_times_are_compared_as_moments(shop: Shop) -> None:
    await shop.call("CREATE", input={"customer": "a", "ordered": "2024-05-01T10:00:00Z"})

    later = await shop.call("RETRIEVEALL", where={"ordered": {"gt": "2024-05-01T11:59:00+02:00"}})
    earlier = await shop.call("RETRIEVEALL", where={"ordered": {"gt": "2024-05-01T12:01:00+02:00"}})

    assert (later.status_code, earlier.status_code) == (200, 204)


async def test_rows_that_meet_the_filter_are_changed_and_the_others_not(shop: Shop) -> None:
    await made(shop, "a", "b", "c")

    one = await shop.call("UPDATEALL", where={"customer": "a"}, input={"note": "first"})
    two = await shop.call("UPDATEALL", where={"amount": {"gte": 1}}, input={"note": "rest"})
    none = await shop.call("UPDATEALL", where={"customer": "z"}, input={"note": "nobody"})

    assert (one.payload["note"], one.status_code) == ("first", 200)
    assert [row["note"] for row in two.payload] == ["rest", "rest"]
    assert (none.payload, none.status_code) == ([], 204)
    notes = [row["note"] for row in (await shop.call("RETRIEVEALL")).payload]
    assert notes == ["first", "rest", "rest"]


async def test_a_change_of_the_key_gives_the_row_under_its_new_key(shop: Shop) -> None:
    (row,) = await made(shop, "a")

    changed = await shop.call("UPDATEALL", where={"id": row["id"]}, input={"id": row["id"] + 1000})

    assert changed.payload["id"] == row["id"] + 1000


async def test_rows_are_deleted_and_counted(shop: Shop) -> None:
    await made(shop, "a", "b", "c")

    deleted = await shop.call("DELETEALL", where={"amount": {"gte": 1}})
    again = await shop.call("DELETEALL", where={"amount": {"gte": 1}})

    assert (deleted.payload, deleted.status_code) == ({"count": 2}, 200)
    assert (again.payload, again.status_code) == ({"count": 0}, 204)
    assert len((await shop.call("RETRIEVEALL")).payload) == 1


@pytest.mark.parametrize("action", ["UPDATEALL", "DELETEALL"])
@pytest.mark.parametrize("where", [None, {}, {"and": []}])
async def test_a_change_without_a_filter_is_refused(
    shop: Shop, action: str, where: dict[str, Any] | None
) -> None:
    await made(shop, "a")

    with pytest.raises(Rejected, match="filter"):
        await shop.call(action, where=where, input={"note": "x"})


@pytest.mark.parametrize("action", ["UPDATEALL", "DELETEALL"])
async def test_a_filter_whose_template_yielded_nothing_changes_nothing(shop: Shop, action: str) -> None:
    await made(shop, "a")

    result = await shop.call(action, where={"customer": None}, input={"note": "x"})

    assert result.status_code == 204
    assert (await shop.call("RETRIEVEALL")).payload[0]["note"] is None


async def test_an_upsert_makes_the_record_once_and_then_changes_it(shop: Shop) -> None:
    first = await shop.call("UPSERTWITHWHERE", where={"number": "N-7"}, input={"customer": "a"}, limit=10)
    second = await shop.call("UPSERTWITHWHERE", where={"number": "N-7"}, input={"customer": "b"}, limit=10)

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.payload["number"] == "N-7"
    assert second.payload["id"] == first.payload["id"]
    assert second.payload["customer"] == "b"


async def test_an_upsert_that_could_mean_several_records_is_refused_and_changes_none(shop: Shop) -> None:
    await made(shop, "a", "a")

    with pytest.raises(Rejected) as refused:
        await shop.call("UPSERTWITHWHERE", where={"customer": "a"}, input={"note": "x"})

    assert refused.value.status_code == 409
    assert [row["note"] for row in (await shop.call("RETRIEVEALL")).payload] == [None, None]


async def test_upserts_of_one_record_at_the_same_time_make_one_record(shop: Shop) -> None:
    calls = [
        shop.call("UPSERTWITHWHERE", where={"number": "N-9"}, input={"customer": f"c{n}"}) for n in range(12)
    ]
    results = await asyncio.gather(*calls)

    assert sorted(result.status_code for result in results) == [200] * 11 + [201]
    assert len((await shop.call("RETRIEVEALL")).payload) == 1


async def test_everything_that_does_not_fit_is_named_at_once(shop: Shop) -> None:
    values = {
        "custommer": "a",
        "amount": "much",
        "due": "soon",
        "ordered": "yesterday",
        "pieces": "1.5",
        "zzz": 1,
    }

    with pytest.raises(Rejected) as refused:
        await shop.call("CREATE", input=values)

    text = str(refused.value)
    assert "'custommer', did you mean 'customer'?" in text
    for name in ("amount", "due", "ordered", "pieces", "zzz"):
        assert name in text


async def test_a_filter_on_what_is_no_column_is_refused_and_never_widened(shop: Shop) -> None:
    with pytest.raises(Rejected, match="custommer"):
        await shop.call("DELETEALL", where={"custommer": "a"})


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"note": "no customer"}, 409),
        ({"customer": "b", "number": "N-1"}, 409),
        ({"customer": "x" * 61}, 400),
    ],
)
async def test_what_the_database_refuses_is_rejected_with_its_reason(
    shop: Shop, values: dict[str, Any], status: int
) -> None:
    await shop.call("CREATE", input={"customer": "a", "number": "N-1"})

    with pytest.raises(Rejected) as refused:
        await shop.call("CREATE", input=values)

    assert refused.value.status_code == status
    assert len(str(refused.value)) > 10


async def test_a_table_that_is_not_there_is_not_found_with_the_nearest_name(shop: Shop) -> None:
    with pytest.raises(NotFound, match="did you mean 'orders'"):
        await shop.call("RETRIEVEALL", "order")


async def test_a_table_of_another_schema_is_named_with_its_schema_as_flows_do(shop: Shop) -> None:
    shop.server.execute(
        "DROP TABLE IF EXISTS depot.stock_items",
        "CREATE TABLE depot.stock_items (item varchar(20), pieces int)",
    )

    await shop.call("CREATE", "depot_stock_items", input={"item": "bolt", "pieces": "5"})
    found = await shop.call("RETRIEVEALL", "DEPOT_STOCK_ITEMS", where={"item": "bolt"})

    assert found.payload == [{"item": "bolt", "pieces": 5}]


async def test_a_table_without_a_key_is_changed_by_its_filter(shop: Shop) -> None:
    shop.server.execute(
        "DROP TABLE IF EXISTS depot.loose", "CREATE TABLE depot.loose (name varchar(20), pieces int)"
    )
    for name in ("a", "a", "b"):
        await shop.call("CREATE", "depot_loose", input={"name": name, "pieces": 1})

    changed = await shop.call("UPDATEALL", "depot_loose", where={"name": "a"}, input={"pieces": 7})
    with pytest.raises(Rejected, match="no key"):
        await shop.call("DELETEALL", "depot_loose", where={"name": "a"}, limit=1)
    deleted = await shop.call("DELETEALL", "depot_loose", where={"name": "b"})

    assert (len(changed.payload), deleted.payload) == (2, {"count": 1})


async def test_a_table_that_changed_is_looked_at_again_after_the_error(shop: Shop) -> None:
    shop.server.execute("DROP TABLE IF EXISTS depot.moving", "CREATE TABLE depot.moving (id int PRIMARY KEY)")
    await shop.call("CREATE", "depot_moving", input={"id": 1})
    shop.server.execute("ALTER TABLE depot.moving ADD COLUMN note varchar(20)")

    with pytest.raises(Rejected):
        await shop.call("CREATE", "depot_moving", input={"id": 2, "note": "x"})

    assert (await shop.call("CREATE", "depot_moving", input={"id": 2, "note": "x"})).payload["note"] == "x"


async def test_custom_sql_gives_rows_or_a_count(shop: Shop) -> None:
    await made(shop, "a", "b%")

    rows = await shop.call("EXECUTECUSTOMSQL", "ibmappconcustomsql", input={
        "customSql": "SELECT customer, count(*) AS n FROM orders WHERE customer LIKE '%b%%' GROUP BY customer"
    })  # fmt: skip
    changed = await shop.call(
        "EXECUTECUSTOMSQL", "ibmappconcustomsql", input={"customSql": "UPDATE orders SET note = 'x'"}
    )

    assert rows.payload == {"data": [{"customer": "b%", "n": 1}], "rowCount": 1}
    assert changed.payload == {"data": [], "rowCount": 2}


async def test_custom_sql_that_answers_too_much_is_given_up(shop: Shop) -> None:
    numbers = {
        "postgresql": "SELECT n FROM generate_series(1, 2000000) AS n",
        "mysql": "SELECT seq FROM seq_1_to_2000000",
    }[shop.server.kind]

    with pytest.raises(Rejected, match="more than"):
        await shop.call("EXECUTECUSTOMSQL", "ibmappconcustomsql", input={"customSql": numbers})

    assert (await shop.call("RETRIEVEALL")).status_code == 204


@pytest.mark.parametrize("text", ["", "  ", "SELEC 1", "SELECT * FROM nowhere"])
async def test_custom_sql_that_is_none_is_refused(shop: Shop, text: str) -> None:
    with pytest.raises((Rejected, NotFound)):
        await shop.call("EXECUTECUSTOMSQL", "ibmappconcustomsql", input={"customSql": text})
