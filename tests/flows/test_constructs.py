"""The table of what is supported says what the code does."""

from lockhouse.flows.conditions import OPERATORS
from lockhouse.flows.constructs import CONSTRUCTS, constructs_page
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


def test_the_table_is_a_page() -> None:
    page = constructs_page(made="<!-- made -->")

    assert page.startswith("# The flow language\n\n<!-- made -->\n")
    assert "| `for-each` |" in page
    assert len({(each.group, each.name) for each in CONSTRUCTS}) == len(CONSTRUCTS)
