"""Flows drawn as SVG."""

# ruff: noqa: E501 - rows of tables and of documents

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

from lockhouse.flows import read_flow
from lockhouse.flows.drawing import draw_flow

Written = Callable[..., str]


def drawn(text: str) -> tuple[str, list[str]]:
    """The SVG and its texts, in the order in which they are drawn."""
    svg = draw_flow(read_flow(text, file="f"))
    root = ET.fromstring(svg)
    return svg, [each.text or "" for each in root.iter("{http://www.w3.org/2000/svg}text")]


def test_a_person_sees_start_calls_branches_loops_and_ends(written: Written) -> None:
    _, texts = drawn(
        written(
            """
            - for-each:
                name: All orders
                source: {expression: '$Trigger.orders ', input(Trigger)}
                assembly: {$ref: '#/integration/assemblies/body'}
            """,
            assemblies={
                "body": """
                - if:
                    name: Big?
                    branch:
                      - condition: {'{{$Allordersitem.total}}': {gte: '500'}}
                        execute: [{create-action: {name: Tell, target: slack.message.CREATE}}]
                        completion-action: {terminate: {error: {message: too big, status-code: 400}}}
                    else: {execute: []}
                """
            },
            catch="- logging: {name: Oops, map: {mappings: []}}",
        )
    )

    for text in ("A flow", "CREATED", "salesforce: Lead", "All orders", "sequential: $Trigger.orders",
                 "each item", "Big?", "$Allordersitem.total ≥ 500", "else", "Tell", "slack: message CREATE", "SL", "fails",
                 "too big", "On an error", "Oops"):  # fmt: skip
        assert text in texts


def test_every_published_flow_is_drawn_and_shows_each_reachable_node(shared: Path) -> None:
    for path in (shared / "corpus/flows").glob("*.yaml"):
        flow = read_flow(path.read_bytes(), file=path.name)
        svg = draw_flow(flow)
        ET.fromstring(svg)
        cards = len(re.findall("<circle ", svg))

        assert cards >= sum(flow.node_kinds.values()) + 1
        assert "href" not in svg
        assert "<script" not in svg


def test_what_a_document_says_stays_text(written: Written) -> None:
    svg, texts = drawn(
        written(
            "- logging: {name: '</text><script>alert(1)</script>\\x00&amp;', map: {mappings: []}}"
        ).replace("name: A flow", "name: \"]]><b onload='x'> \\x07 \\ufffe\"")
    )

    assert "<script" not in svg
    assert any("alert(1)" in text for text in texts)
