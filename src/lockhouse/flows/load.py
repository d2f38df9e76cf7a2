"""An exported flow document → a Flow, or every mistake in it at once."""

from typing import Any

from lockhouse.documents import Limits, examine_yaml
from lockhouse.errors import Mistake, Mistakes
from lockhouse.flows.building import ActionInterface, Building
from lockhouse.flows.document import (
    API,
    INTEGRATION_VERSION,
    SCHEDULER,
    TRIGGER_ACTION,
    Assembly,
    EventTrigger,
    Flow,
    Model,
    Operation,
)
from lockhouse.flows.execution import Step, Steps
from lockhouse.flows.models import read_model
from lockhouse.flows.nodes import NODES, NOT_SUPPORTED
from lockhouse.flows.operations import BUILT_IN
from lockhouse.flows.reading import Part, Reading
from lockhouse.flows.scope import Found, Scope
from lockhouse.flows.starting import judge_options, way_of

MOST_BYTES = 800 * 1024
MOST_NODES = 10_000
DEEPEST = 20
_INTEGRATION = "#/integration"


def read_flow(text: bytes | str, *, file: str) -> Flow:
    """Read an exported flow document. Raises Mistakes, each with line and column."""
    flow, mistakes = examine_flow(text, file=file)
    if flow is None or mistakes:
        raise Mistakes(mistakes)
    return flow


def examine_flow(text: bytes | str, *, file: str) -> tuple[Flow | None, tuple[Mistake, ...]]:
    """What can be known of a document, and every mistake in it.

    With mistakes the flow must not be run, but still tells what was found; it is None when there is nothing
    to tell.
    """
    try:
        document, found = examine_yaml(text, file=file, limits=Limits(bytes=MOST_BYTES))
    except Mistakes as mistakes:
        return None, mistakes.mistakes
    if not isinstance(document.value, dict):
        return None, (*found, document.mistake("flow_not_a_mapping", "expected a flow document, a mapping"))
    reading = Reading(document)
    try:
        flow = _Loading(reading).flow()
    except Mistakes as mistakes:
        flow, found = None, (*found, *mistakes.mistakes)
    every = dict.fromkeys((*found, *reading.mistakes))
    return flow, tuple(sorted(every, key=lambda each: (each.line, each.column)))


