"""Which variables an expression may read, decided when the flow is loaded (flow-document.md, section 5)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lockhouse.flows.reading import Part
from lockhouse.flows.refs import (
    API,
    ERROR,
    FLOW_DETAILS,
    TRIGGER,
    Key,
    item_key,
    iterator_key,
    parse_ref,
    payload_key,
    response_key,
    squeezed,
)


@dataclass(slots=True)
class Found:
    """What loading a flow found out about it, shared by all its scopes."""

    node_kinds: dict[str, int] = field(default_factory=dict)
    functions: set[str] = field(default_factory=set)
    actions: dict[tuple[str, str, str], None] = field(default_factory=dict)
    accounts: dict[tuple[str, str | None], None] = field(default_factory=dict)
    unresolved: dict[str, None] = field(default_factory=dict)
    node_names: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Scope:
    """What is visible at one place of a flow.

    `nodes` ran before, `blocks` have an item: squeezed name → names, the nearest last.
    """

    found: Found
    nodes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    blocks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    iterators: frozenset[str] = frozenset()
    in_catch: bool = False
    response_schema: Mapping[str, Any] = field(default_factory=dict)

    def with_node(self, name: str) -> "Scope":
        """The scope after a node."""
        return replace(self, nodes=_with(self.nodes, name))

    def with_block(self, name: str) -> "Scope":
        """The scope inside a loop or batch process, where its item is."""
        return replace(self, blocks=_with(self.blocks, name))

    def with_iterator(self, name: str) -> "Scope":
        """The scope inside a map's foreach."""
        return replace(self, iterators=self.iterators | {name})

    def resolve(self, variable: str, inputs: Mapping[str, str], part: Part) -> Key | None:
        """The key of a variable used at this part; None, and a warning, when it will be nothing."""
        if variable in self.iterators:
            return iterator_key(variable)
        declared = inputs.get(variable)
        key = self._declared(declared) if declared is not None else None
        if key is not None:
            return key
        key = self._by_name(variable)
        if key is None:
            self.found.unresolved[variable] = None
            said = "no input declares it" if declared is None else f"nothing is at {declared}"
            part.warn("variable_unresolved", f"${variable} is nothing: {said}")
        elif declared is None:
            part.warn(
                "variable_undeclared", f"${variable} is used but no input declares it; read by its name"
            )
        else:
            part.warn("variable_reference", f"${variable}: nothing is at {declared}; read by its name")
        return key

    def _declared(self, ref: str) -> Key | None:
        parsed = parse_ref(ref)
        if parsed is None:
            return None
        if parsed.node:
            return parsed.key if _is_among(parsed.node, self.nodes) else None
        if parsed.block:
            return parsed.key if _is_among(parsed.block, self.blocks) else None
        return parsed.key if parsed.key != ERROR or self.in_catch else None

    def _by_name(self, variable: str) -> Key | None:
        fixed = {"Trigger": TRIGGER, "Request": TRIGGER, "api": API, "flowDetails": FLOW_DETAILS}
        if self.in_catch:
            fixed["errorDetails"] = ERROR
        if variable in fixed:
            return fixed[variable]
        # Of two names that squeeze to the same, the nearest is meant.
        if variable in self.nodes:
            return payload_key(self.nodes[variable][-1])
        if (name := variable.removesuffix("Metadata")) != variable and name in self.nodes:
            return response_key(self.nodes[name][-1])
        for name in (variable.removesuffix("item"), variable):
            if name in self.blocks:
                return item_key(self.blocks[name][-1])
        return None


def _with(names: Mapping[str, tuple[str, ...]], name: str) -> Mapping[str, tuple[str, ...]]:
    short = squeezed(name)
    return {**names, short: (*names.get(short, ()), name)}


def _is_among(name: str, names: Mapping[str, tuple[str, ...]]) -> bool:
    return name in names.get(squeezed(name), ())


def inputs_of(part: Part) -> dict[str, str]:
    """The variables that a list `input` declares: name → `$ref`."""
    declared = {}
    for entry in part.items():
        name, ref = entry["variable"].required_text(), entry["$ref"].required_text()
        if name:
            declared[name] = ref
    return declared
