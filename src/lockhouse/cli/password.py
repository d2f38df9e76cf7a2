"""`lockhouse user set-password`: a code of an invitation or a reset becomes a password, without an API key.

Neither is ever an argument, where other users of the machine and the shell's history would see it.
"""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lockhouse.cli import terminal
from lockhouse.cli.options import FileUnusable, NotUnderstood, read_text

if TYPE_CHECKING:
    from lockhouse.sealing import Secret


def set_password(
    code_file: Annotated[
        Path | None,
        typer.Option(
            "--code-file",
            metavar="FILE",
            help="Read the code there: the file that invite or reset-password wrote, or the code alone. "
            "- is standard input. Without it you are asked.",
        ),
    ] = None,
    password_file: Annotated[
        Path | None,
        typer.Option(
            "--password-file",
            metavar="FILE",
            help="Read the new password there, one line. - is standard input. Without it you are asked.",
        ),
    ] = None,
) -> None:
    """Set your password with the code that you were given, and join the account if you were invited.

    It needs no API key. The code is good once.
    """
    from lockhouse.cli.connection import ask_unsigned

    if str(code_file) == str(password_file) == "-":
        raise NotUnderstood("only one of code and password can come from standard input")
    if (code_file is None or password_file is None) and not sys.stdin.isatty():
        raise NotUnderstood("without a terminal, give --code-file FILE and --password-file FILE")
    code = _asked("Code") if code_file is None else _code_in(code_file)
    password = asked_password("New password", password_file, again=True)
    ask_unsigned(lambda iam: iam.set_password(code, password))
    terminal.say("The password is set.")


def asked_password(what: str, file: Path | None, *, again: bool = False) -> "Secret":
    """A password: the line of a file, or what somebody types. Raises FileUnusable, NotUnderstood."""
    from lockhouse.sealing import Secret

    if file is not None:
        return Secret(read_text(file).removesuffix("\n").removesuffix("\r"))
    if not sys.stdin.isatty():
        raise NotUnderstood("without a terminal, give --password-file FILE")
    return _asked(what, again=again)


def _asked(what: str, *, again: bool = False) -> "Secret":
    from lockhouse.sealing import Secret

    return Secret(str(typer.prompt(what, hide_input=True, confirmation_prompt=again)).strip("\r\n"))


def _code_in(file: Path) -> "Secret":
    """The code in a file. Raises FileUnusable."""
    from lockhouse.sealing import Secret

    text = read_text(file).strip()
    if not text.startswith("{"):
        return Secret(text)
    try:
        code = json.loads(text).get("code")
    except (ValueError, RecursionError):
        code = None
    if not isinstance(code, str):
        raise FileUnusable(f"{file} holds no code: expected the file that invite or reset-password wrote")
    return Secret(code)
