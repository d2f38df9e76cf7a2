"""Cells by their letters: A is column 0, and a row of cells has an address such as `A4:C4`."""

import re
from collections.abc import Mapping
from typing import Any

from lockhouse.connectors.errors import Rejected
from lockhouse.connectors.templates import as_text

MOST_COLUMNS = 16_384  # XFD
MOST_CHARACTERS = 32_767
_LETTERS = re.compile(r"[A-Za-z]{1,3}", re.ASCII)
_FORMULA_SIGNS = ("=", "+", "-", "@")
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d+)*|\.\d+)([eE][+-]?\d+)?%?", re.ASCII)


def index_of(letters: str) -> int:
    """The column of some letters, from 0. Raises Rejected."""
    found = 0
    for letter in letters.upper() if _LETTERS.fullmatch(letters) else "":
        found = found * 26 + ord(letter) - 64
    if not 1 <= found <= MOST_COLUMNS:
        raise Rejected(f"{letters[:40]!r} is no column; columns are letters from A to XFD")
    return found - 1


def letters_of(index: int) -> str:
    """The letters of a column from 0."""
    letters, left = "", index + 1
    while left:
        left, rest = divmod(left - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def address_of(number: int, first: int, count: int) -> str:
    """The address of some cells of one row."""
    return f"{letters_of(first)}{number}:{letters_of(first + count - 1)}{number}"


def cells_of(data: Mapping[str, Any]) -> tuple[int, list[Any]]:
    """The first column that is given, and the cells from there to the last one, None in between.

    Raises Rejected.
    """
    columns = {index_of(name): cell(name, value) for name, value in data.items()}
    if not columns:
        raise Rejected("rowData: a row needs at least one cell")
    first = min(columns)
    return first, [columns.get(at) for at in range(first, max(columns) + 1)]


def cell(name: str, value: Any) -> Any:
    """A value as a cell takes it: what would be read as a formula is kept as text. Raises Rejected."""
    if value is None or isinstance(value, bool | int | float):
        return value
    text = as_text(value)
    if len(text) > MOST_CHARACTERS:
        raise Rejected(f"rowData: column {name} has more than {MOST_CHARACTERS:,} characters")
    is_formula = text.startswith(_FORMULA_SIGNS) and not _NUMBER.fullmatch(text)
    return f"'{text}" if is_formula else text
