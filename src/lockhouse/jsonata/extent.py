"""How much a value is when it is written out: parts may be shared, so 30 objects can stand for a billion."""

from typing import Any, Final

from lockhouse.jsonata.errors import ExpressionFailed

DEEPEST: Final = 300
MOST_VALUES: Final = 2_000_000
MOST_CHARACTERS: Final = 64 * 1024 * 1024


def judge_extent(value: Any) -> None:
    """Raise ExpressionFailed for a value that is too much, or nested too deep, to be written out."""
    level, values, characters, depth = [value], 0, 0, 0
    while level:
        below: list[Any] = []
        for one in level:
            kind = type(one)
            if kind is str:
                characters += len(one)
            elif kind is dict:
                below.extend(one.values())
            elif kind is list:
                below.extend(one)
            if values + len(below) > MOST_VALUES or characters > MOST_CHARACTERS:
                raise ExpressionFailed("the value is too much to be written out", code="budget")
        values += len(below)
        depth += 1
        if depth > DEEPEST + 1:
            raise ExpressionFailed(f"the value is nested more than {DEEPEST} deep", code="budget")
        level = below
