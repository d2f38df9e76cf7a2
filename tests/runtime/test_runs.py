"""Durable runs, on SQLite and PostgreSQL: once on disk an event is carried through, whatever happens."""

import asyncio
import contextlib
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.runtime.house_of_runs import FAST, House, action, house_of, problem, until

from lockhouse.runtime.run_calls import Retry
from lockhouse.runtime.run_database import RunsUnavailable
from lockhouse.runtime.run_store import RunNotFound
from lockhouse.runtime.run_work import Call
from lockhouse.runtime.runs import DurableRuns
from lockhouse.runtime.workers import Pulse
from lockhouse.wire.actions import ActionResult


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> House:
    """An empty store of each kind."""
    return house_of(request, tmp_path)


async def test_an_event_runs_its_flow_once_and_each_call_carries_its_own_key(house: House) -> None:
    async with house.server() as runs:
        assert await runs.accept("Orders", "e1", {"number": 1}) is True
        await until(lambda: house.flows.finished)

    assert house.flows.finished == [("Orders", 1)]
    assert house.shop.names() == ["first", "second", "third"]
    assert len({key for _, key in house.shop.asked}) == 3


async def test_two_events_of_one_id_are_one_event_even_after_it_was_done(house: House) -> None:
    async with house.server() as runs:
        assert await runs.accept("Orders", "e1", {"number": 1})
        assert not await runs.accept("Orders", "e1", {"number": 2})
        await until(lambda: house.flows.finished)
        assert not await runs.accept("Orders", "e1", {"number": 3})
    async with house.server() as runs:
        assert not await runs.accept("Orders", "e1", {"number": 4})
        assert await runs.accept("Orders", "e2", {"number": 5})
        await until(lambda: len(house.flows.finished) == 2)

    assert house.flows.finished == [("Orders", 1), ("Orders", 5)]


async def test_events_of_a_flow_that_is_not_here_wait_for_it(house: House) -> None:
    async with house.server("Invoices") as runs:
        await runs.accept("Orders", "e1", {"number": 1})
        assert (await runs.standing())["Orders"].ready == 1
    async with house.server("Orders"):
        await until(lambda: house.flows.finished)

    assert house.flows.finished == [("Orders", 1)]


async def test_what_was_cut_short_goes_on_after_the_last_finished_call(house: House) -> None:
    house.shop.gates["second"] = asyncio.Event()  # the second call hangs, and the server is cut off in it
    async with house.server(seconds=0) as runs:
        await runs.accept("Orders", "e1", {"number": 1})
        await until(lambda: "second" in house.shop.names())
    first_keys = dict(house.shop.asked)
    house.shop.gates.clear()
    async with house.server():
        await until(lambda: house.flows.finished)

    assert house.flows.finished == [("Orders", 1)]
    assert house.shop.names() == ["first", "second", "second", "third"]
    assert dict(house.shop.asked[:3]) == first_keys


async def test_a_server_that_stops_finishes_the_calls_under_way_and_begins_none(house: House) -> None:
    house.shop.gates["second"] = asyncio.Event()
    async with house.server() as runs:
        await runs.accept("Orders", "e1", {"number": 1})
        await until(lambda: "second" in house.shop.names())
        asyncio.get_running_loop().call_later(0.1, house.shop.gates["second"].set)
    assert house.shop.names() == ["first", "second"]
    async with house.server():
        await until(lambda: house.flows.finished)

    assert house.shop.names() == ["first", "second", "third"]


async def test_turns_side_by_side_get_their_own_outcomes_back_in_whatever_order_they_come(
    house: House,
) -> None:
    hold = asyncio.Event()

    async def flow(payload: Any, call: Call) -> Any:
        async def turn(number: int) -> list[Any]:
            results = []
            for step in ("a", "b"):
                outcome = await call(action(step, turn=number), f"For each[{number}]/{step}")
                assert isinstance(outcome, ActionResult)
                results.append((outcome.payload["of"], outcome.payload["turn"]))
                await asyncio.sleep(0.001 * (9 - number))
            return results

        turns = await asyncio.gather(*(turn(number) for number in range(8)))
        if not hold.is_set():
            hold.set()
            await asyncio.Event().wait()
        return turns

    house.flows.others["Side by side"] = flow
    async with house.server("Side by side") as runs:
        await runs.accept("Side by side", "e1", {})
        await hold.wait()
    async with house.server("Side by side"):
        await until(lambda: house.flows.finished)

    assert house.flows.finished[0][1] == [[("a", number), ("b", number)] for number in range(8)]
    assert len(house.shop.asked) == 16


