"""What `flow check` tells of one document."""

from pathlib import Path
from typing import Any

from lockhouse.connectors.catalogue import CannotLoad, Catalogue
from lockhouse.connectors.errors import UnknownAction, UnknownConnector
from lockhouse.connectors.execute import find_action
from lockhouse.connectors.model import Connector
from lockhouse.errors import Mistake, Mistakes
from lockhouse.flows import Flow, examine_flow
from lockhouse.flows.document import SCHEDULER


def report_of(path: Path, content: bytes | Mistake) -> dict[str, Any]:
    """The report on a document, or on a file that cannot be read; `ok` speaks of the document alone.

    Shape: file, ok, name, type, trigger, connectors, operations (`connector|business_object|ACTION`),
    node_kinds, functions, accounts, variables (those that will be nothing), errors, warnings.
    """
    flow: Flow | None = None
    mistakes: tuple[Mistake, ...]
    if isinstance(content, Mistake):
        mistakes = (content,)
    else:
        flow, mistakes = examine_flow(content, file=str(path))
    return {
        "file": str(path),
        "ok": not mistakes,
        "name": flow.name if flow else "",
        "type": flow.type if flow else "",
        "trigger": _start(flow) if flow else "",
        "connectors": list(flow.connectors) if flow else [],
        "operations": sorted("|".join(action) for action in flow.actions) if flow else [],
        "node_kinds": list(flow.node_kinds) if flow else [],
        "functions": [f"${name}" for name in flow.functions] if flow else [],
        "accounts": [{"connector": name, "account_name": account} for name, account in flow.accounts]
        if flow
        else [],
        "variables": list(flow.unresolved) if flow else [],
        "errors": [_told(each) for each in mistakes],
        "warnings": [_told(each) for each in flow.warnings] if flow else [],
    }


def _start(flow: Flow) -> str:
    if flow.event is None:
        return ", ".join(f"{each.method} {each.paths[0]}" for each in flow.operations)
    return f"{flow.event.connector}|{flow.event.business_object}|{flow.event.event} ({flow.event.way})"


def _told(mistake: Mistake) -> dict[str, Any]:
    return {
        "code": mistake.code,
        "message": mistake.message,
        "line": mistake.line,
        "column": mistake.column,
        "field": mistake.field,
    }


def can_run_here(report: dict[str, Any], installed: Catalogue) -> dict[str, Any]:
    """Whether everything that the document needs is installed: `runs_here`, what is `not_installed`, and why
    the manifest of a connector cannot be read, one text for each mistake (`broken_connectors`).
    """
    broken: list[str] = []
    connectors = {
        name: _loaded(name, installed, broken) for name in report["connectors"] if name != SCHEDULER
    }
    missing = [name for name, connector in connectors.items() if connector is None]
    for operation in report["operations"]:
        name, business_object, action = operation.split("|", 2)
        connector = connectors.get(name)
        if connector is not None and not _has(connector, business_object, action):
            missing.append(operation)
    runs_here = bool(report["ok"]) and not missing
    return {"runs_here": runs_here, "not_installed": missing, "broken_connectors": broken}


def _loaded(name: str, installed: Catalogue, broken: list[str]) -> Connector | None:
    try:
        return installed.get(name)
    except UnknownConnector:
        return None
    except CannotLoad as error:
        broken.append(str(error))
    except Mistakes as error:
        broken += [str(mistake) for mistake in error.mistakes]
    return None


def _has(connector: Connector, business_object: str, action: str) -> bool:
    try:
        find_action(connector, business_object, action)
    except UnknownAction:
        return False
    return True
