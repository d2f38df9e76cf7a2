"""Exported documents become flows, or every mistake in them is told with its place."""

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lockhouse.errors import Mistake, Mistakes
from lockhouse.flows import Flow, examine_flow, read_flow

Written = Callable[..., str]


def mistakes_in(text: str) -> list[Mistake]:
    with pytest.raises(Mistakes) as refused:
        read_flow(text, file="flow.yaml")
    return list(refused.value.mistakes)


def published(shared: Path) -> dict[str, Flow]:
    folder = shared / "corpus/flows"
    return {path.stem: read_flow(path.read_bytes(), file=path.name) for path in sorted(folder.glob("*.yaml"))}


def test_every_published_flow_is_read(shared: Path) -> None:
    flows = published(shared)
    kinds = {kind for flow in flows.values() for kind in flow.node_kinds}

    assert len(flows) == 279
    assert len(kinds) == 13
    assert sum(flow.type == "api" for flow in flows.values()) == 17
    assert sum(flow.event is not None for flow in flows.values()) == 262


def test_the_three_malformed_documents_are_told_with_their_places(shared: Path) -> None:
    odd = {
        (each.code, each.line)
        for flow in published(shared).values()
        for each in flow.warnings
        if not each.code.startswith(("variable", "assembly", "schedule", "sql"))
    }

    assert odd == {("yaml_tab", 59), ("map_malformed", 195), ("action_missing", 72)}


def test_a_flow_tells_what_it_needs(shared: Path) -> None:
    flow = published(shared)["An API to create a contact in Salesforce using a name and email address"]

    assert (flow.name, flow.type) == ("Customer API", "api")
    assert flow.actions == (("salesforce", "Contact", "CREATE"),)
    assert flow.accounts == (("salesforce", None),)
    assert flow.connectors == ("salesforce",)
    assert flow.node_kinds == {"create-action": 1, "response": 1}
    assert [(each.name, each.method, each.paths) for each in flow.operations] == [
        ("create", "POST", ("/Customer",))
    ]


def test_an_account_of_a_flow_is_the_one_it_names_or_the_default(written: Written) -> None:
    text = written(
        """
        - create-action: {name: A, target: slack.message.CREATE}
        - create-action: {name: B, target: {$ref: '#/integration/action-interfaces/mine'}}
        """,
        interfaces="""
        mine:
          type: api-action
          connector-type: slack
          business-object: message
          actions: {CREATE: {}}
          account-name: Ops
        """,
    )
    flow = read_flow(text, file="flow.yaml")

    assert flow.accounts == (("salesforce", None), ("slack", None), ("slack", "Ops"))
    assert flow.actions == (("slack", "message", "CREATE"),)


@pytest.mark.parametrize(
    ("event", "options", "connector", "way"),
    [
        ("SCHEDULE", "{}", "streaming-connector-scheduler", "schedule"),
        ("CREATED_POLLER", "{}", "github", "poll"),
        ("CREATED", "{webhookURLSuffix: default}", "github", "webhook"),
        ("CREATED", "{}", "salesforce", "push"),
    ],
)
def test_an_event_flow_tells_how_it_starts(
    written: Written, event: str, options: str, connector: str, way: str
) -> None:
    text = written("").replace("CREATED:", f"{event}:").replace("options: {}", f"options: {options}")
    flow = read_flow(text.replace("connector-type: salesforce", f"connector-type: {connector}"), file="f")

    assert flow.event is not None
    assert (flow.event.way, flow.event.event, flow.event.business_object) == (way, event, "Lead")
    assert flow.accounts == (() if way == "schedule" else ((connector, None),))


@pytest.mark.parametrize(
    ("subscription", "codes"),
    [
        ("{scheduleConfiguration: {interval: {unit: hour, value: 1}}}", []),
        ("{scheduleConfiguration: {calendar: {cronExp: '0 9 * * *'}}}", []),
        ("{scheduleConfiguration: ''}", ["schedule_unfinished"]),
        ("{}", ["schedule_unfinished"]),
    ],
)
def test_a_schedule_that_was_never_set_is_told(written: Written, subscription: str, codes: list[str]) -> None:
    text = written("").replace("connector-type: salesforce", "connector-type: streaming-connector-scheduler")
    flow = read_flow(text.replace("options: {}", f"options: {{subscription: {subscription}}}"), file="f")

    assert [warning.code for warning in flow.warnings] == codes


