"""What a person or a script sees: lines, tables and JSON on standard output, complaints on standard error.

Texts of others (names, descriptions, log lines) may hold control characters that would drive the terminal;
they are shown as `\\x1b` and the like. JSON escapes them by itself.
"""

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import typer

from lockhouse.errors import LockhouseError, Mistakes, code_of


def say(text: str = "") -> None:
    """Print lines to standard output."""
    sys.stdout.write(f"{harmless(text)}\n")
    sys.stdout.flush()


def say_json(value: Any) -> None:
    """Print one JSON value: what scripts read. Times and paths become texts."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=True, default=_as_json) + "\n")
    sys.stdout.flush()


def say_json_line(value: Any) -> None:
    """Print one JSON value on a line of its own: what scripts read line by line."""
    sys.stdout.write(json.dumps(value, ensure_ascii=True, default=_as_json) + "\n")


def say_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    """Print a listing with a heading, or the line `empty` when there is nothing."""
    cells = [[harmless(_cell(cell)).replace("\n", " ") for cell in row] for row in rows]
    if not cells:
        say(empty)
        return
    if sys.stdout.isatty():
        _draw(columns, cells)
        return
    widths = [max(len(row[at]) for row in [columns, *cells]) for at in range(len(columns))]
    for row in [columns, *cells]:
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def say_facts(facts: Iterable[tuple[str, object]]) -> None:
    """Print name and value pairs under one another; those without a value are left out."""
    shown = [(name, _cell(value)) for name, value in facts if value not in (None, "", [])]
    width = max((len(name) for name, _ in shown), default=0)
    for name, value in shown:
        first, *rest = value.splitlines() or [""]
        say(f"{name.ljust(width)}  {first}")
        for line in rest:
            say(f"{' ' * width}  {line}")


def warn(text: str) -> None:
    """Print a line for the person to standard error, beside whatever a script reads."""
    sys.stderr.write(f"{harmless(text)}\n")
    sys.stderr.flush()


def complain(error: LockhouseError) -> None:
    """Tell on standard error what failed: `lockhouse: message [code]`, or each mistake on its own line."""
    told = [str(mistake) for mistake in error.mistakes] if isinstance(error, Mistakes) else []
    told = told or _mistakes_in(getattr(error, "body", None))
    code = code_of(error)
    for line in told or [str(error) + (f" [{code}]" if f"[{code}]" not in str(error) else "")]:
        warn(f"lockhouse: {line}")


def harmless(text: str) -> str:
    """The text with control characters (but line feed and tab) shown instead of sent to the terminal."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() or character in "\n\t" else repr(character)[1:-1]
        for character in text
    )


def confirm(question: str, *, yes: bool) -> None:
    """Ask a person before what cannot be undone; a script is not asked. Raises typer.Abort."""
    if not yes and sys.stdin.isatty() and sys.stdout.isatty():
        typer.confirm(harmless(question), abort=True)


def _mistakes_in(body: Any) -> list[str]:
    """The mistakes that an App Connect door lists in its answer (`wire.problems.appconnect_problem`)."""
    error = body.get("error") if isinstance(body, dict) else None
    listed = error.get("mistakes") if isinstance(error, dict) else None
    texts = []
    for mistake in listed if isinstance(listed, list) else []:
        place = ":".join(str(mistake[part]) for part in ("file", "line", "column") if mistake.get(part))
        parts = [place, str(mistake.get("field") or ""), str(mistake.get("message", ""))]
        texts.append(": ".join(part for part in parts if part) + f" [{mistake.get('code', '')}]")
    return texts


def _draw(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(str(part) for part in value)
    return str(value)


def _as_json(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    from msgspec import to_builtins

    return to_builtins(value)
