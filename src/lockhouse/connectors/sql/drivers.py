"""Which databases there are, and how a connection is made to an address that may be reached."""

import importlib
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lockhouse.connectors.errors import Rejected
from lockhouse.connectors.threads import cut_when_late
from lockhouse.outbound import tls_context

SSL_MODES = ("disable", "prefer", "require", "verify-ca", "verify-full")
"""How much of TLS: never, if the server offers it, always, with a known certificate, and for this host."""
CONNECT_SECONDS = 15
STATEMENT_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where and as whom to connect. `addresses` are numeric and judged; `host` is what a certificate
    names.
    """

    host: str
    port: int
    addresses: tuple[str, ...]
    database: str
    username: str
    password: str = field(repr=False)
    ssl_mode: str


@dataclass(frozen=True, slots=True)
class Driver:
    """A database: SQLAlchemy's word for it, the port it usually listens at, how to connect (blocks)."""

    dialect: str
    port: int
    connect: Callable[[Target], Any]
    descriptor: Callable[[Any], int]
    """The number of a connection's socket."""


def connect_postgresql(target: Target) -> Any:
    """A psycopg connection. libpq connects to `hostaddr` and verifies `host`."""
    psycopg = _imported("psycopg")
    settings: dict[str, Any] = {
        "host": ",".join([target.host] * len(target.addresses)),
        "hostaddr": ",".join(target.addresses),
        "port": target.port,
        "dbname": target.database,
        "user": target.username,
        "password": target.password,
        "sslmode": target.ssl_mode,
        "connect_timeout": CONNECT_SECONDS,
        "options": f"-c statement_timeout={STATEMENT_SECONDS * 1000} -c timezone=UTC",
        "application_name": "lockhouse",
        "gssencmode": "disable",
        "passfile": "",
    }
    if target.ssl_mode.startswith("verify"):
        settings["sslrootcert"] = ssl.get_default_verify_paths().cafile or "system"
    return psycopg.connect(**settings)


def connect_mysql(target: Target) -> Any:
    """A PyMySQL connection over a socket of ours, so that no name is looked up again."""
    pymysql = _imported("pymysql")
    connection = pymysql.connect(
        host=target.host,
        port=target.port,
        user=target.username,
        password=target.password,
        database=target.database,
        charset="utf8mb4",
        read_timeout=STATEMENT_SECONDS,
        write_timeout=STATEMENT_SECONDS,
        init_command="SET time_zone = '+00:00'",
        defer_connect=True,
        **_mysql_tls(target.ssl_mode),
    )
    for address in target.addresses:
        try:
            connected = socket.create_connection((address, target.port), CONNECT_SECONDS)
        except OSError:
            continue
        cut_when_late(connected.fileno())
        connection.connect(connected)
        return connection
    raise pymysql.err.OperationalError(2003, f"no connection to {target.host}:{target.port}")


def _mysql_tls(ssl_mode: str) -> dict[str, Any]:
    if ssl_mode == "disable":
        return {"ssl_disabled": True}
    if ssl_mode == "prefer":
        return {}
    context = tls_context()
    context.check_hostname = ssl_mode == "verify-full"
    if ssl_mode == "require":
        context.verify_mode = ssl.CERT_NONE
    return {"ssl": context}


def _imported(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError:
        raise Rejected(
            f"this connector needs the library {module}: pip install 'lockhouse[sql]'", status_code=501
        ) from None


DRIVERS: Mapping[str, Driver] = {
    "postgresql": Driver("postgresql+psycopg", 5432, connect_postgresql, lambda raw: int(raw.fileno())),
    "mysql": Driver("mysql+pymysql", 3306, connect_mysql, lambda raw: int(raw._sock.fileno())),
}
