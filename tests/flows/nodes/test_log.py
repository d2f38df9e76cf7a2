"""logging: lines in the flow's log."""

from collections.abc import Callable
from typing import Any

Written = Callable[..., str]


async def test_a_line_is_written_with_its_level_and_objects_as_json(world: Any, written: Written) -> None:
    node = """
    - logging:
        name: Log
        map:
          input(Trigger)
          mappings: [{logLevel: {template: Info}}, {logMessage: {template: '{{$Trigger}}'}}]
    - logging: {name: Log 2, map: {mappings: []}}
    """
    await world.send(written(node), {"a": [1, "x"]})

    assert [(line.level, line.message, line.node, line.flow) for line in world.lines] == [
        ("info", '{"a":[1,"x"]}', "Log", "A flow"),
        ("info", "", "Log 2", "A flow"),
    ]