NODE = "- create-action: {name: A, target: slack.message.CREATE, map: {mappings: [%s]}}"


@pytest.mark.parametrize(
    ("nodes", "codes"),
    [
        ("- teleport: {name: A}", ["node_unknown"]),
        ("- notification: {name: A}", ["node_not_supported"]),
        ("- {if: {name: A}, else: {}}", ["node_not_one_kind", "if_without_branch"]),
        ("- create-action", ["node_not_one_kind"]),
        ("- logging: {}", ["node_empty"]),
        ("- ", ["flow_missing"]),
        ("- {if: {name: A, branch: [null]}}", ["if_without_branch", "flow_missing"]),
        ("- {response: {name: A, reply-maps: [null]}}", ["response_without_reply", "flow_missing"]),
        ("- create-action: {name: A, target: {$ref: none}}", ["interface_unknown"]),
        ("- create-action: {target: slack.message.CREATE}", ["flow_missing"]),
        (NODE % "{text: {template: '{{$Trigger.'}}", ["template_unclosed"]),
        (NODE % "{text: {template: '{{$Trigger. }}'}}", ["expression_syntax"]),
        (NODE % "{text: {expression: '1 +'}}", ["expression_syntax"]),
        (NODE % "{text: {foreach: {input: '[', iterator: i, mappings: []}}}", ["expression_syntax"]),
        (NODE.replace("map: {", "map: {$map: 'http://else.example', ") % "", ["map_version"]),
        ("- update-action: {name: A, target: a.b.UPDATEALL, map: {}}", ["filter_missing"]),
        ("- delete-action: {name: A, target: slack.m.DELETEALL, filter: {where: {}}}", ["filter_missing"]),
        ("- retrieve-action: {name: A, target: a.b.GET, filter: {limit: x}}", ["flow_not_a_number"]),
        ("- retrieve-action: {name: A, target: a.b.GET, allow-truncation: 1}", ["flow_not_a_boolean"]),
        ("- if: {name: A, branch: [{condition: {'{{1}}': {near: '2'}}}]}", ["condition_operator"]),
        ("- if: {name: A, branch: [{condition: {}}]}", ["condition_empty"]),
        ("- if: {name: A, branch: [{}]}", ["condition_empty"]),
        ("- for-each: {name: A, TO/none'}, source: {expression: $x}}", ["assembly_unknown"]),
        ("- for-each: {name: A, TO/assembly-1'}, source: {expression: $x}}", ["assembly_cycle"]),
        ("- for-each: {name: A, mode: both, TO/b'}, source: {}}", ["for_each_mode", "flow_missing"]),
        ("- parse: {name: A, parse-format: yaml, source: {template: x}}", ["parse_format"]),
        ("- response: {name: A, reply-maps: [{status-code: 99, map: {}}]}", ["status_code"]),
        ("- response: {name: A}", ["response_without_reply"]),
    ],
)  # fmt: skip
def test_a_mistake_in_a_node_is_told_with_its_place(written: Written, nodes: str, codes: list[str]) -> None:
    text = written(nodes.replace("TO", "assembly: {$ref: '#/integration/assemblies"), assemblies={"b": "[]"})
    found = mistakes_in(text)
    line = text.splitlines().index("        execute:") + 2

    assert [mistake.code for mistake in found] == codes
    assert all(
        mistake.line == line and mistake.column > 10 and mistake.file == "flow.yaml" for mistake in found
    )


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("http://ibm.com/appconnect/integration/v2/integrationFile", "http://ibm.com/v3", "flow_version"),
        ("type: trigger-action", "type: cron", "flow_type"),
        ("type: trigger-action", "kind: x", "flow_missing"),
        ("name: A flow", "name: ''", "flow_missing"),
        ("type: event-trigger", "type: psychic-trigger", "trigger_type"),
        ("connector-type: salesforce", "connector: salesforce", "flow_missing"),
        ("assembly: {$ref: '#/integration/assemblies/assembly-1'}", "assembly: {}", "flow_missing"),
        ("assemblies:", "assembly:", "assembly_unknown"),
        ("type: event-trigger", "type: extract-trigger", "flow_never_starts"),
        ("actions: {CREATE: {}}", "actions: {}", "interface_action"),
        ("actions: {CREATE: {}}", "actions: {CREATE: {}, DELETE: {}}", "interface_action"),
        ("connector-type: slack", "connector-type: ''", "flow_missing"),
    ],
)
def test_a_mistake_around_the_nodes_is_told_too(written: Written, old: str, new: str, code: str) -> None:
    text = written("- create-action: {name: A, target: slack.message.CREATE}")
    found = mistakes_in(text.replace(old, new))

    assert code in [mistake.code for mistake in found]
    assert all(mistake.line > 0 for mistake in found)