class _Loading:
    """One document on its way to a Flow."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.root = reading.root()
        self.integration = self.root["integration"]
        self.found = Found()
        self.assemblies = {
            f"{_INTEGRATION}/assemblies/{name}": part["assembly"]
            for name, part in self.integration["assemblies"].fields()
        }
        self.triggers = {
            f"{_INTEGRATION}/trigger-interfaces/{name}": part
            for name, part in self.integration["trigger-interfaces"].fields()
        }
        self.models = {f"#/models/{name}": read_model(part) for name, part in self.root["models"].fields()}
        self.building = Building(
            interfaces=_interfaces(self.integration["action-interfaces"]),
            trigger_interfaces=self.triggers,
            compile_steps=self.steps,
            compile_assembly=self.assembly_steps,
        )
        self.open_assemblies: list[str] = []
        self.reached: set[str] = set()

    def flow(self) -> Flow:
        version = self.root["$integration"]
        if version.value != INTEGRATION_VERSION:
            version.mistake("flow_version", f"expected {INTEGRATION_VERSION}")
        kind = self.integration["type"]
        if kind.required_text() and kind.value not in (API, TRIGGER_ACTION):
            kind.mistake("flow_type", f"expected {API} or {TRIGGER_ACTION}")
        operations, events = self._starts()
        if not operations and not events:
            self.integration["trigger-interfaces"].mistake_at_key(
                "flow_never_starts", "expected an event-trigger or an api-trigger"
            )
        self._judge_the_unreachable()
        return self._made(operations, events)

    def _made(self, operations: list[Operation], events: list[EventTrigger]) -> Flow:
        found = self.found
        return Flow(
            name=self.integration["name"].required_text(),
            type=self.integration["type"].text(),
            description=self.integration["description"].text().strip(),
            operations=tuple(operations),
            event=events[0] if events else None,
            actions=tuple(found.actions),
            accounts=tuple(found.accounts),
            node_kinds=dict(sorted(found.node_kinds.items())),
            functions=tuple(sorted(found.functions)),
            unresolved=tuple(found.unresolved),
            warnings=tuple(self.reading.warnings),
            document=self.root.mapping(),
        )

    def _judge_the_unreachable(self) -> None:
        """Mistakes in assemblies that nothing reaches are told too; what they need is not asked for."""
        for ref, part in self.assemblies.items():
            if ref not in self.reached:
                part.warn("assembly_unreachable", "nothing reaches this assembly")
                warned = len(self.reading.warnings)
                self.steps(part["execute"], Scope(Found()))
                del self.reading.warnings[warned:]

    def _starts(self) -> tuple[list[Operation], list[EventTrigger]]:
        operations: list[Operation] = []
        events: list[EventTrigger] = []
        for part in self.triggers.values():
            kind = part["type"]
            if kind.value == "api-trigger":
                operations += self._operations(part)
            elif kind.value == "event-trigger":
                events += self._events(part)
            elif kind.value not in ("extract-trigger", "batch-completion-trigger"):
                kind.required_text()
                kind.mistake("trigger_type", "expected event-trigger, api-trigger or those of a batch")
        return operations, events

    def _events(self, part: Part) -> list[EventTrigger]:
        connector = part["connector-type"].required_text()
        account = part["account-name"].text() or None
        events = []
        for event, trigger in part["triggers"].fields():
            if connector != SCHEDULER:
                self.found.accounts[(connector, account)] = None
            options = trigger["options"].mapping()
            way = way_of(connector, event, options)
            judge_options(way, trigger["options"])
            events.append(
                EventTrigger(
                    connector=connector,
                    business_object=trigger["input-context"]["data"].text(),
                    event=event,
                    way=way,
                    options=options,
                    account_name=account,
                    assembly=self._assembly(trigger["assembly"], Scope(self.found)),
                )
            )
        if len(events) > 1:
            part["triggers"].warn("trigger_several_events", "only the first event starts the flow")
        return events

    def _operations(self, part: Part) -> list[Operation]:
        operations = []
        for resource in part["options"]["resources"].items():
            ref = resource["model"]["$ref"]
            model = self.models.get(ref.required_text())
            if model is None:
                ref.mistake("model_unknown", f"no model is at {ref.text()}")
                continue
            model_part = self.root["models"][ref.text().removeprefix("#/models/")]
            for name, trigger in resource["triggers"].fields():
                operations.append(self._operation(name, trigger, part["triggers"], model, model_part))
        return operations

    def _operation(
        self, name: str, trigger: Part, triggers: Part, model: Model, model_part: Part
    ) -> Operation:
        started = triggers[trigger.required_text()]
        if not started.is_there:
            trigger.mistake("trigger_unknown", f"no trigger is named {trigger.text()}")
        interaction = model_part["interactions"][name]
        method, paths, takes_body = _http_form(name, model, model_part["methods"][name], trigger)
        scope = Scope(self.found, response_schema=_response_schema(name, model))
        return Operation(
            name=name,
            model=model,
            method=method,
            paths=paths,
            assembly=self._assembly(started["assembly"], scope),
            takes_body=takes_body,
            queryable=tuple(
                field.text() for field in interaction["filterSupport"]["queryablefields"].items()
            ),
            pages=interaction["pagination-type"].value == "TOKEN_LIMIT",
        )

    def _assembly(self, part: Part, scope: Scope) -> Assembly:
        steps, _ = self.assembly_steps(part, scope)
        body = self.assemblies.get(part["$ref"].text())
        catches = body["catch"].items() if body else []
        if not catches:
            return Assembly(steps)
        in_catch = Scope(self.found, in_catch=True, response_schema=scope.response_schema)
        caught, _ = self.steps(catches[0]["default"], in_catch)
        return Assembly(steps, caught)

    def assembly_steps(self, part: Part, scope: Scope) -> tuple[Steps, Scope]:
        """The steps of the assembly that a part's `$ref` names."""
        ref = part["$ref"]
        name = ref.required_text()
        body = self.assemblies.get(name)
        if body is None:
            if ref.is_there:
                ref.mistake("assembly_unknown", f"no assembly is at {name}")
            return (), scope
        if name in self.open_assemblies or len(self.open_assemblies) >= DEEPEST:
            is_cycle = name in self.open_assemblies
            said = (
                "an assembly inside itself" if is_cycle else f"assemblies are nested at most {DEEPEST} deep"
            )
            ref.mistake("assembly_cycle" if is_cycle else "nodes_too_deep", said)
            return (), scope
        self.reached.add(name)
        self.open_assemblies.append(name)
        compiled = self.steps(body["execute"], scope)
        self.open_assemblies.pop()
        return compiled

    def steps(self, part: Part, scope: Scope) -> tuple[Steps, Scope]:
        """Compile a list of nodes; the scope that comes back has them all."""
        if len(part.path) > 60:
            part.mistake("nodes_too_deep", "nodes are nested too deep")
            return (), scope
        steps: list[Step] = []
        for node in part.items():
            fields = node.fields() if isinstance(node.value, dict) else []
            if len(fields) != 1:
                node.mistake("node_not_one_kind", "expected one key, the kind of the node")
            for kind, body in fields[:1]:
                step = self._node(kind, body, scope)
                if step is not None:
                    steps.append(step)
                    scope = scope.with_node(step.name)
        return tuple(steps), scope

    def _node(self, kind: str, body: Part, scope: Scope) -> Step | None:
        compile_node = NODES.get(kind)
        if compile_node is None:
            said = NOT_SUPPORTED.get(kind)
            message = f"{said} are not supported" if said else f"unknown kind of node: {kind[:80]}"
            body.mistake_at_key("node_not_supported" if said else "node_unknown", message)
            return None
        kinds = scope.found.node_kinds
        kinds[kind] = kinds.get(kind, 0) + 1
        if sum(kinds.values()) > MOST_NODES:
            # An assembly is compiled for each that uses it: a few of them can name each other to billions.
            raise Mistakes([body.reading.document.mistake("flow_too_large", f"at most {MOST_NODES} nodes")])
        if not body.mapping():
            body.mistake_at_key("node_empty", f"{kind}: expected a mapping")
            return None
        return compile_node(body, scope, self.building)