async def test_a_call_at_a_place_that_occurs_twice_is_made_twice(house: House) -> None:
    async def flow(payload: Any, call: Call) -> Any:
        outcomes = [await call(action("same", turn=turn), "same") for turn in range(3)]
        return [outcome.payload["turn"] for outcome in outcomes if isinstance(outcome, ActionResult)]

    house.flows.others["Again"] = flow
    async with house.server("Again") as runs:
        await runs.accept("Again", "e1", {})
        await until(lambda: house.flows.finished)

    assert house.flows.finished == [("Again", [0, 1, 2])]
    assert len({key for _, key in house.shop.asked}) == 3


@pytest.mark.parametrize("code", ["rate_limited", "unavailable"])
async def test_what_may_be_tried_again_is_with_the_same_key(house: House, code: str) -> None:
    house.shop.answers["second"] = [problem(code), problem(code, retry_after=0.1)]
    async with house.server() as runs:
        await runs.accept("Orders", "e1", {"number": 1})
        await until(lambda: house.flows.finished)

    assert house.shop.names() == ["first", "second", "second", "second", "third"]
    assert len(set(house.shop.asked)) == 3


async def test_what_may_not_be_tried_again_ends_the_run_as_a_dead_letter_that_says_why(house: House) -> None:
    house.shop.answers["second"] = [problem("rejected")]
    async with house.server() as runs:
        await runs.accept("Orders", "e1", {"number": 1})
        await until(lambda: _has_dead(runs))
        (letter,) = await runs.dead_letters(flow="Orders")
        looked_at = await runs.dead_letter(letter.id)

    assert house.shop.names() == ["first", "second"]
    assert letter.event_id == "e1"
    assert looked_at.payload == b'{"number":1}'
    assert b'"rejected"' in letter.problem
    assert {place: step.failed for place, step in looked_at.steps.items()} == {"first": False, "second": True}


async def test_a_dead_letter_is_run_again_from_its_last_finished_call(house: House) -> None:
    house.shop.answers["second"] = [problem("rejected")]
    async with house.server() as runs:
        await runs.accept("Orders", "e1", {"number": 1})
        await until(lambda: _has_dead(runs))
        (letter,) = await runs.dead_letters()
        await runs.replay(letter.id)
        await until(lambda: house.flows.finished)

        assert await runs.dead_letters() == []
        with pytest.raises(RunNotFound):
            await runs.replay(letter.id)
    assert house.shop.names() == ["first", "second", "second", "third"]
    assert len(set(house.shop.asked)) == 3


async def test_a_dead_letter_that_is_dropped_is_gone_and_its_event_is_not_taken_again(house: House) -> None:
    house.shop.answers["first"] = [problem("rejected")]
    async with house.server() as runs:
        await runs.accept("Orders", "e1", {"number": 1})
        await until(lambda: _has_dead(runs))
        (letter,) = await runs.dead_letters()
        await runs.drop(letter.id)

        assert await runs.dead_letters() == []
        assert not await runs.accept("Orders", "e1", {"number": 1})
        for act in (runs.replay, runs.drop, runs.dead_letter):
            with pytest.raises(RunNotFound):
                await act(letter.id)


async def test_tries_come_to_an_end_and_are_counted_over_restarts(house: House) -> None:
    house.shop.answers["first"] = [problem("unavailable") for _ in range(50)]
    slow = replace(FAST, retry=Retry(tries=4, first=0.3, longest=0.3, patience=0.0))
    async with house.server(policy=slow) as runs:
        await runs.accept("Orders", "e1", {"number": 1})
        await until(lambda: len(house.shop.asked) == 2)
    async with house.server() as runs:
        await until(lambda: _has_dead(runs))

    assert house.shop.names() == ["first"] * 4


