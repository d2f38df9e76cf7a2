"""A flow document as a person reads it: its nodes, branches and loops, with their names and conditions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lockhouse.flows.document import Flow

DEEPEST = 20


@dataclass(frozen=True, slots=True)
class Lane:
    """One way inside a node: a branch, the body of a loop, the records of a batch."""

    label: str
    nodes: "tuple[Node, ...]"
    end: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """A node: its kind, its name, what it does in a line; `connector` when it calls one."""

    kind: str
    name: str
    detail: str = ""
    connector: str = ""
    lanes: tuple[Lane, ...] = ()


@dataclass(frozen=True, slots=True)
class Start:
    """One way in which the flow starts, its nodes, and those of its catch."""

    title: str
    detail: str
    connector: str
    nodes: tuple[Node, ...]
    catch: tuple[Node, ...] | None = None


def outline(flow: Flow) -> tuple[Start, ...]:
    """How a flow starts and goes on: one for each operation of an API flow, one for an event flow."""
    return _Outline(flow).starts()


class _Outline:
    """One flow on its way to an outline. The document was checked when the flow was read."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        integration = flow.document["integration"]
        self.assemblies = integration.get("assemblies") or {}
        self.interfaces = integration.get("action-interfaces") or {}
        self.triggers = integration.get("trigger-interfaces") or {}

    def starts(self) -> tuple[Start, ...]:
        started: list[Start] = []
        for trigger in self.triggers.values():
            if trigger.get("type") == "api-trigger":
                started += self._operations(trigger)
            elif trigger.get("type") == "event-trigger":
                started += self._events(trigger)
        return tuple(started)

    def _operations(self, trigger: Mapping[str, Any]) -> list[Start]:
        paths = {each.name: f"{each.method} {each.paths[0]}" for each in self.flow.operations}
        started = []
        for resource in trigger["options"]["resources"]:
            for operation, name in (resource.get("triggers") or {}).items():
                assembly = trigger["triggers"][name]["assembly"]
                started.append(self._start(operation, paths.get(operation, ""), "", assembly))
        return started

    def _events(self, trigger: Mapping[str, Any]) -> list[Start]:
        return [
            self._start(
                event,
                str((each.get("input-context") or {}).get("data", "")),
                str(trigger["connector-type"]),
                each["assembly"],
            )
            for event, each in trigger["triggers"].items()
        ][:1]

    def _start(self, title: str, detail: str, connector: str, assembly: Mapping[str, Any]) -> Start:
        body = self._body(assembly)
        catches = body.get("catch")
        return Start(
            title=title,
            detail=detail,
            connector=connector,
            nodes=self._nodes(body.get("execute"), 0),
            catch=self._nodes(catches[0].get("default"), 0) if catches else None,
        )

    def _body(self, assembly: Any) -> Mapping[str, Any]:
        name = str((assembly or {}).get("$ref", "")).removeprefix("#/integration/assemblies/")
        body: Mapping[str, Any] = (self.assemblies.get(name) or {}).get("assembly") or {}
        return body

    def _nodes(self, listed: Any, depth: int) -> tuple[Node, ...]:
        if depth > DEEPEST:
            return ()
        return tuple(
            self._node(kind, body, depth + 1) for node in listed or () for kind, body in node.items()
        )

    def _node(self, kind: str, body: Mapping[str, Any], depth: int) -> Node:
        name = str(body.get("name", ""))
        if kind == "if":
            return Node(kind, name, lanes=self._branches(body, depth))
        if kind == "for-each":
            source = str((body.get("source") or {}).get("expression", "")).strip()
            nodes = self._nodes(self._body(body.get("assembly")).get("execute"), depth)
            return Node(
                kind, name, f"{body.get('mode', 'sequential')}: {source}", lanes=(Lane("each item", nodes),)
            )
        if kind == "batch-retrieve-action":
            return self._batch(name, body, depth)
        interface = self._interface(body)
        if interface:
            action = next(iter(interface.get("actions") or {}), "")
            what = f"{interface.get('business-object', '')} {action}".strip()
            return Node(kind, name, what, str(interface.get("connector-type", "")))
        return Node(kind, name, _detail(kind, body))

    def _interface(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        ref = str((body.get("target") or {}).get("$ref", ""))
        found: Mapping[str, Any] = (
            self.interfaces.get(ref.removeprefix("#/integration/action-interfaces/")) or {}
        )
        return found

    def _branches(self, body: Mapping[str, Any], depth: int) -> tuple[Lane, ...]:
        lanes = [
            Lane(
                condition_text(branch.get("condition")),
                self._nodes(branch.get("execute"), depth),
                _end(branch),
            )
            for branch in body.get("branch") or ()
        ]
        otherwise = body.get("else") or {}
        return (*lanes, Lane("else", self._nodes(otherwise.get("execute"), depth), _end(otherwise)))

    def _batch(self, name: str, body: Mapping[str, Any], depth: int) -> Node:
        options = self._interface(body).get("options") or {}
        extract = self._trigger(options.get("extract"))
        triggers: dict[str, Any] = extract.get("triggers") or {}
        action, event = next(iter(triggers.items())) if triggers else ("", {})
        lanes = [Lane("each record", self._nodes(self._body(event.get("assembly")).get("execute"), depth))]
        completion = self._trigger(options.get("completion")).get("triggers") or {}
        lanes += [
            Lane("when complete", self._nodes(self._body(done.get("assembly")).get("execute"), depth))
            for done in completion.values()
        ]
        business_object = (event.get("input-context") or {}).get("data", "")
        connector = str(extract.get("connector-type", ""))
        return Node("batch-retrieve-action", name, f"{business_object} {action}", connector, tuple(lanes))

    def _trigger(self, part: Any) -> Mapping[str, Any]:
        ref = str((part or {}).get("$ref", ""))
        found: Mapping[str, Any] = (
            self.triggers.get(ref.removeprefix("#/integration/trigger-interfaces/")) or {}
        )
        return found


def _detail(kind: str, body: Mapping[str, Any]) -> str:
    if kind == "response":
        return " or ".join(
            str(reply.get("status-code", 200)).strip() for reply in body.get("reply-maps") or ()
        )
    if kind == "parse":
        return str(body.get("parse-format", ""))
    return ""


def _end(branch: Mapping[str, Any]) -> str:
    terminate = (branch.get("completion-action") or {}).get("terminate") or {}
    for kind, end in terminate.items():
        said = str((end or {}).get("message", "")).strip()
        return f"{'fails' if kind == 'error' else 'ends'}: {said}"
    return ""


_SIGNS = {"=": "=", "eq": "=", "neq": "≠", "gt": ">", "gte": "≥", "lt": "<", "lte": "≤"}


def condition_text(condition: Any) -> str:
    """A condition as a line: `$Trigger.Amount ≥ 500 and $a = b`."""
    if not isinstance(condition, dict):
        return ""
    said = []
    for left, right in condition.items():
        if left in ("and", "or") and isinstance(right, list):
            said.append(f" {left} ".join(condition_text(each) for each in right))
        elif left != "hashKey":
            said.append(_comparison(left, right))
    return " and ".join(said)


def _comparison(left: str, right: Any) -> str:
    compared = {"=": right} if not isinstance(right, dict) else right
    return " and ".join(
        f"{_bare(left)} {_SIGNS.get(sign, sign)} {_bare(str(value)) or 'empty'}"
        for sign, value in compared.items()
        if sign != "hashKey"
    )


def _bare(text: str) -> str:
    text = " ".join(text.split())
    return (
        text[2:-2].strip()
        if text.startswith("{{") and text.endswith("}}") and text.count("{{") == 1
        else text
    )
