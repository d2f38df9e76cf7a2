"""What a server carries of databases: nothing until one is called, and a word when a library is missing."""

import subprocess
import sys

import pytest
from tests.connectors.sql.conftest import Shop

from lockhouse.connectors.errors import Rejected

LOADING = """
import sys
from lockhouse.connectors.catalogue import load_catalogue
catalogue = load_catalogue()
for name in ("postgresql", "mysql", "email", "sftp", "amazons3"):
    catalogue.get(name)
print(sorted({"sqlalchemy", "psycopg", "pymysql", "asyncssh", "smtplib", "imaplib"} & set(sys.modules)))
"""


def test_connectors_that_are_not_called_load_no_library() -> None:
    told = subprocess.run([sys.executable, "-c", LOADING], capture_output=True, text=True, check=True)

    assert told.stdout.strip() == "[]"


async def test_without_its_library_a_connector_says_what_to_install(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = {"postgresql": "psycopg", "mysql": "pymysql"}[shop.server.kind]
    monkeypatch.setitem(sys.modules, library, None)

    with pytest.raises(Rejected, match=rf"{library}: pip install 'lockhouse\[sql\]'") as refused:
        await shop.check()

    assert refused.value.status_code == 501
