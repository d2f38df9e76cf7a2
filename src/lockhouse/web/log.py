"""The log: one line an event, as text or JSON, on standard output; made to cost microseconds."""

import sys
import traceback
from collections.abc import MutableMapping
from typing import Any, Literal, TextIO, cast

import msgspec
import structlog

class _Outlet:
    """Where the lines go: it can be changed although every logger keeps hold of it."""

    def __init__(self) -> None:
        self.stream: TextIO | None = None

    def write(self, text: str) -> None:
        (self.stream or sys.stdout).write(text)

    def flush(self) -> None:
        (self.stream or sys.stdout).flush()


_OUTLET = _Outlet()
_NEEDS_QUOTES = frozenset(' "=\\')


def configure_logging(form: Literal["text", "json"] | str = "text", stream: TextIO | None = None) -> None:
    """Send what the rooms log to a stream (standard output), as `key=value` text or one JSON object a line."""
    _OUTLET.stream = stream
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
    time, level, what = event.pop("timestamp", ""), event.pop("level", ""), event.pop("event", "")
    words = " ".join(f"{name}={_word(value)}" for name, value in event.items())
    return f"{time} {level} {what} {words}"


def _word(value: object) -> str:
    text = str(value)
    if text.isprintable() and _NEEDS_QUOTES.isdisjoint(text) and text:
        return text
    return msgspec.json.encode(text).decode()
