"""Writes the pages of docs/ that are made from the code: `make docs`. A test holds them up to date."""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import typer

from lockhouse import settings
from lockhouse.cli.root import app

FOLDER = Path(__file__).resolve().parent
_MADE = "<!-- Made by `make docs` from the code. Change it there. -->"


def commands_page() -> str:
    """Every command with its arguments and options."""
    lines = ["# Commands", "", _MADE, "", _text(app.info.help), "", _text(app.info.epilog), ""]
    lines += [
        "Exit status: 0 done, 1 the thing failed, 2 the command was not understood. What failed is told on",
        "standard error, one line for each mistake, with a stable code in square brackets. With `--json`,",
        "standard output holds one JSON value and nothing else. Values of keys and passwords are never an argument.",
        "",
    ]
    for path, command in _commands(typer.main.get_command(app), "lockhouse"):
        lines += [f"## `{path}`", "", _text(command.help), ""]
        lines += [f"- {_parameter(parameter)}" for parameter in command.params if _is_shown(parameter)]
        lines += [""]
    return "\n".join(lines).rstrip() + "\n"


def settings_page() -> str:
    """Every environment variable."""
    lines = [
        "# Settings",
        "",
        _MADE,
        "",
        "Settings are environment variables. `lockhouse up` takes the first few as options too.",
        "",
    ]
    for heading, kind in (("The platform", settings.Settings), ("Commands", settings.ClientSettings)):
        plain = kind()
        lines += [f"## {heading}", "", "| variable | default | meaning |", "| --- | --- | --- |"]
        for name, meaning in _described(kind):
            variable = f"LOCKHOUSE_{name.upper()}"
            told = meaning.removeprefix(f"{variable}: ")
            lines.append(f"| `{variable}` | {_default(getattr(plain, name))} | {told} |")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


PAGES = {"commands.md": commands_page, "settings.md": settings_page}


def _commands(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    for name, child in getattr(command, "commands", {}).items():
        if child.hidden:
            continue
        if getattr(child, "commands", None):
            yield from _commands(child, f"{path} {name}")
        else:
            yield f"{path} {name}", child


def _is_shown(parameter: Any) -> bool:
    return not getattr(parameter, "hidden", False) and "--help" not in parameter.opts


def _parameter(parameter: Any) -> str:
    words = " ".join(f"`{word}`" for word in parameter.opts)
    if parameter.param_type_name == "argument":
        words = f"`{(parameter.metavar or parameter.name).upper()}`"
    elif parameter.metavar:
        words += f" {parameter.metavar}"
    needed = " Required." if parameter.required and parameter.param_type_name == "option" else ""
    return f"{words}: {_text(parameter.help)}{needed}"


def _text(text: str | None) -> str:
    return " ".join(inspect.cleandoc(text or "").split())


def _default(value: object) -> str:
    if value in (None, "", ()):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _described(kind: type) -> Iterator[tuple[str, str]]:
    """The fields of a class with the text that stands below each."""
    body = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0].body  # type: ignore[attr-defined]
    for field, text in pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr):
            yield field.target.id, _text(text.value.value)


if __name__ == "__main__":
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), encoding="utf-8")
