"""The `webhook` part of a manifest: how an application that delivers events signs them, and how it looks
whether somebody is there. What is done with it: `runtime/triggers`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lockhouse.connectors.reading import Reading
from lockhouse.connectors.templates import Path as Place
from lockhouse.connectors.templates import compile_path
from lockhouse.documents import Path

HASHES = ("sha256", "sha1", "sha512")
_SIGNED = ("body", "timestamp", "url", "method", "form")
_HOLE = re.compile(r"\{([a-z0-9]*)\}")
_VALUES = {
    "hex": r"(?P<hex>[0-9a-fA-F]+)",
    "base64": r"(?P<base64>[A-Za-z0-9+/=]+)",
    "timestamp": "(?P<timestamp>.+?)",
}


@dataclass(frozen=True, slots=True)
class Signature:
    """An HMAC in a header. `pattern` reads it there: a group `hex` or `base64`, and maybe one `timestamp`.

    `over` are the signed pieces: texts, and names of `_SIGNED` as one-element tuples. `timestamp` is the
    header that holds it, if `pattern` does not. `within`: so many seconds it may be off; 0 means any.
    """

    headers: tuple[str, ...]
    pattern: re.Pattern[str]
    hash: str
    over: tuple[str | tuple[str], ...]
    timestamp: str = ""
    within: int = 0

    def signs(self, name: str) -> bool:
        """Whether this is among what is signed."""
        return (name,) in self.over


@dataclass(frozen=True, slots=True)
class Webhook:
    """How an application delivers. Names of headers are in lower case.

    `secret`: the account's field with what signs; `challenge`: the query parameter whose value it wants
    back as text; `handshake`: the header that it wants back; `delivery`: the header that names a delivery;
    `items`: where several events stand in one; `knows`: where each event carries the secret itself.
    """

    secret: str = ""
    signature: Signature | None = None
    challenge: str = ""
    handshake: str = ""
    delivery: str = ""
    items: Place | None = None
    knows: Place | None = None

    @property
    def is_judged(self) -> bool:
        """Whether deliveries show who sends them."""
        return self.signature is not None or self.knows is not None


_KEYS = ("secret", "signature", "challenge", "handshake", "delivery", "items", "knows")
_SIGNATURE_KEYS = ("header", "value", "hash", "over", "timestamp", "within")


def read_webhook(reading: Reading, value: Any) -> Webhook | None:
    """The `webhook` part; None when there is none. Mistakes are noted."""
    if value is None:
        return None
    path: Path = ("webhook",)
    source = reading.mapping(value, path, _KEYS)
    found = Webhook(
        secret=reading.text(source, "secret", path),
        signature=_signature(reading, source["signature"]) if "signature" in source else None,
        challenge=reading.text(source, "challenge", path),
        handshake=reading.text(source, "handshake", path).lower(),
        delivery=reading.text(source, "delivery", path).lower(),
        items=reading.compiled(source, "items", path, compile_path),
        knows=reading.compiled(source, "knows", path, compile_path),
    )
    if ("signature" in source or "knows" in source) and not found.secret:
        message = "expected the account's field with the secret that signs, under 'secret'"
        reading.note("manifest_missing_key", message, path)
    return found


def _signature(reading: Reading, value: Any) -> Signature | None:
    path: Path = ("webhook", "signature")
    source = reading.mapping(value, path, _SIGNATURE_KEYS)
    headers = reading.texts(source, "header", path)
    timestamp = reading.text(source, "timestamp", path).lower()
    pattern = reading.compiled({"value": source.get("value", "{hex}")}, "value", path, _pattern)
    over = reading.compiled({"over": source.get("over", "{body}")}, "over", path, _pieces)
    if not headers:
        reading.note("manifest_missing_key", "expected the header that holds the signature", path)
    if pattern is None or over is None:
        return None
    found = Signature(
        headers=tuple(name.lower() for name in headers),
        pattern=pattern,
        hash=reading.choice(source, "hash", path, HASHES, "sha256"),
        over=over,
        timestamp=timestamp,
        within=reading.number(source, "within", path, default=0) if "within" in source else 0,
    )
    is_timed = bool(timestamp) or "timestamp" in pattern.groupindex
    if (found.within or found.signs("timestamp")) and not is_timed:
        message = "expected the header of the timestamp, or {timestamp} in 'value'"
        reading.note("manifest_webhook", message, path)
    if is_timed and not found.signs("timestamp"):
        reading.note("manifest_webhook", "a timestamp that is not signed proves nothing", path)
    return found


def _pattern(text: Any) -> re.Pattern[str]:
    if not isinstance(text, str):
        raise ValueError("expected a text with {hex} or {base64}")  # noqa: TRY004 - what Reading.compiled notes
    pieces = _split(text, _VALUES)
    names = [piece[0] for piece in pieces if isinstance(piece, tuple)]
    if sorted(name for name in names if name != "timestamp") not in (["hex"], ["base64"]):
        raise ValueError("expected {hex} or {base64} once")
    if names.count("timestamp") > 1:
        raise ValueError("expected {timestamp} at most once")
    return re.compile("".join(re.escape(one) if isinstance(one, str) else _VALUES[one[0]] for one in pieces))


def _pieces(text: Any) -> tuple[str | tuple[str], ...]:
    if not isinstance(text, str):
        raise ValueError("expected a text with {body}")  # noqa: TRY004 - what Reading.compiled notes
    pieces = _split(text, dict.fromkeys(_SIGNED, ""))
    if ("body",) not in pieces and ("form",) not in pieces:
        raise ValueError("expected {body} or {form}: a signature of anything else does not say what was sent")
    return pieces


def _split(text: str, known: Mapping[str, str]) -> tuple[str | tuple[str], ...]:
    """The texts and, as one-element tuples, the names in braces between them. Raises ValueError."""
    found: list[str | tuple[str]] = []
    for at, piece in enumerate(_HOLE.split(text)):
        if at % 2 == 0 and piece:
            found.append(piece)
        elif at % 2 and piece not in known:
            raise ValueError(f"{{{piece}}} is none of {', '.join(f'{{{name}}}' for name in known)}")
        elif at % 2:
            found.append((piece,))
    return tuple(found)
