"""An account's fields, as App Connect names them, become a database to connect to."""

import re
from collections.abc import Mapping

from lockhouse.connectors.errors import Rejected
from lockhouse.connectors.session import Session
from lockhouse.connectors.sql.database import Database
from lockhouse.connectors.sql.drivers import DRIVERS, SSL_MODES, Driver, Target
from lockhouse.outbound import Reach

_PAIR = re.compile(r"\s*([^=;]+?)\s*=\s*([^=;]*?)\s*")
_YES = {"true", "yes", "1"}


def open_database(kind: str, account: Mapping[str, str], session: Session) -> Database:
    """The database of an account, kept open for its next calls. Raises Rejected for unusable fields."""
    driver = DRIVERS[kind]
    target = _Where(driver, account, session)

    def make() -> Database:
        most = _whole(account.get("maxPoolSize", ""), "maxPoolSize")
        return Database(driver, target.connect, most=most, schema=account.get("schema", ""))

    return session.outlet.kept.get(session.account.key, "database", make)


class _Where:
    """How connections of an account are made; the host is looked up and judged anew for each."""

    def __init__(self, driver: Driver, account: Mapping[str, str], session: Session) -> None:
        self._driver = driver
        self._outlet = session.outlet
        port = _whole(account.get("port", ""), "port") or driver.port
        self._host, self._port = account.get("hostname", ""), port
        self._database = account.get("dbName", "")
        self._username, self._password = account.get("username", ""), account.get("password", "")
        self._ssl_mode = _ssl_mode(account.get("additonalParams", ""), session.outlet.reach)

    def connect(self) -> object:
        """A new connection of the driver. Raises Rejected, Unavailable, and the driver's errors."""
        return self._driver.connect(
            Target(
                host=self._host,
                port=self._port,
                addresses=self._outlet.addresses(self._host, self._port),
                database=self._database,
                username=self._username,
                password=self._password,
                ssl_mode=self._ssl_mode,
            )
        )


def _ssl_mode(parameters: str, reach: Reach) -> str:
    """The mode that the additional parameters ask for, `name=value;…`: ours, or App Connect's two."""
    given: dict[str, str] = {}
    for pair in filter(str.strip, parameters.split(";")):
        found = _PAIR.fullmatch(pair)
        if found is None:
            raise Rejected("additonalParams: expected name=value, separated by ;")
        given[found[1].lower()] = found[2]
    unknown = given.keys() - {"sslmode", "encryptionmethod", "validateservercertificate"}
    if unknown:
        known = "|".join(SSL_MODES)
        raise Rejected(
            f"additonalParams: {', '.join(sorted(unknown))} is not known; known is sslmode={known}"
        )
    # No password crosses the internet to just anybody; in a network many databases have no certificate.
    usual = "prefer" if reach is Reach.LOCAL else "verify-full"
    if given.get("encryptionmethod", "").lower() == "ssl":
        usual = "verify-full" if given.get("validateservercertificate", "true").lower() in _YES else "require"
    mode = given.get("sslmode", usual)
    if mode not in SSL_MODES:
        raise Rejected(f"additonalParams: sslmode is one of {', '.join(SSL_MODES)}")
    return mode


def _whole(text: str, name: str) -> int:
    if not text.strip():
        return 0
    if not text.strip().isdecimal() or len(text) > 9:
        raise Rejected(f"{name}: expected a whole number")
    return int(text)
