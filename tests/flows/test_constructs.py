"""The table of what is supported says what the code does."""

from lockhouse.flows.conditions import OPERATORS
from lockhouse.flows.constructs import CONSTRUCTS, constructs_tables
from lockhouse.flows.nodes import NODES, NOT_SUPPORTED
from lockhouse.flows.operations import BUILT_IN
from lockhouse.jsonata.functions import APP_CONNECT_FUNCTIONS


def names(group: str) -> set[str]:
    return {each.name for each in CONSTRUCTS if each.group == group}


def test_every_node_operator_function_and_operation_is_in_the_table() -> None:
    assert names("Nodes") == set(NODES)
    assert names("Conditions") >= set(OPERATORS)
    assert names("Functions beside JSONata's") == {f"${name}" for name, _, _ in APP_CONNECT_FUNCTIONS}
    assert names("API operations") >= set(BUILT_IN)
    assert names("Not run") <= set(NOT_SUPPORTED)


def test_the_tables_hold_each_construct_once() -> None:
    told = constructs_tables()

    assert told.startswith("### Nodes\n\n| construct | what it does | known from |\n")
    assert "| `for-each` |" in told
    assert len({(each.group, each.name) for each in CONSTRUCTS}) == len(CONSTRUCTS)
    assert {each.source for each in CONSTRUCTS} == {"seen", "documented", "inferred", "our choice"}