def _interfaces(part: Part) -> dict[str, ActionInterface]:
    interfaces = {}
    for name, each in part.fields():
        is_batch = each["type"].value == "batch-action"
        actions = each["actions"].fields()
        if len(actions) != 1:
            each["actions"].mistake_at_key("interface_action", "expected exactly one action")
        interfaces[f"{_INTEGRATION}/action-interfaces/{name}"] = ActionInterface(
            connector="" if is_batch else each["connector-type"].required_text(),
            business_object="" if is_batch else each["business-object"].required_text(),
            action=actions[0][0] if actions else "",
            account_name=each["account-name"].text() or None,
            part=each,
        )
    return interfaces


def _http_form(name: str, model: Model, method_part: Part, at: Part) -> tuple[str, tuple[str, ...], bool]:
    """Method, paths and whether there is a body. Custom operations say theirs, below the model's plural."""
    http = method_part["http"]
    if name in BUILT_IN and not http.is_there:
        method, path, takes_body = BUILT_IN[name]
        return method, (path.replace("{plural}", model.plural),), takes_body
    if not http.is_there:
        at.mistake(
            "operation_unknown", f"{name}: neither a built-in operation nor one of the model's methods"
        )
        return "POST", (f"/{model.plural}/{name}",), True
    verb = http["verb"].text("POST").upper()
    if verb not in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"):
        http["verb"].mistake("operation_verb", "expected GET, POST, PUT, PATCH, DELETE or HEAD")
    path = "/" + http["path"].text(name).strip("/").replace(":id", "{id}")
    whole = f"/{model.plural}{path}"
    paths = (whole,) if "{id}" in path else (whole, f"/{model.plural}/{{id}}{path}")
    return verb, paths, verb in ("POST", "PUT", "PATCH")


def _response_schema(operation: str, model: Model) -> dict[str, Any]:
    if operation != "retrieveall":
        return dict(model.schema)
    return {"type": "object", "properties": {model.name: {"type": "array", "items": model.schema}}}
