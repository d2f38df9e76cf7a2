"""What a node's compiler may ask for: interfaces, assemblies, and the steps of a nested list."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lockhouse.flows.execution import Step, Steps
from lockhouse.flows.reading import Part
from lockhouse.flows.scope import Scope


@dataclass(frozen=True, slots=True)
class ActionInterface:
    """One connector call as the document names it; `extract` and `completion` are `$ref`s of a batch."""

    connector: str
    business_object: str
    action: str
    account_name: str | None
    part: Part
    extract: str = ""
    completion: str = ""


@dataclass(frozen=True, slots=True)
class Building:
    """One flow that is being compiled.

    `compile_steps` takes a list of nodes and gives the steps and the scope after the last of them;
    `compile_assembly` the same for an assembly by its `$ref` (a part that holds `$ref`).
    """

    interfaces: Mapping[str, ActionInterface]
    trigger_interfaces: Mapping[str, Part]
    compile_steps: Callable[[Part, Scope], tuple[Steps, Scope]]
    compile_assembly: Callable[[Part, Scope], tuple[Steps, Scope]]


CompileNode = Callable[[Part, Scope, Building], Step]
"""Compiles one node; the part is its body, below the kind."""


def interface_of(part: Part, building: Building) -> ActionInterface | None:
    """The action-interface that a node's `target` names; a mistake is noted when there is none."""
    ref = part["target"]["$ref"]
    found = building.interfaces.get(ref.required_text())
    if found is None and ref.is_there:
        ref.mistake("interface_unknown", f"no action-interface is at {ref.value}")
    return found
