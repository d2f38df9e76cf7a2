"""IBM's own clients, unmodified, against our doors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from ibm_cloud_sdk_core.authenticators import IAMAuthenticator
from ibm_platform_services import IamIdentityV1

if TYPE_CHECKING:
    from lockhouse.testing import TestPlatform


@pytest.fixture
def identity(lockhouse: TestPlatform) -> IamIdentityV1:
    """IBM's identity client, signed in as the account's owner."""
    service = IamIdentityV1(authenticator=IAMAuthenticator(lockhouse.apikey, url=lockhouse.url))
    service.set_service_url(lockhouse.url)
    return service
