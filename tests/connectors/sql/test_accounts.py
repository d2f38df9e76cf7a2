"""How a database is reached: which addresses, how safely, and what is said when it is not."""

import time

import pytest
from tests.connectors.sql.conftest import Shop
from tests.connectors.sql.servers import PASSWORD, Server, free_port

from lockhouse.connectors.errors import AuthFailed, NotFound, Rejected, Unavailable
from lockhouse.connectors.outlet import Outlet
from lockhouse.outbound import Reach


async def test_an_account_is_tested_by_logging_in(shop: Shop) -> None:
    assert await shop.check() is True


async def test_a_wrong_password_is_an_authentication_that_failed_and_shows_no_password(shop: Shop) -> None:
    with pytest.raises(AuthFailed) as refused:
        await shop.check(password="EXAMPLE-wrong-password")

    assert "EXAMPLE" not in str(refused.value)


async def test_a_database_that_is_not_there_is_not_found(shop: Shop) -> None:
    with pytest.raises((NotFound, AuthFailed)):
        await shop.check(dbName="elsewhere")


async def test_a_server_that_is_not_there_is_unavailable(shop: Shop) -> None:
    with pytest.raises(Unavailable):
        await shop.check(port=str(free_port()))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0x7f000001", "::ffff:127.0.0.1"])
async def test_a_cloud_managed_account_reaches_no_database_of_this_network(server: Server, host: str) -> None:
    async with Outlet(Reach.CLOUD_MANAGED) as outlet:
        with pytest.raises(Rejected, match="may not be called"):
            await Shop(server, outlet).check(hostname=host)


@pytest.mark.parametrize("host", ["169.254.169.254", "/var/run/postgresql", "", "a b"])
async def test_a_host_that_is_no_database_of_a_network_is_refused(shop: Shop, host: str) -> None:
    with pytest.raises((Rejected, Unavailable)):
        await shop.check(hostname=host)


async def test_an_opened_network_is_reached_with_verified_tls_only(server: Server) -> None:
    async with Outlet(Reach.CLOUD_MANAGED, opened_networks=["127.0.0.0/8"]) as outlet:
        shop = Shop(server, outlet)
        with pytest.raises(Unavailable, match=r"(?i)certificate|SSL"):
            await shop.check()

        assert await shop.check(additonalParams="sslmode=disable") is True


ENCRYPTION = [
    ("", True),
    ("sslmode=disable", False),
    ("sslmode=require", True),
    ("EncryptionMethod=SSL;ValidateServerCertificate=false", True),
    ("sslmode=verify-full", None),
    ("EncryptionMethod=SSL", None),
]


@pytest.mark.parametrize(("parameters", "encrypted"), ENCRYPTION)
async def test_the_line_is_encrypted_as_the_account_says(
    shop: Shop, parameters: str, encrypted: bool | None
) -> None:
    offers_tls = shop.server.kind == "mysql"
    question = {
        "postgresql": "SELECT ssl::text AS answer FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
        "mysql": "SELECT VARIABLE_VALUE AS answer FROM information_schema.SESSION_STATUS"
        " WHERE VARIABLE_NAME = 'Ssl_cipher'",
    }[shop.server.kind]
    call = shop.call(
        "EXECUTECUSTOMSQL", "ibmappconcustomsql", input={"customSql": question},
        account=shop.credentials(additonalParams=parameters),
    )  # fmt: skip

    if encrypted is None or (encrypted and parameters and not offers_tls):
        with pytest.raises(Unavailable):
            await call
    else:
        answer = (await call).payload["data"][0]["answer"]
        assert (answer not in ("", "false")) is (encrypted and offers_tls)


@pytest.mark.parametrize(
    "changed",
    [
        {"additonalParams": "sslmode=perhaps"},
        {"additonalParams": "nonsense"},
        {"additonalParams": "host=169.254.169.254"},
        {"port": "many"},
        {"maxPoolSize": "-1"},
    ],
)
async def test_fields_that_cannot_be_used_are_refused_by_name(shop: Shop, changed: dict[str, str]) -> None:
    with pytest.raises(Rejected, match=next(iter(changed))):
        await shop.check(**changed)


async def test_a_call_does_not_wait_for_ever_for_a_server_that_is_silent(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    import socket

    from lockhouse.connectors.sql import drivers

    monkeypatch.setattr(drivers, "CONNECT_SECONDS", 2)
    monkeypatch.setattr(drivers, "STATEMENT_SECONDS", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        with pytest.raises(Unavailable) as failed:
            await shop.check(port=str(silent.getsockname()[1]))

    assert time.monotonic() - began < 10
    assert PASSWORD not in str(failed.value)
