"""A transaction is a function: whole or not at all, on both databases."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from lockhouse.storage import (
    AlreadyThere,
    Database,
    NotStorable,
    StorageUnavailable,
    Tx,
    open_database,
    sqlite_url,
)
from lockhouse.storage.hot import HotInsert, HotQuery
from lockhouse.storage.locks import hold

NOTES = sa.Table(
    "test_notes", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("text", sa.Text)
)


@pytest.fixture
async def db(database_url: str | None, tmp_path: Path) -> AsyncIterator[Database]:
    database = open_database(database_url or sqlite_url(tmp_path))
    await database.write(NOTES.metadata.drop_all)
    await database.write(NOTES.metadata.create_all)
    yield database
    await database.close()


def add(number: int, text: str = "") -> object:
    def work(tx: Tx) -> int:
        tx.execute(sa.insert(NOTES), {"id": number, "text": text})
        return number

    return work


async def ids(db: Database) -> list[int]:
    return await db.read(lambda tx: list(tx.scalars(sa.select(NOTES.c.id).order_by(NOTES.c.id))))


async def test_what_was_written_is_read(db: Database) -> None:
    assert await db.write(add(1)) == 1
    assert await ids(db) == [1]


async def test_an_error_undoes_its_own_change_and_no_other(db: Database) -> None:
    class Refused(Exception):
        pass

    def half(tx: Tx) -> None:
        tx.execute(sa.insert(NOTES), {"id": 100})
        raise Refused

    results = await asyncio.gather(
        db.write(add(1)), db.write(half), db.write(add(2)), db.write(half), return_exceptions=True
    )

    assert [type(result) for result in results] == [int, Refused, int, Refused]
    assert await ids(db) == [1, 2]


async def test_a_broken_rule_of_the_tables_is_told_to_the_one_who_broke_it(db: Database) -> None:
    results = await asyncio.gather(*(db.write(add(7)) for _ in range(3)), return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["AlreadyThere", "AlreadyThere", "int"]


async def test_many_writers_at_once_lose_nothing(db: Database) -> None:
    await asyncio.gather(*(db.write(add(number)) for number in range(300)))
    assert await ids(db) == list(range(300))


async def test_a_writer_who_stops_waiting_harms_nobody(db: Database) -> None:
    impatient = asyncio.ensure_future(db.write(add(1)))
    patient = asyncio.ensure_future(db.write(add(2)))
    await asyncio.sleep(0)
    impatient.cancel()
    assert await patient == 2
    assert 2 in await ids(db)


async def test_a_reader_sees_no_half_of_a_change(db: Database) -> None:
    def pair(tx: Tx) -> None:
        tx.execute(sa.insert(NOTES), {"id": 1})
        tx.execute(sa.insert(NOTES), {"id": 2})

    writing = asyncio.ensure_future(db.write(pair))
    seen = [await ids(db) for _ in range(20)]
    await writing
    assert all(found in ([], [1, 2]) for found in seen)
    assert await ids(db) == [1, 2]


async def test_closing_finishes_what_was_accepted(database_url: str | None, tmp_path: Path) -> None:
    url = database_url or sqlite_url(tmp_path)
    db = open_database(url)
    await db.write(NOTES.metadata.drop_all)
    await db.write(NOTES.metadata.create_all)
    waiting = [asyncio.ensure_future(db.write(add(number))) for number in range(20)]
    await asyncio.sleep(0)
    await db.close()
    await asyncio.gather(*waiting)

    again = open_database(url)
    assert await ids(again) == list(range(20))
    await again.close()


async def test_a_hot_query_says_what_the_same_statement_says(db: Database) -> None:
    await db.write(add(1, "it's %s :text"))
    statement = sa.select(NOTES.c.id, NOTES.c.text).where(NOTES.c.text == sa.bindparam("text"))
    hot = HotQuery(statement)
    values = {"text": "it's %s :text"}
    plain = await db.read(lambda tx: tuple(tx.execute(statement, values).one()))
    assert await db.read(lambda tx: hot.first(tx, values)) == plain
    assert await db.read(lambda tx: hot.first(tx, {"text": "none"})) is None
    counted = HotQuery(
        sa.select(sa.func.count()).select_from(statement.limit(sa.bindparam("most")).subquery())
    )
    assert await db.read(lambda tx: counted.first(tx, values | {"most": 5})) == (1,)
    truth = HotQuery(sa.select((NOTES.c.id == 1).label("one"), (NOTES.c.id == 7).label("seven")))
    assert await db.read(lambda tx: truth.first(tx, {})) == (True, False)
    assert list(await db.read(lambda tx: truth.all(tx, {}))) == [(True, False)]
    assert list(await db.read(lambda tx: hot.all(tx, values))) == [plain]
    assert list(await db.read(lambda tx: hot.all(tx, {"text": "none"}))) == []


ADD = HotInsert(NOTES, "id", "text")


async def test_a_hot_insert_breaks_as_every_other_does(db: Database) -> None:
    await db.write(lambda tx: ADD.many(tx, [(1, "it's %s"), (2, "")]))
    await db.write(lambda tx: ADD.many(tx, [(3, ":text")]))
    with pytest.raises(AlreadyThere):
        await db.write(lambda tx: ADD.many(tx, [(4, ""), (3, "")]))
    with pytest.raises(AlreadyThere):
        await db.write(lambda tx: ADD.many(tx, [(1, "")]))
    with pytest.raises(NotStorable):
        await db.write(lambda tx: ADD.many(tx, [(5, "\ud800")]))
    await db.write(lambda tx: tx.execute(sa.text("ALTER TABLE test_notes RENAME TO test_notes_away")))
    with pytest.raises(StorageUnavailable):
        await db.write(lambda tx: ADD.many(tx, [(6, "")]))
    await db.write(lambda tx: tx.execute(sa.text("ALTER TABLE test_notes_away RENAME TO test_notes")))
    assert await ids(db) == [1, 2, 3]


async def test_a_store_that_cannot_be_opened_says_so_without_its_password() -> None:
    with pytest.raises(StorageUnavailable) as error:
        open_database("postgresql://someone:canary-password@127.0.0.1:1/nothing")
    assert "canary" not in str(error.value)
    with pytest.raises(StorageUnavailable):
        open_database("sqlite:////nonexistent-directory/x.db")
    with pytest.raises(StorageUnavailable, match="unknown kind"):
        open_database("mysql://x/y")


BY_TEXT = HotQuery(sa.select(NOTES.c.id).where(NOTES.c.text == sa.bindparam("text")))


async def test_a_single_look_sees_what_is_committed(db: Database) -> None:
    await db.write(add(1, "one"))
    assert await db.first(BY_TEXT, {"text": "one"}) == (1,)
    assert await db.first(BY_TEXT, {"text": "two"}) is None
    await db.write(add(2, "two"))
    assert await db.first(BY_TEXT, {"text": "two"}) == (2,)
    with pytest.raises(NotStorable):
        await db.first(BY_TEXT, {"text": "\ud800"})
    assert await asyncio.gather(*(db.first(BY_TEXT, {"text": "one"}) for _ in range(50))) == [(1,)] * 50


async def test_whoever_stops_waiting_for_a_look_harms_nobody(db: Database) -> None:
    await db.write(add(1, "one"))
    for _ in range(10):
        impatient = asyncio.ensure_future(db.first(BY_TEXT, {"text": "one"}))
        await asyncio.sleep(0)
        impatient.cancel()
    assert await db.first(BY_TEXT, {"text": "one"}) == (1,)


async def cut_connections(db: Database) -> None:
    """End every connection to the database but the one that asks for it."""
    if db.dialect == "postgresql":
        others = "pid <> pg_backend_pid() AND datname = current_database()"
        cut = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"
        await db.read(lambda tx: tx.execute(sa.text(cut)).all())


async def test_a_look_finds_its_way_after_the_connections_were_cut(db: Database) -> None:
    await db.write(add(1, "one"))
    assert await db.first(BY_TEXT, {"text": "one"}) == (1,)
    await cut_connections(db)
    assert await db.first(BY_TEXT, {"text": "one"}) == (1,)
    assert await ids(db) == [1]


async def test_hot_statements_find_their_way_after_the_connections_were_cut(db: Database) -> None:
    for number in range(5):
        await db.write(lambda tx, number=number: ADD.many(tx, [(number, "one")]))
        await cut_connections(db)
    for _ in range(5):
        await asyncio.gather(*(db.read(lambda tx: BY_TEXT.first(tx, {"text": "one"})) for _ in range(8)))
        await cut_connections(db)
    assert await ids(db) == [0, 1, 2, 3, 4]


async def test_no_reader_waits_for_writers_that_wait_for_one_another(
    db: Database, database_url: str | None
) -> None:
    if database_url is None:
        pytest.skip("on SQLite no change waits inside of its transaction")
    await db.write(add(1))
    with psycopg.connect(database_url) as other:
        other.execute("SELECT pg_advisory_xact_lock(hashtextextended('a name', 0))")
        waiting = [asyncio.ensure_future(db.write(lambda tx: hold(tx, "a name"))) for _ in range(20)]
        async with asyncio.timeout(60):
            assert [await ids(db) for _ in range(20)] == [[1]] * 20
        assert not any(one.done() for one in waiting)
    await asyncio.gather(*waiting)


async def test_a_reader_cannot_write_on_sqlite(tmp_path: Path) -> None:
    db = open_database(sqlite_url(tmp_path))
    await db.write(NOTES.metadata.create_all)
    with pytest.raises(StorageUnavailable):
        await db.read(add(1))
    await db.close()


async def test_sqlite_commits_are_on_disk_and_many_share_one(tmp_path: Path) -> None:
    db = open_database(sqlite_url(tmp_path))
    await db.write(NOTES.metadata.create_all)
    await asyncio.gather(*(db.write(add(number)) for number in range(100)))
    with sqlite3.connect(tmp_path / "lockhouse.db") as other:
        assert other.execute("SELECT count(*) FROM test_notes").fetchone() == (100,)
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    other.close()
    await db.close()


@pytest.mark.parametrize("value", ["\ud800", 2**80], ids=["half a character", "a huge number"])
async def test_what_no_column_can_hold_is_told_and_nothing_breaks(db: Database, value: object) -> None:
    def write(tx: Tx) -> None:
        column = "id" if isinstance(value, int) else "text"
        tx.execute(sa.insert(NOTES), {"id": 1, "text": ""} | {column: value})

    def read(tx: Tx) -> object:
        column = NOTES.c.id if isinstance(value, int) else NOTES.c.text
        return tx.scalar(
            sa.select(NOTES.c.id).where(column == sa.bindparam("value", value, type_=column.type))
        )

    with pytest.raises(NotStorable):
        await db.write(write)
    with pytest.raises(NotStorable):
        await db.read(read)
    assert await db.write(add(1)) == 1