async def test_a_run_that_waits_long_leaves_its_place_to_others(house: House) -> None:
    house.shop.answers["first"] = [problem("rate_limited", retry_after=3600.0)]
    async with house.server(policy=replace(FAST, concurrency=1)) as runs:
        await runs.accept("Orders", "e1", {"number": 1})
        await until(lambda: house.shop.asked)
        await runs.accept("Orders", "e2", {"number": 2})
        await until(lambda: house.flows.finished)
        standing = (await runs.standing())["Orders"]

    assert house.flows.finished == [("Orders", 2)]
    assert (standing.waiting, standing.ready, standing.dead) == (1, 0, 0)


async def test_no_more_runs_of_a_flow_at_once_than_allowed_and_no_flow_waits_for_another(
    house: House,
) -> None:
    house.shop.gates["first"] = asyncio.Event()
    async with house.server("Orders", "Invoices") as runs:
        await runs.accept_all("Orders", [(f"o{n}", {"number": n}) for n in range(20)])
        await until(lambda: house.shop.at_work["Orders"] == 4)
        await runs.accept_all("Invoices", [(f"i{n}", {"number": n}) for n in range(3)])
        await until(lambda: house.shop.at_work["Invoices"] == 3)
        house.shop.gates["first"].set()
        await until(lambda: len(house.flows.finished) == 23)

    assert house.shop.most_at_once == 4


@pytest.mark.parametrize("code", ["cloud_key_rejected", "cloud_instance_unreachable"])
async def test_while_the_key_is_dead_events_are_taken_and_parked_and_go_on_with_a_new_key(
    house: House, code: str
) -> None:
    house.shop.answers["second"] = [problem(code) for _ in range(50)]
    async with house.server() as runs:
        await runs.accept_all("Orders", [(f"e{n}", {"number": n}) for n in range(6)])
        await until(lambda: runs.paused("Orders") and (not house.shop.at_work["Orders"]))
        asked = len(house.shop.asked)
        await runs.accept_all("Orders", [(f"f{n}", {"number": n}) for n in range(50)])
        await until(lambda: _all_ready(runs, 56))
        assert len(house.shop.asked) == asked <= 8  # those that were under way, and no more
        assert (await runs.standing())["Orders"].paused == problem(code)
        house.shop.answers.clear()
        runs.resume("Orders")
        await until(lambda: len(house.flows.finished) == 56)

    assert Counter(house.shop.names()[asked:])["first"] == 56 - house.shop.names()[:asked].count("first")


async def test_an_error_that_nobody_foresaw_makes_a_dead_letter_and_harms_no_neighbour(house: House) -> None:
    async def flow(payload: Any, call: Call) -> Any:
        raise ZeroDivisionError("secret detail")

    house.flows.others["Broken"] = flow
    async with house.server("Broken", "Orders") as runs:
        await runs.accept("Broken", "e1", {})
        await runs.accept("Orders", "e1", {"number": 1})
        await until(lambda: house.flows.finished)
        await until(lambda: _has_dead(runs))
        (letter,) = await runs.dead_letters()

    assert b"internal_error" in letter.problem
    assert b"secret detail" not in letter.problem


async def test_two_servers_on_one_store_keep_their_events_apart(house: House) -> None:
    async with house.server(name="one") as one:
        await one.accept("Orders", "e1", {"number": 1})
        await until(lambda: house.flows.finished)
        assert (await one.standing())["Orders"].ready == 0
    async with house.server(name="two") as two:
        assert await two.accept("Orders", "e1", {"number": 2})
        await until(lambda: len(house.flows.finished) == 2)


async def test_replicas_share_the_work_and_never_run_one_event_twice(house: House) -> None:
    async with house.server() as one, house.server() as two:
        assert [one.leads, two.leads] == [True, False]
        for number in range(40):
            await (one, two)[number % 2].accept("Orders", f"e{number}", {"number": number})
        await until(lambda: len(house.flows.finished) == 40)

    assert sorted(number for _, number in house.flows.finished) == list(range(40))
    assert len(set(house.shop.asked)) == len(house.shop.asked) == 120


