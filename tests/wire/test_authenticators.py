"""Every authenticator of IBM's Python SDK core."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from ibm_cloud_sdk_core import ApiException
from ibm_cloud_sdk_core.authenticators import IAMAuthenticator

if TYPE_CHECKING:
    from lockhouse.testing import TestPlatform


@pytest.mark.parametrize("ending", ["", "/", "/identity/token"])
def test_the_iam_authenticator_gets_a_token(lockhouse: TestPlatform, ending: str) -> None:
    manager = IAMAuthenticator(lockhouse.apikey, url=lockhouse.url + ending).token_manager
    assert manager.get_token().count(".") == 2
    assert manager.get_token() == manager.get_token()


def test_with_a_client_and_a_scope_there_is_a_refresh_token(lockhouse: TestPlatform) -> None:
    authenticator = IAMAuthenticator(
        lockhouse.apikey, url=lockhouse.url, client_id="bx", client_secret="bx", scope="ibm openid"
    )
    authenticator.token_manager.get_token()
    assert authenticator.token_manager.refresh_token not in {None, "not_supported"}


def test_a_bad_key_is_an_api_exception_with_the_services_words(lockhouse: TestPlatform) -> None:
    with pytest.raises(ApiException) as error:
        IAMAuthenticator("b" * 44, url=lockhouse.url).token_manager.get_token()
    assert error.value.status_code == 400
    assert error.value.message == "Provided API key could not be found."
