"""What a database says when it refuses, in the five words of connectors."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from lockhouse.connectors.errors import ActionFailed, AuthFailed, NotFound, Rejected, Unavailable

_MOST_TEXT = 500
REFUSALS = (SQLAlchemyError, OSError)
"""What `translated` understands: SQLAlchemy wraps the errors of its drivers."""

# PostgreSQL: SQLSTATE, or its first two characters (PostgreSQL documentation, appendix A).
_POSTGRESQL: Mapping[str, tuple[type[ActionFailed], int]] = {
    "28": (AuthFailed, 401),
    "42501": (AuthFailed, 403),
    "3D": (NotFound, 404),
    "3F": (NotFound, 404),
    "42P01": (NotFound, 404),
    "23": (Rejected, 409),
    "08": (Unavailable, 503),
    "40": (Unavailable, 503),
    "53": (Unavailable, 503),
    "55": (Unavailable, 503),
    "57": (Unavailable, 503),
}
# MySQL and MariaDB: their error numbers (Server Error Message Reference).
_MYSQL: Mapping[int, tuple[type[ActionFailed], int]] = {
    **dict.fromkeys((1044, 1045, 1698, 3118, 4151), (AuthFailed, 401)),
    **dict.fromkeys((1142, 1143, 1227, 1370), (AuthFailed, 403)),
    **dict.fromkeys((1049, 1146), (NotFound, 404)),
    **dict.fromkeys((1022, 1048, 1062, 1169, 1364, 1451, 1452, 1557, 1586, 3819, 4025), (Rejected, 409)),
    **dict.fromkeys((1040, 1053, 1203, 1205, 1213, 1226, 1317, 2003, 2006, 2013, 3024), (Unavailable, 503)),
}


def translated(error: Exception, *, secret: str) -> ActionFailed:
    """The error of a database, or of the way to it, as a connector's; the account's password never shows."""
    if isinstance(error, ActionFailed):
        return error
    if isinstance(error, PoolTimeout):
        return Unavailable("all connections of the account are in use", nothing_sent=True)
    word, status = _word_of(error)
    text = _told(error)
    if len(secret) > 3:
        text = text.replace(secret, "***")
    return word(text[:_MOST_TEXT], status_code=status)


def is_passing(error: Exception) -> bool:
    """Whether the database rolled back for a reason that passes: a deadlock, a conflict of
    versions.
    """
    known: BaseException | None = error
    while known is not None:
        original = getattr(known, "orig", None)
        if getattr(original, "sqlstate", "") in ("40001", "40P01") or _mysql_number(original) in (1205, 1213):
            return True
        known = known.__context__  # after a deadlock MySQL has no savepoint to return to, which is told last
    return False


def _word_of(error: Exception) -> tuple[type[ActionFailed], int]:
    original = getattr(error, "orig", None) if isinstance(error, DBAPIError) else error
    number = _mysql_number(original)
    if number:
        return _MYSQL.get(number, (Rejected, 400))
    state = getattr(original, "sqlstate", None)
    if state:
        return _POSTGRESQL.get(state) or _POSTGRESQL.get(state[:2]) or (Rejected, 400)
    if "password authentication failed" in str(original) or "no pg_hba.conf entry" in str(original):
        return AuthFailed, 401  # psycopg gives no state for what happens while connecting
    if 'database "' in str(original) and "does not exist" in str(original):
        return NotFound, 404
    lost = isinstance(error, OperationalError | InterfaceError | OSError)
    return (Unavailable, 503) if lost or type(original).__name__ == "OperationalError" else (Rejected, 400)


def _mysql_number(original: Any) -> int:
    arguments: Sequence[Any] = getattr(original, "args", ())
    return arguments[0] if arguments and isinstance(arguments[0], int) else 0


def _told(error: Exception) -> str:
    original = getattr(error, "orig", None) or error
    primary = getattr(getattr(original, "diag", None), "message_primary", None)
    detail = getattr(getattr(original, "diag", None), "message_detail", None)
    if primary:
        return f"{primary}: {detail}" if detail else str(primary)
    arguments: Sequence[Any] = getattr(original, "args", ())
    text = str(arguments[1]) if len(arguments) > 1 and isinstance(arguments[0], int) else str(original)
    return " ".join(text.split())
