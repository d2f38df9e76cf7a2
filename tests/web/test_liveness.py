"""Whether the key behind a token still lives, asked seldom and believed for half a second."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from lockhouse.ids import AccountId, ApiKeyId, IamId
from lockhouse.web.bearer import Principal, TokenRefused
from lockhouse.web.liveness import CloudKeyRejected, Liveness

ACTIVE = {"active": True}


def _principal(token: str = "token") -> Principal:
    return Principal(
        iam_id=IamId("IBMid-EXAMPLE001"),
        account_id=AccountId("0" * 32),
        apikey_id=ApiKeyId("ApiKey-example"),
        name="",
        email="",
        roles=(),
        expires_at=0,
        token=token,
        claims={},
    )


class Iam:
    """IAM as seen from outside."""

    def __init__(self) -> None:
        self.answer: Mapping[str, Any] | Exception = ACTIVE
        self.asked: list[str] = []
        self.seconds = 0.0

    async def introspect(self, token: str) -> Mapping[str, Any]:
        self.asked.append(token)
        await asyncio.sleep(0)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def now(self) -> float:
        return self.seconds


async def test_questions_about_one_token_at_a_time_are_one_question() -> None:
    iam = Iam()
    liveness = Liveness(iam.introspect, now=iam.now)

    await asyncio.gather(*(liveness.require(_principal(token)) for token in ("a", "b") for _ in range(50)))

    assert sorted(iam.asked) == ["a", "b"]


async def test_an_answer_is_believed_for_half_a_second() -> None:
    iam = Iam()
    liveness = Liveness(iam.introspect, now=iam.now)
    await liveness.require(_principal())
    iam.answer = {"active": False, "reason": "apikey_deleted", "apikey_id": "ApiKey-example"}

    iam.seconds = 0.4
    await liveness.require(_principal())
    iam.seconds = 0.6
    with pytest.raises(CloudKeyRejected):
        await liveness.require(_principal())


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("apikey_deleted", "deleted"),
        ("apikey_disabled", "disabled"),
        ("apikey_expired", "expired"),
        ("identity_disabled", "identity_disabled"),
        ("account_disabled", "account_disabled"),
    ],
)
async def test_a_dead_key_is_named_with_the_reason_and_who_did_it(reason: str, told: str) -> None:
    iam = Iam()
    iam.answer = {
        "active": False,
        "reason": reason,
        "apikey_id": "ApiKey-example",
        "changed_by": "IBMid-EXAMPLE001",
        "changed_at": "2026-01-31T12:00+0000",
    }
    with pytest.raises(CloudKeyRejected) as caught:
        await Liveness(iam.introspect, now=iam.now).require(_principal())

    assert caught.value.details == {
        "reason": told,
        "apikey_id": "ApiKey-example",
        "changed_by": "IBMid-EXAMPLE001",
        "changed_at": "2026-01-31T12:00+0000",
    }


@pytest.mark.parametrize(
    "answer", [{"active": False}, {"active": False, "reason": "token_expired"}, {}, {"active": 1}]
)
async def test_every_other_dead_token_is_just_not_valid(answer: Mapping[str, Any]) -> None:
    iam = Iam()
    iam.answer = answer

    with pytest.raises(TokenRefused):
        await Liveness(iam.introspect, now=iam.now).require(_principal())


async def test_a_question_that_failed_answers_nobody_else() -> None:
    iam = Iam()
    iam.answer = ConnectionError()
    liveness = Liveness(iam.introspect, now=iam.now)
    with pytest.raises(ConnectionError):
        await liveness.require(_principal())

    iam.answer = ACTIVE
    await liveness.require(_principal())
    assert len(iam.asked) == 2
