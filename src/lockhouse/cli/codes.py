"""A code for a password, which is given once: where it goes, and that it gets there before it is made."""

import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lockhouse.cli import terminal
from lockhouse.cli.options import NotUnderstood

if TYPE_CHECKING:
    from lockhouse.cli.connection import Connection

CodeFile = Annotated[
    Path | None,
    typer.Option(
        "--file", help="Write the code there as JSON, in a file readable by you alone.", dir_okay=False
    ),
]
ShowCode = Annotated[bool, typer.Option("--show", help="Print the code to standard output.")]
Force = Annotated[bool, typer.Option("--force", help="Replace the file of --file if there is one.")]

_USE = "With it a password is set, once: lockhouse user set-password, or “Set a password” in the console."


def asked_with_code(
    work: "Callable[[Connection], Awaitable[dict[str, Any]]]",
    *,
    file: Path | None,
    show: bool,
    force: bool,
    apikey_file: Path | None,
) -> dict[str, Any]:
    """What `work` answers; its code is in the file, if one was named, before anything is said.

    Raises NotUnderstood when the code would go nowhere, FileUnusable, and what `work` raises.
    """
    from lockhouse.cli import keyfile
    from lockhouse.cli.connection import ask_platform

    if file is None:
        if not show:
            raise NotUnderstood("say where the code goes: --file code.json, or --show to print it")
        return ask_platform(work, apikey_file=apikey_file)
    with keyfile.reserved(file, replace=force, text_of=_file_of) as write:
        answer = ask_platform(work, apikey_file=apikey_file)
        if "code" in answer:
            write(answer)
    return answer


def without_code(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The answer for those who did not ask to see the code."""
    return {name: value for name, value in answer.items() if name != "code"}


def tell_code(answer: Mapping[str, Any], *, file: Path | None, show: bool) -> None:
    """Say where the code is, and what for; the code itself only with `show`, as the last line."""
    if file is not None:
        terminal.say(f"The code is in {file}; it cannot be shown again.")
    terminal.say(_USE)
    if show:
        terminal.say(answer["code"])


def _file_of(answer: Mapping[str, Any]) -> str:
    return json.dumps(answer, indent=2) + "\n"
