"""batch-retrieve-action: a body for each record, then a completion."""

from collections.abc import Callable
from typing import Any

from lockhouse.wire.actions import ActionCall, ActionProblem

Written = Callable[..., str]

START = """
- batch-retrieve-action:
    name: Batch process
    target: {$ref: '#/integration/action-interfaces/batch'}
    filter: {where: {Status: '{{$Trigger.status}}'}, input(Trigger), limit: 300}
- create-action:
    name: Started
    target: log.log.CREATE
    map:
      input(Started = #/node-output/Batch process/response/payload)
      mappings: [{text: {template: 'started {{$count($Started.batchInstanceId)}}'}}]
"""
BODY = """
- create-action:
    name: Make
    target: a.b.CREATE
    map:
      input(Batchprocess = #/block/Batch process/current-item)
      mappings: [{n: {template: '{{$Batchprocess.n}}'}}]
- create-action:
    name: Again
    target: a.c.CREATE
    map:
      input(Made = #/block/Batch process/node-output/Make/response/payload)
      mappings: [{n: {template: '{{$Made.Id}}'}}]
"""
DONE = """
- create-action:
    name: Done
    target: log.log.CREATE
    map:
      input(BatchprocessOutput = #/node-output/Batch process/response/payload)
      mappings:
        - text: {template: '{{$BatchprocessOutput.status}} {{$BatchprocessOutput.recordsProcessed}}'}
        - id: {template: '{{$BatchprocessOutput.batchInstanceId}}'}
"""
INTERFACES = """
batch:
  type: batch-action
  actions: {START: {}}
  options:
    extract: {$ref: '#/integration/trigger-interfaces/extract'}
    completion: {$ref: '#/integration/trigger-interfaces/completion'}
"""
TRIGGERS = """
extract:
  type: extract-trigger
  connector-type: hive
  triggers:
    RETRIEVEALL: {input-context: {data: rows}, assembly: {$ref: '#/integration/assemblies/body'}}
completion:
  type: batch-completion-trigger
  triggers: {COMPLETE: {assembly: {$ref: '#/integration/assemblies/done'}}}
"""


def batch(written: Written) -> str:
    return written(
        START, assemblies={"body": BODY, "done": DONE}, interfaces=INTERFACES, more_triggers=TRIGGERS
    )


async def test_our_choice_a_batch_runs_after_the_flow_that_started_it(world: Any, written: Written) -> None:
    world.answers |= {"hive.rows.RETRIEVEALL": [{"n": 1}, {"n": 13}, {"n": 3}], "a.b.CREATE": made}
    await world.send(batch(written), {"status": "open"})
    texts = [call.input["text"] for call in world.calls if call.connector == "log"]

    assert world.calls[1] == ActionCall(
        connector="hive", business_object="rows", action="RETRIEVEALL", where={"Status": "open"}, limit=300
    )
    numbers = sorted(call.input["n"] for call in world.calls if "n" in call.input)
    assert numbers == [1, 3, 13, 101, 103]
    assert texts == ["started 1", 'Complete {"success":2,"error":1,"canceled":0,"total":3}']
    assert world.calls[-1].input["id"]


def made(call: ActionCall) -> Any:
    if call.input["n"] == 13:
        return ActionProblem(code="rejected", message="no", status_code=400)
    return {"Id": 100 + call.input["n"]}


async def test_our_choice_a_batch_whose_retrieve_fails_says_so_in_its_completion(
    world: Any, written: Written
) -> None:
    world.answers["hive.rows.RETRIEVEALL"] = ActionProblem(
        code="unavailable", message="down", status_code=503
    )
    await world.send(batch(written), {"status": "open"})

    assert world.calls[-1].input["text"].startswith("Retrieve failed")


async def test_a_batch_can_be_handed_to_those_who_run_flows(world: Any, written: Written) -> None:
    handed = []

    async def start_batch(started: Any) -> str:
        handed.append(started)
        return str(started.batch_id)

    await world.send(batch(written), {"status": "open"}, start_batch=start_batch)

    assert [each.node for each in handed] == ["Batch process"]
    assert [call.connector for call in world.calls] == ["log"]


async def test_a_batch_takes_no_more_records_than_its_limit(world: Any, written: Written) -> None:
    world.answers |= {"hive.rows.RETRIEVEALL": [{"n": number} for number in range(305)]}
    await world.send(batch(written), {"status": "open"})

    assert sum(call.business_object == "b" for call in world.calls) == 300
