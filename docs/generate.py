"""Writes the pages of docs/ that are made from the code: `make docs`. A test holds them up to date."""

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator, Mapping
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import typer

from lockhouse import settings
from lockhouse.appconnect import door as appconnect
from lockhouse.cli.root import app
from lockhouse.connectors.catalogue import load_catalogue
from lockhouse.connectors.pages import connector_page
from lockhouse.flows.constructs import constructs_tables
from lockhouse.iam import door as iam
from lockhouse.iam import token_api
from lockhouse.runtime import door as runtime
from lockhouse.runtime.configuration_types import CONFIGURATION_TYPES
from lockhouse.runtime.spec import WELL_KNOWN_FILES
from lockhouse.web.answers import Answers
from lockhouse.web.bodies import BODY_ANSWERS
from lockhouse.web.problems import COMMON_ANSWERS

FOLDER = Path(__file__).resolve().parent
_CONFIGURATIONS = """\
# Configurations

<!-- Made by `make docs` from the code. Change it there. -->

A configuration is named, typed content that integration servers are given besides their BARs. A server
lists its configurations by name; several servers may list the same one, and a server may list several. The
content is sealed when it arrives and never comes back. A server reads its configurations when it starts:
after a change, restart it.

**accounts** holds local connector accounts, as App Connect's `accounts.yaml` does:

```yaml
accounts:
  salesforce:                      # the application, as flows name it
    - name: Account 1              # the account-name of the flow, letter by letter
      authType: OAUTH2_PASSWORD    # may be left out where the application knows one way only
      credentials:
        username: svc@example.com
        password: EXAMPLE-PASSWORD-AND-TOKEN
        clientIdentity: EXAMPLE-CLIENT
        clientSecret: EXAMPLE-NOT-REAL
      endpoint: {loginUrl: "https://login.salesforce.com"}
```

**setdbparms** holds lines of three words. Lines whose user is `apikey` carry an API key for cloud-managed
connectors: for one flow, by the flow's name, or for every flow of the server. Lines for other resources are
kept and not used.

```text
Orders apikey EXAMPLE-KEY-NOT-REAL
AppConnectAPIKey apikey EXAMPLE-KEY-NOT-REAL
```

**apikey** is Lockhouse's own: the content of an `apiKey.json` as it was downloaded. It does what the second
line above does, and keeps the key's id, so that a failure can name the key, and the key's page the servers
that use it. `lockhouse configuration create NAME --apikey-file apiKey.json` makes one.

The other types of App Connect are accepted, so that existing deployments can be moved as they are.
"""
_ERRORS = """\
# Errors

<!-- Made by `make docs` from the code. Change it there. -->

Every failure has a stable code. Commands show it in square brackets; HTTP answers carry it in the body, in the
envelope of their door: `errorCode` under `/identity`, `errors[0].message_code` under `/v1`, `error.code`
elsewhere. Answers name a trace (`requestId`, `trace`), and so does the log line that belongs to them.

Mistakes in a document (flow, BAR, configuration, deployment) are told all at once: each with file, line, column,
field, a code of its own, and what was expected there. Nothing of such a document is stored.

## Met often

| code | what happened | what to do |
| --- | --- | --- |
| `BXNIM0415E` | the API key is unknown, deleted or mistyped; which, nobody is told | make a new key |
| `cloud_key_rejected` | the key of a server's configuration no longer works; the text says which key, which configuration and why | make a key, create the configuration again under its name, restart the server |
| `cloud_managed_requires_12.0.3.0-r1_or_earlier` | a later version was to use cloud-managed connectors or was given a key | deploy with an earlier `--version`, or with local accounts and without the key |
| `account_missing` | a flow names an account that neither the server's accounts nor the instance has | the text proposes the nearest name: correct the flow, or make the account |
| `unreachable` | nobody answers at `LOCKHOUSE_URL` | start the platform, or correct the address |
| `store_exists` | `init` found a store | use it, or choose another directory |
| `keyring_missing` | the sealing keys of the store are not there | restore `sealing.key` from your backup |
"""
_MADE = "<!-- Made by `make docs` from the code. Change it there. -->"


