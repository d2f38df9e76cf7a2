"""An API key becomes a bearer token, seldom."""

import asyncio
from dataclasses import dataclass

import pytest

from lockhouse.client.token_source import KeyRefused, TokenSource
from lockhouse.client.transport import Problem, Unreachable
from lockhouse.sealing import Secret

KEY = Secret("EXAMPLE-KEY-NOT-REAL")


@dataclass
class Issued:
    access_token: str
    expires_in: int = 3600


class Iam:
    """IAM as seen from outside: gives numbered tokens, or the failure it is told to give."""

    def __init__(self) -> None:
        self.asked = 0
        self.failure: Exception | None = None
        self.open = asyncio.Event()
        self.open.set()
        self.seconds = 0.0

    async def exchange(self, apikey: Secret) -> Issued:
        self.asked += 1
        number = self.asked
        await self.open.wait()
        if self.failure is not None:
            raise self.failure
        return Issued(f"token-{number}")

    def now(self) -> float:
        return self.seconds


async def test_a_hundred_callers_at_once_cause_one_exchange() -> None:
    iam = Iam()
    source = TokenSource(iam.exchange, KEY, now=iam.now)

    tokens = await asyncio.gather(*(source.token() for _ in range(100)))

    assert set(tokens) == {"token-1"}
    assert iam.asked == 1


async def test_one_impatient_caller_does_not_spoil_the_exchange_for_the_others() -> None:
    iam = Iam()
    iam.open.clear()
    source = TokenSource(iam.exchange, KEY, now=iam.now)
    impatient, patient = asyncio.create_task(source.token()), asyncio.create_task(source.token())
    await asyncio.sleep(0)
    impatient.cancel()
    iam.open.set()

    assert await patient == "token-1"
    assert iam.asked == 1


async def test_the_token_is_renewed_at_four_fifths_of_its_life_and_nobody_waits_for_it() -> None:
    iam = Iam()
    source = TokenSource(iam.exchange, KEY, now=iam.now)
    await source.token()
    iam.seconds = 2879
    assert await source.token() == "token-1"
    assert iam.asked == 1

    iam.seconds = 2881
    assert await source.token() == "token-1"
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    assert await source.token() == "token-2"


async def test_while_iam_is_away_the_token_serves_to_its_end() -> None:
    iam = Iam()
    source = TokenSource(iam.exchange, KEY, now=iam.now)
    await source.token()
    iam.failure = Unreachable("http://iam.example")
    iam.seconds = 3500
    assert await source.token() == "token-1"
    await asyncio.sleep(0)

    iam.seconds = 3595
    with pytest.raises(Unreachable):
        await source.token()


async def test_a_refused_key_is_asked_about_again_after_thirty_seconds_and_not_before() -> None:
    iam = Iam()
    iam.failure = Problem(status=400, code="BXNIM0415E", message="Provided API key could not be found.")
    source = TokenSource(iam.exchange, KEY, now=iam.now)
    for iam.seconds in (0, 10, 29.9):
        with pytest.raises(KeyRefused, match="BXNIM0415E"):
            await source.token()
    assert iam.asked == 1

    iam.failure = None
    iam.seconds = 30.1
    assert await source.token() == "token-2"


async def test_a_token_that_was_refused_elsewhere_is_not_given_again() -> None:
    iam = Iam()
    source = TokenSource(iam.exchange, KEY, now=iam.now)
    source.forget(await source.token())

    assert await source.token() == "token-2"


async def test_an_exchange_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lockhouse.client.token_source.EXCHANGE_SECONDS", 0.01)
    iam = Iam()
    iam.open.clear()

    with pytest.raises(Unreachable):
        await TokenSource(iam.exchange, KEY, now=iam.now).token()


async def test_the_value_of_the_key_is_in_no_failure() -> None:
    iam = Iam()
    iam.failure = Problem(status=400, code="BXNIM0415E", message="Provided API key could not be found.")
    with pytest.raises(KeyRefused) as failure:
        await TokenSource(iam.exchange, KEY, now=iam.now).token()

    assert KEY.reveal() not in str(failure.value)