async def test_what_a_trigger_remembers_is_written_with_its_events_or_not_at_all(house: House) -> None:
    events = [("e2", {"number": 2}), ("e\0", {"number": 3})]  # any text may be an id
    async with house.server() as runs:
        assert await runs.remembered("poll") is None
        assert await runs.accept_all("Orders", [("e1", {"number": 1})], remember=("poll", b"1")) == 1
        with contextlib.suppress(RunsUnavailable):  # PostgreSQL takes no NUL in a text; SQLite does
            await runs.accept_all("Orders", events, remember=("po\0ll", b"2"))
        refused = house.url.startswith("postgresql")
        await until(lambda: len(house.flows.finished) == (1 if refused else 3))
        assert await runs.remembered("poll") == b"1"
        assert await runs.accept_all("Orders", events, remember=("poll", b"3")) == (2 if refused else 0)
        await until(lambda: len(house.flows.finished) == 3)

        assert await runs.remembered("poll") == b"3"
        assert (await runs.standing())["Orders"].ready == 0


async def test_a_frozen_worker_is_given_up_and_what_it_does_when_it_wakes_changes_nothing(
    house: House,
) -> None:
    house.shop.gates["second"] = asyncio.Event()
    frozen = replace(FAST, pulse=Pulse(beat=1000.0, trust=0.3, silence=0.4))  # gives no sign after its first
    async with house.server(policy=frozen) as one:
        await one.accept("Orders", "e1", {"number": 1})
        await until(lambda: "second" in house.shop.names())
        async with house.server(policy=replace(FAST, pulse=Pulse(beat=0.05, trust=0.3, silence=0.4))) as two:
            await until(lambda: house.shop.names() == ["first", "second", "second"])
            house.shop.gates["second"].set()  # both get their answer now
            await until(lambda: two.leads)
            await until(lambda: _nothing_left(two))

    assert house.flows.finished == [("Orders", 1)]
    assert Counter(house.shop.names()) == {"first": 1, "second": 2, "third": 1}
    assert len(set(house.shop.asked)) == 3


async def test_a_worker_that_comes_back_after_it_was_given_up_works_on(house: House) -> None:
    sleepy = replace(FAST, pulse=Pulse(beat=0.6, trust=0.2, silence=0.3))
    quick = replace(FAST, pulse=Pulse(beat=0.05, trust=0.2, silence=0.3))
    async with house.server(policy=sleepy) as one:
        async with house.server(policy=quick) as two:
            await until(lambda: two.leads)  # one was given up
        await until(lambda: one.leads)
        await one.accept("Orders", "e1", {"number": 1})
        await until(lambda: house.flows.finished)


async def test_an_event_that_ends_its_process_again_and_again_becomes_a_dead_letter(house: House) -> None:
    house.shop.gates["first"] = asyncio.Event()
    dying = replace(FAST, pulse=Pulse(beat=1000.0, trust=1000.0, silence=1000.0))
    policy = replace(FAST, crashes=1, pulse=Pulse(beat=0.05, trust=0.3, silence=0.3))
    async with contextlib.AsyncExitStack() as stack:
        one = await stack.enter_async_context(house.server(policy=dying, seconds=0))
        await one.accept("Orders", "e1", {"number": 1})
        await until(lambda: len(house.shop.asked) == 1)
        two = await stack.enter_async_context(house.server(policy=policy))
        await until(lambda: _has_dead(two))
        (letter,) = await two.dead_letters()

    assert b'"crashed"' in letter.problem


async def test_a_store_that_cannot_be_opened_is_an_error_that_tells_no_password(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no database, but longer than a header would be" * 20)
    for url in (
        f"sqlite:///{tmp_path / 'file'}",
        f"sqlite:///{tmp_path / 'file' / 'below'}",
        "postgresql://user:hunter2@127.0.0.1:1/none",
        "postgresql://user:hunter2@%zz/none",
        "mysql://user:hunter2@host/none",
    ):
        with pytest.raises(RunsUnavailable) as refusal:
            await House(url).server().__aenter__()
        assert "hunter2" not in str(refusal.value)


async def _has_dead(runs: DurableRuns) -> bool:
    return bool(await runs.dead_letters())


async def _nothing_left(runs: DurableRuns) -> bool:
    standing = (await runs.standing())["Orders"]
    return standing.ready + standing.running + standing.waiting + standing.dead == 0


async def _all_ready(runs: DurableRuns, count: int) -> bool:
    return (await runs.standing())["Orders"].ready == count