def test_all_mistakes_are_told_at_once_and_in_order(written: Written) -> None:
    found = mistakes_in(
        written(
            """
            - teleport: {name: A}
            - create-action: {name: B, target: {$ref: nowhere}, map: {mappings: [{a: {template: '{{'}}]}}
            - logging: {name: C, map: {mappings: [{logMessage: {expression: '('}}]}}
            """,
            assemblies={"unused": "- vanish: {name: D}"},
        )
    )

    assert [mistake.code for mistake in found] == [
        "node_unknown", "interface_unknown", "template_unclosed", "expression_syntax", "node_unknown",
    ]  # fmt: skip
    assert [mistake.line for mistake in found] == sorted(mistake.line for mistake in found)


@pytest.mark.parametrize(
    "text", ["", "[]", "just text", "5", "a: 1", "integration: []", "integration: {assemblies: x}"]
)
def test_what_is_no_flow_is_refused(text: str) -> None:
    assert mistakes_in(text)


def test_a_document_that_would_grow_beyond_reason_is_refused_soon(written: Written) -> None:
    to = "{$ref: '#/integration/assemblies/a%d'}"
    loop = "- for-each: {name: L%d-%d, assembly: " + to + ", source: {expression: '[1]'}}"
    bomb = {
        f"a{level}": "\n".join(loop % (level, number, level + 1) for number in range(10))
        for level in range(8)
    } | {"a8": "[]"}
    chain = {f"a{level}": loop % (level, 0, level + 1) for level in range(2000)} | {"a2000": "[]"}
    nested = "- if: {name: I, branch: [{condition: {a: b}, execute: [%s]}]}"
    deep = "{if: {name: I, branch: [{condition: {a: b}, execute: []}]}}"
    for _ in range(20):
        deep = "{if: {name: I, branch: [{condition: {a: b}, execute: [" + deep + "]}]}}"
    started = time.process_time()

    assert mistakes_in(written(loop % (9, 9, 0), assemblies=bomb))[0].code == "flow_too_large"
    assert mistakes_in(written(loop % (9, 9, 0), assemblies=chain))[0].code == "nodes_too_deep"
    assert mistakes_in(written(nested % deep))[0].code in ("nodes_too_deep", "yaml_too_deep")
    assert time.process_time() - started < 15


def test_mistakes_of_yaml_and_of_the_flow_are_told_together(written: Written) -> None:
    text = written(
        "- logging: {name: L, map: {mappings: [{logMessage: {template: '{{$Trigger'}}]}}\n- notify: {}"
    )
    found = mistakes_in(text.replace("  name: A flow\n", "  name: A flow\n  name: !x Again\n"))

    assert [(each.code, each.line) for each in found] == [
        ("yaml_duplicate_key", 5),
        ("yaml_tag", 5),
        ("template_unclosed", 21),
        ("node_unknown", 22),
    ]


SCRAPS = (b"{{", b"}}", b"\t", b"\0", b": ", b"- ", b"&a ", b"*a", b"!!x ", b'"', b"'", b"{", b"[", b"\n",
          b"\xff", b"<<: ", b"9" * 100, b"$", b"`", b"null", b"#/block/", b"if: ", b"execute: ")  # fmt: skip


def damaged(text: bytes, rng: random.Random) -> bytes:
    found = bytearray(text)
    for _ in range(rng.choice((1, 1, 2, 5))):
        at, other = rng.randrange(len(found)), rng.randrange(len(found))
        length = rng.choice((1, 5, 60, 400))
        found[at : at + rng.choice((0, length))] = rng.choice(
            (b"", rng.choice(SCRAPS), found[other : other + length])
        )
    return bytes(found)


def test_a_damaged_document_is_refused_with_places_or_is_a_flow(shared: Path) -> None:
    rng = random.Random(20240314)
    texts = [path.read_bytes() for path in sorted((shared / "corpus/flows").glob("*.yaml"))[::7]]
    for _ in range(250):
        flow, mistakes = examine_flow(damaged(rng.choice(texts), rng), file="flow.yaml")

        assert all(each.line and each.column and each.code and each.message for each in mistakes)
        assert flow is not None or mistakes