def commands_page() -> str:
    """Every command with its arguments and options."""
    lines = ["# Commands", "", _MADE, "", _text(app.info.help), "", _text(app.info.epilog), ""]
    lines += [
        "Exit status: 0 done, 1 the thing failed, 2 the command was not understood. What failed is told on",
        "standard error, one line for each mistake, with a stable code in square brackets. With `--json`,",
        "standard output holds one JSON value and nothing else. Values of keys are never an argument.",
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


def configurations_page() -> str:
    """Every type of configuration."""
    lines = [
        _CONFIGURATIONS,
        "| type | called | applied here | most of it on a server |",
        "| --- | --- | --- | --- |",
    ]
    for name, kind in CONFIGURATION_TYPES.items():
        applied = "yes" if kind.read else "no: kept and listed, the server says `TypeNotApplied`"
        lines.append(f"| `{name}` | {kind.title} | {applied} | {kind.most or 'any number'} |")
    lines += ["", "`lockhouse server run --configuration-dir` knows the type from the place: "]
    lines[-1] += ", ".join(f"`{name}` is `{kind}`" for name, kind in WELL_KNOWN_FILES.items())
    lines[-1] += "; any other lies at `<type>/<name>`."
    return "\n".join(lines) + "\n"


def errors_page() -> str:
    """Every code that a door answers."""
    lines = [_ERRORS]
    for heading, answers in _DOORS.items():
        lines += [f"## {heading}", "", "| code | status | meaning |", "| --- | --- | --- |"]
        rows = {(answer.code, answer.status, _meaning(error)) for error, answer in answers.items()}
        lines += [f"| `{code}` | {status} | {meaning} |" for code, status, meaning in sorted(rows)]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def compatibility_page() -> str:
    """The page as it is, with the tables of the flow language made anew between their marks."""
    page = (FOLDER / "compatibility.md").read_text(encoding="utf-8")
    before, start, rest = page.partition(
        "<!-- flow constructs, made by `make docs`: change them in the code -->\n"
    )
    _, end, after = rest.partition("<!-- end of the flow constructs -->\n")
    return f"{before}{start}\n{constructs_tables()}\n{end}{after}"


_DOORS: Mapping[str, Answers] = {
    "Tokens: `/identity/…`": token_api.ANSWERS,
    "Identities and keys: `/v1/…`": iam.ANSWERS | BODY_ANSWERS,
    "App Connect: `/appconnect/…`": appconnect.ANSWERS | COMMON_ANSWERS,
    "Servers: `/api/v1/…`": runtime.ANSWERS | COMMON_ANSWERS,
}

PAGES = {
    "commands.md": commands_page,
    "settings.md": settings_page,
    "configurations.md": configurations_page,
    "errors.md": errors_page,
    "compatibility.md": compatibility_page,
}


def _meaning(error: type[Exception]) -> str:
    """The first sentence of what a class says of itself."""
    return re.split(r"(?<=[.:])\s", _text(error.__doc__))[0].rstrip(".:")


CATALOGUE = load_catalogue()


def connectors_page() -> str:
    """The catalogue."""
    lines = ["# Connectors", "", _MADE, "", "| connector | application | level | actions |"]
    lines.append("| --- | --- | --- | --- |")
    for name in CATALOGUE.names():
        found = CATALOGUE.get(name)
        actions = len(found.describe()["actions"])
        lines.append(f"| [`{name}`]({name}.md) | {found.title} | {found.level} | {actions} |")
    lines += ["", "How one is written: [the standard](../connector-standard.md)."]
    return "\n".join(lines) + "\n"


CONNECTOR_PAGES = {"connectors/README.md": connectors_page} | {
    f"connectors/{name}.md": partial(connector_page, CATALOGUE.get(name), made=_MADE)
    for name in CATALOGUE.names()
}


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
    body = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0].body  # type: ignore[attr-defined]  # a class statement
    for field, text in pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr):
            yield field.target.id, _text(text.value.value)


if __name__ == "__main__":
    for name, page in (PAGES | CONNECTOR_PAGES).items():
        (FOLDER / name).parent.mkdir(exist_ok=True)
        (FOLDER / name).write_text(page(), encoding="utf-8")
