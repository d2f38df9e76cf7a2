"""Built-in functions put behind a guard, where the engine's own are not bounded by its limits.

Measured of jlens 0.25: a picture, a width, or a text to split is taken whole before any limit is looked at
(8 MB: up to 10 seconds and 1 GB), a regular expression takes 60 bytes for each character of its text, and
`$distinct` and `$keys` are quadratic. Each guard is a function in JSONata that stands before the expression,
under the name of the built-in one; it costs about two microseconds, and only where the name is used.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any, Final

from lockhouse.jsonata.errors import ExpressionFailed

ARRAY_ITEMS: Final = 100_000
WIDEST: Final = 100_000
LONGEST_PICTURE: Final = 1000
LONGEST_FOR_REGEX: Final = 1_000_000
LONG_TEXT: Final = 100_000

_BY_PICTURE = (
    f"{{$length($p)>{LONGEST_PICTURE} or ($type($s)='string' and $length($s)>{LONGEST_PICTURE})"
    "?$refuse_size('a picture'):"
)
_BY_REGEX = f"{{$type($p)!='string' and $length($s)>{LONGEST_FOR_REGEX}?$refuse_size('a regular expression'):"

_GUARDS: dict[str, str] = {
    "keys": "function($x)<x-:x>{$linear_keys($x).$}",
    "distinct": "function($x)<x-:x>{$count($x)<500?$plain_distinct($x):$linear_distinct($x).$}",
    "toMillis": f"function($s,$p)<s-s?:n>{_BY_PICTURE}$plain_toMillis($s,$p)}}",
    "fromMillis": f"function($s,$p,$z)<n-s?s?:s>{_BY_PICTURE}$plain_fromMillis($s,$p,$z)}}",
    "formatNumber": f"function($s,$p,$o)<n-so?:s>{_BY_PICTURE}$plain_formatNumber($s,$p,$o)}}",
    "formatInteger": f"function($s,$p)<n-s:s>{_BY_PICTURE}$plain_formatInteger($s,$p)}}",
    "parseInteger": f"function($s,$p)<s-s:n>{_BY_PICTURE}$plain_parseInteger($s,$p)}}",
    "pad": (f"function($s,$w,$c)<s-ns?:s>{{$abs($w)>{WIDEST}?$refuse_size('a width'):$plain_pad($s,$w,$c)}}"),
    "split": (
        f"function($s,$d,$n)<s-(sf)n?:a<s>>{{$length($s)>{LONG_TEXT}?($type($d)='string'?"
        "$bounded_split($s,$d,$n):$refuse_size('a regular expression')):$plain_split($s,$d,$n)}"
    ),
    "match": f"function($s,$p,$n)<s-f<s:o>n?:a<o>>{_BY_REGEX}$plain_match($s,$p,$n)}}",
    "contains": f"function($s,$p)<s-(sf):b>{_BY_REGEX}$plain_contains($s,$p)}}",
    "replace": f"function($s,$p,$r,$n)<s-(sf)(sf)n?:s>{_BY_REGEX}$plain_replace($s,$p,$r,$n)}}",
}
GUARDED: Final = frozenset(_GUARDS)
"""Names of the functions that have a guard."""
FOR_REGEX: Final = frozenset({"match", "contains", "replace"})
"""Those of them that need theirs only in an expression with a regular expression."""


def prefix_for(names: Iterable[str]) -> str:
    """Statements that put guards before these functions; empty for none."""
    return "".join(f"$plain_{name}:=${name};${name}:={_GUARDS[name]};" for name in sorted(names))


def _refuse_size(what: str) -> None:
    raise ExpressionFailed(f"a text is too long for {what}, or the width too large", code="budget")


def _bounded_split(text: str, separator: str, most: float | None = None) -> list[str]:
    """`$split` of a long text: told of too many pieces before they are made."""
    count = len(text) if separator == "" else text.count(separator) + 1
    if most is None and count > ARRAY_ITEMS:
        raise ExpressionFailed(f"$split makes {count} pieces: at most {ARRAY_ITEMS}", code="budget")
    wanted = count if most is None else min(max(int(most), 0), ARRAY_ITEMS)
    return list(text[:wanted]) if separator == "" else text.split(separator, wanted)[:wanted]


def _linear_keys(value: Any = None) -> list[str]:
    if isinstance(value, dict):
        return list(value)
    if isinstance(value, list):
        return list(dict.fromkeys(key for item in value if isinstance(item, dict) for key in item))
    return []


def _linear_distinct(values: list[Any]) -> list[Any]:
    return list({_identity(value): value for value in reversed(values)}.values())[::-1]


def _identity(value: Any) -> Any:
    """Equal for equal values of JSON: 1 is 1.0 and not true."""
    if isinstance(value, dict | list):
        return ("json", json.dumps(value, sort_keys=True))
    return (isinstance(value, bool), value)


GUARD_FUNCTIONS: Final[tuple[tuple[str, Callable[..., Any], str], ...]] = (
    ("linear_keys", _linear_keys, "<x:a>"),
    ("linear_distinct", _linear_distinct, "<x:a>"),
    ("bounded_split", _bounded_split, "<s-sn?:a>"),
    ("refuse_size", _refuse_size, "<s:x>"),
)
"""What guards call: name, function, JSONata signature."""
