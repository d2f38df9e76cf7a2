"""How the tests of IAM talk to it: plain HTTP, as a stranger with curl."""

from dataclasses import dataclass, field
from typing import Any

import pytest
import requests

from lockhouse.testing import TestPlatform

APIKEY_GRANT = "urn:ibm:params:oauth:grant-type:apikey"


@dataclass
class Wire:
    """A platform's wire, with the owner's token at hand."""

    platform: TestPlatform
    session: requests.Session = field(default_factory=requests.Session)

    def send(self, method: str, path: str, **more: Any) -> requests.Response:
        """One request without a token."""
        return self.session.request(
            method, self.platform.url + path, allow_redirects=False, timeout=30, **more
        )

    def ask(self, method: str, path: str, token: str | None = None, **more: Any) -> requests.Response:
        """One request with a token, the owner's by default."""
        headers = {"Authorization": f"Bearer {token or self.token()}"} | more.pop("headers", {})
        return self.send(method, path, headers=headers, **more)

    def exchange(self, apikey: str | None = None, **form: str) -> requests.Response:
        """The answer of the token door to the apikey grant."""
        given = {"grant_type": APIKEY_GRANT, "apikey": apikey or self.platform.apikey} | form
        return self.send("POST", "/identity/token", data=given)

    def token(self, apikey: str | None = None) -> str:
        """A new access token."""
        answer = self.exchange(apikey)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def new_key(self, name: str = "test", **body: Any) -> dict[str, Any]:
        """A new API key of the owner, as the create operation answered it."""
        answer = self.ask("POST", "/v1/apikeys", json={"name": name, "iam_id": self.platform.iam_id} | body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def introspect(self, token: str, **form: str) -> dict[str, Any]:
        """What introspection says of a token."""
        answer = self.send("POST", "/identity/introspect", data={"token": token} | form, auth=("bx", "bx"))
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


@pytest.fixture
def wire(lockhouse: TestPlatform) -> Wire:
    """The wire of a running platform."""
    return Wire(lockhouse)
