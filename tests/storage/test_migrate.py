"""The tables come up to date, once, and never backwards."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from lockhouse.iam.tables import METADATA
from lockhouse.storage import open_database, sqlite_url
from lockhouse.storage.migrate import StoreIsNewer, versions


async def test_the_history_makes_the_tables_that_iam_speaks_to(
    database_url: str | None, tmp_path: Path
) -> None:
    db = open_database(database_url or sqlite_url(tmp_path))

    def compare(tx: sa.Connection) -> list[str]:
        found = sa.inspect(tx)
        wrong = []
        for table in METADATA.tables.values():
            columns = {column["name"]: column["nullable"] for column in found.get_columns(table.name)}
            wanted = {column.name: bool(column.nullable) for column in table.columns}
            if columns != wanted:
                wrong.append(f"{table.name}: {columns} {wanted}")
            made = {index["name"] for index in found.get_indexes(table.name)}
            wrong += [f"{index.name}" for index in table.indexes if index.name not in made]
        return wrong

    assert await db.read(compare) == []
    await db.close()


async def test_opening_again_changes_nothing(database_url: str | None, tmp_path: Path) -> None:
    url = database_url or sqlite_url(tmp_path)
    for _ in range(2):
        db = open_database(url)
        assert (
            await db.read(lambda tx: tx.scalar(sa.text("SELECT version_num FROM alembic_version")))
            == versions()[-1]
        )
        await db.close()


async def test_a_store_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path)
    db = open_database(url)
    await db.write(lambda tx: tx.execute(sa.text("UPDATE alembic_version SET version_num = '9999'")))
    await db.close()
    with pytest.raises(StoreIsNewer, match="9999"):
        open_database(url)
