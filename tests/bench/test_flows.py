"""The flows that the bench measures run, without a measure."""

import pytest
from bench.flows import ORDER, PERSON, engine_microseconds


@pytest.mark.parametrize(
    ("document", "body"), [("person.yaml", PERSON), ("contact.yaml", PERSON), ("orders.yaml", ORDER)]
)
async def test_a_flow_of_the_bench_answers_as_it_should(document: str, body: dict[str, object]) -> None:
    assert await engine_microseconds(document, body, 10) >= 0
