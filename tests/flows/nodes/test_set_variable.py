"""set-variable: a value under the node's own name."""

from collections.abc import Callable
from typing import Any

Written = Callable[..., str]


async def test_a_variable_is_read_by_its_nodes_name_and_each_node_has_its_own(
    world: Any, written: Written
) -> None:
    node = """
    - set-variable:
        name: Set variable%s
        map:
          input(Trigger)
          mappings:
            - variable:
                mappings: [{who: {template: '{{$Trigger.who}}%s'}}, {n: {expression: $Trigger.n}}]
          customSchemas: {'properties.`variable`': {type: object, properties: {who: {type: string}}}}
    """
    use = """
    - create-action:
        name: A
        target: a.b.CREATE
        map:
          input(One = #/node-output/Set variable/response/payload, Two = #/node-output/Set variable 2/response/payload)
          mappings:
            - a: {template: '{{$One.variable.who}}'}
            - b: {template: '{{$Two.variable.who}} {{$Two.variable.n}}'}
    """  # noqa: E501 - two inputs
    await world.send(written(node % ("", "1") + node % (" 2", "2") + use), {"who": "Ada", "n": 5})

    assert world.calls[0].input == {"a": "Ada1", "b": "Ada2 5"}
