"""The log: one line an event, as text or JSON, on standard output; made to cost microseconds."""

import asyncio
import atexit
import sys
import time
import traceback
from collections.abc import MutableMapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal, TextIO, cast

import msgspec
import structlog


class _Outlet:
    """Where the lines go: it can be changed although every logger keeps hold of it."""

    def __init__(self) -> None:
        self.stream: TextIO | None = None
        self.json = False
        self._requests: list[str] = []

    def write(self, text: str) -> None:
        """Write at once, behind what was put off."""
        self._requests.append(text)
        self.flush()

    def put_off(self, text: str) -> None:
        """Write within a moment, with the lines of other requests: a write costs more than a line."""
        self._requests.append(text)
        if len(self._requests) == 1:
            try:
                asyncio.get_running_loop().call_later(_MOMENT_SECONDS, self.flush)
            except RuntimeError:
                self.flush()

    def flush(self) -> None:
        """Write what was put off."""
        if self._requests:
            lines, self._requests = "".join(self._requests), []
            stream = self.stream or sys.stdout
            stream.write(lines)
            stream.flush()


_MOMENT_SECONDS = 0.05
_OUTLET = _Outlet()
atexit.register(_OUTLET.flush)
_LONGEST_PATH = 300
_NEEDS_QUOTES = frozenset(' "=\\')


def configure_logging(form: Literal["text", "json"] | str = "text", stream: TextIO | None = None) -> None:
    """Send what the rooms log to a stream (standard output), as `key=value` text or one JSON object a
    line."""
    _OUTLET.flush()
    _OUTLET.stream, _OUTLET.json = stream, form == "json"
    render = _as_json if form == "json" else _as_text
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _with_stack,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger("info"),
        logger_factory=structlog.WriteLoggerFactory(file=cast(TextIO, _OUTLET)),
        cache_logger_on_first_use=True,
    )


def log_request(scope: Any, status: int, seconds: float, trace: str) -> None:
    """One line about an answered request: method, path, status, milliseconds, trace. Never a query or a body.

    Written by hand: it is the one line that every request pays for.
    """
    # The path as it was sent, so that nobody writes lines of his own into the log; and not for ever.
    raw = scope.get("raw_path") or scope["path"].encode()
    path = raw[:_LONGEST_PATH].decode("ascii", "backslashreplace")
    now = time.time()
    stamp = f"{_second_text(int(now))}.{int(now % 1 * 1000):03}Z"
    if _OUTLET.json:
        line = (
            f'{{"event":"request","method":"{scope["method"]}","path":{_quoted(path)},"status":{status},'
            f'"ms":{seconds * 1000:.2f},"trace":"{trace}","level":"info","timestamp":"{stamp}"}}\n'
        )
    else:
        line = (
            f"{stamp} info request method={scope['method']} path={_word(path)} status={status} "
            f"ms={seconds * 1000:.2f} trace={trace}\n"
        )
    _OUTLET.put_off(line)


@lru_cache(8)
def _second_text(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _quoted(text: str) -> str:
    return msgspec.json.encode(text).decode()


def _with_stack(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    error = event.pop("exc_info", None)
    if isinstance(error, BaseException):
        # Where it happened, not what was in it: an exception's text may hold what somebody typed.
        frames = traceback.extract_tb(error.__traceback__)
        places = (f"{frame.filename}:{frame.lineno}:{frame.name}" for frame in reversed(frames))
        event["stack"] = " < ".join(places)
    return event


def _as_json(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
    return msgspec.json.encode(event, enc_hook=str).decode()


def _as_text(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
    stamp, level, what = event.pop("timestamp", ""), event.pop("level", ""), event.pop("event", "")
    words = " ".join(f"{name}={_word(value)}" for name, value in event.items())
    return f"{stamp} {level} {what} {words}"


def _word(value: object) -> str:
    text = str(value)
    if text.isprintable() and _NEEDS_QUOTES.isdisjoint(text) and text:
        return text
    return _quoted(text)
