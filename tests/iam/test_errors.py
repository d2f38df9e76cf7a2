"""Every error that IAM has a word for is answered by one of its doors."""

import inspect

from lockhouse.iam import errors, signing
from lockhouse.iam.door import ANSWERS
from lockhouse.iam.token_api import ANSWERS as TOKEN_ANSWERS
from lockhouse.web.answers import answer_for

SAID_WITHOUT_A_ROW = {signing.NoSigningKey: "a store that was not initialised: the platform does not start"}


def test_every_error_has_a_row_in_a_door() -> None:
    defined = [
        kind for _, kind in inspect.getmembers(errors, inspect.isclass) if kind.__module__ == errors.__name__
    ]
    lost = [
        kind.__name__
        for kind in defined
        if answer_for(ANSWERS, kind.__new__(kind)) is None
        and answer_for(TOKEN_ANSWERS, kind.__new__(kind)) is None
    ]
    assert len(defined) > 25
    assert lost == []


def test_the_codes_of_the_token_service_are_those_of_the_reference() -> None:
    codes = {kind.__name__: (answer.status, answer.code) for kind, answer in TOKEN_ANSWERS.items()}
    assert codes["ApiKeyNotFound"] == (400, "BXNIM0415E")
    assert codes["RefreshTokenInvalid"] == (400, "BXNIM0407E")
    assert codes["RefreshTokenExpired"] == (400, "BXNIM0408E")
    assert codes["SessionEnded"] == (400, "BXNIM0439E")
    assert codes["CredentialsWrong"] == (400, "BXNIM0602E")
    assert codes["AssumptionRefused"] == (403, "BXNIM0513E")
    assert codes["GrantInvalid"] == (400, "BXNIM0106E")
