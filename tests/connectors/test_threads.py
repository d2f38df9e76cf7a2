"""Clients that block do so in threads of their own: bounded in number for an account, and in time."""

import asyncio
import socket
import threading
from datetime import UTC, datetime

import pytest

from lockhouse.connectors import threads
from lockhouse.connectors.catalogue import load_catalogue
from lockhouse.connectors.errors import Rejected, Unavailable
from lockhouse.connectors.model import Credentials
from lockhouse.connectors.outlet import MOST_AT_ONCE, Outlet
from lockhouse.connectors.session import Session
from lockhouse.connectors.threads import cut_when_late, in_thread
from lockhouse.outbound import Reach
from lockhouse.sealing import Secret


def session_of(outlet: Outlet, username: str) -> Session:
    credentials = Credentials("BASIC", {"username": Secret(username)})
    return Session(load_catalogue().get("email"), credentials, outlet, now=datetime.now(UTC))


async def test_one_account_does_not_take_the_threads_of_the_others() -> None:
    free, running = threading.Event(), list[int]()

    def block() -> None:
        running.append(1)
        free.wait(20)

    async with Outlet(Reach.LOCAL) as outlet:
        greedy = [asyncio.create_task(in_thread(session_of(outlet, "greedy"), block)) for _ in range(60)]
        other = await in_thread(session_of(outlet, "other"), lambda: "done")
        most = len(running)
        free.set()
        await asyncio.gather(*greedy)

    assert (other, len(running)) == ("done", 60)
    assert most <= MOST_AT_ONCE


async def test_a_call_that_takes_too_long_is_given_up_and_its_connection_cut(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(threads, "MOST_SECONDS", 0.2)
    ended = threading.Event()
    ours, theirs = socket.socketpair()

    def wait_for_ever() -> None:
        cut_when_late(ours.fileno())
        ours.recv(1)
        ended.set()

    async with Outlet(Reach.LOCAL) as outlet:
        with pytest.raises(Unavailable, match="in time"):
            await in_thread(session_of(outlet, "a"), wait_for_ever)

    assert await asyncio.to_thread(ended.wait, 10)
    ours.close()
    theirs.close()


async def test_a_caller_that_goes_away_leaves_no_thread_waiting() -> None:
    started, ended = threading.Event(), threading.Event()
    ours, theirs = socket.socketpair()

    def wait_for_ever() -> None:
        cut_when_late(ours.fileno())
        started.set()
        ours.recv(1)
        ended.set()

    async with Outlet(Reach.LOCAL) as outlet:
        call = asyncio.create_task(in_thread(session_of(outlet, "a"), wait_for_ever))
        await asyncio.to_thread(started.wait, 10)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call

    assert await asyncio.to_thread(ended.wait, 10)
    ours.close()
    theirs.close()


async def test_what_the_function_raises_reaches_the_caller() -> None:
    def refuse() -> None:
        raise Rejected("no")

    async with Outlet(Reach.LOCAL) as outlet:
        with pytest.raises(Rejected, match="no"):
            await in_thread(session_of(outlet, "a"), refuse)
