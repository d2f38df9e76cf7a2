"""All pairs of revocations, in both orders: whatever is undone, the strictest of what is left wins."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import jwt
import pytest

from lockhouse.testing import TestAccount, TestPlatform

if TYPE_CHECKING:
    from tests.iam.conftest import Wire

LEVELS = ("key", "identity", "account", "signing key", "token")
NOT_UNDONE = {"signing key", "token"}
REFUSED_BY = {
    "exchange": {"key", "identity", "account"},
    "refresh": {"key", "identity", "account", "token"},
    "introspection": set(LEVELS),
    "api": set(LEVELS),
}


@pytest.fixture(scope="module")
def owner(lockhouse: TestPlatform) -> TestAccount:
    """The owner of an account that can be disabled."""
    return lockhouse.new_account("Revocable", "revocable@example.com")


@dataclass
class Holder:
    """A user of that account with a key, an access token and a refresh token."""

    wire: Wire
    owner: TestAccount
    iam_id: str
    key_id: str
    apikey: str
    token: str
    refresh_token: str

    def revoke(self, level: str) -> None:
        self._change("POST", level)

    def undo(self, level: str) -> None:
        self._change("DELETE", level)

    def _change(self, method: str, level: str) -> None:
        wire, account = self.wire, self.owner.account_id
        if level == "token":
            sent = wire.send(
                "POST", "/identity/revoke", data={"token": self.refresh_token}, auth=("bx", "bx")
            )
        elif level == "signing key":
            kid = jwt.get_unverified_header(self.token)["kid"]
            sent = wire.ask("DELETE", f"/v1/signing_keys/{kid}")
        elif level == "account":
            sent = wire.ask(method, f"/v1/accounts/{account}/disable")
        else:
            path = (
                f"/v2/accounts/{account}/users/{self.iam_id}"
                if level == "identity"
                else f"/v1/apikeys/{self.key_id}"
            )
            sent = self._as_owner(method, f"{path}/disable")
        assert sent.status_code in {200, 204}, sent.text

    def _as_owner(self, method: str, path: str) -> object:
        # While the account is disabled its owner cannot act either: it is opened for the moment of the
        # change.
        wire, switch = self.wire, f"/v1/accounts/{self.owner.account_id}/disable"
        accounts = wire.ask("GET", "/v1/accounts").json()["accounts"]
        closed = any(one["disabled"] for one in accounts if one["account_id"] == self.owner.account_id)
        if closed:
            wire.ask("DELETE", switch)
        answer = wire.ask(method, path, wire.token(self.owner.apikey))
        if closed:
            wire.ask("POST", switch)
        return answer

    def refusals(self) -> set[str]:
        """The ways that are closed now. A refresh spends its token, so the next one is kept."""
        wire = self.wire
        closed = set()
        if wire.exchange(self.apikey).status_code != 200:
            closed.add("exchange")
        form = {"grant_type": "refresh_token", "refresh_token": self.refresh_token}
        renewed = wire.send("POST", "/identity/token", data=form, auth=("bx", "bx"))
        if renewed.status_code == 200:
            self.refresh_token = renewed.json()["refresh_token"]
        else:
            closed.add("refresh")
        if not wire.introspect(self.token)["active"]:
            closed.add("introspection")
        if wire.ask("GET", f"/v1/apikeys/{self.key_id}", self.token).status_code == 401:
            closed.add("api")
        return closed


_numbers = itertools.count(1)


@pytest.fixture
def holder(wire: Wire, owner: TestAccount) -> Holder:
    token = wire.token(owner.apikey)
    email = f"holder{next(_numbers)}@example.com"
    path = f"/v2/accounts/{owner.account_id}/users"
    invited = wire.ask("POST", path, token, json={"users": [{"email": email}]}).json()["resources"][0]
    password = "password of a holder"
    wire.send("POST", "/v2/users/password", json={"code": invited["code"], "password": password})
    form = {"grant_type": "password", "username": email, "password": password}
    first = wire.send("POST", "/identity/token", data=form, auth=("console", "console")).json()[
        "access_token"
    ]
    key = wire.ask("POST", "/v1/apikeys", first, json={"name": "held", "iam_id": invited["id"]}).json()
    form = {"grant_type": "urn:ibm:params:oauth:grant-type:apikey", "apikey": key["apikey"]}
    pair = wire.send("POST", "/identity/token", data=form, auth=("bx", "bx")).json()
    return Holder(
        wire, owner, invited["id"], key["id"], key["apikey"], pair["access_token"], pair["refresh_token"]
    )


def expected(revoked: set[str]) -> set[str]:
    return {way for way, levels in REFUSED_BY.items() if levels & revoked}


@pytest.mark.parametrize(("first", "second"), [*itertools.permutations(LEVELS, 2)])
def test_the_strictest_of_two_revocations_wins(holder: Holder, first: str, second: str) -> None:
    assert holder.refusals() == set()
    holder.revoke(first)
    assert holder.refusals() == expected({first})
    holder.revoke(second)
    assert holder.refusals() == expected({first, second})

    left = {first, second}
    for level in (first, second):
        if level in NOT_UNDONE:
            continue
        holder.undo(level)
        left.remove(level)
        assert holder.refusals() == expected(left)


def test_a_deleted_key_stays_dead_whatever_else_happens(holder: Holder) -> None:
    wire, account = holder.wire, holder.owner.account_id
    assert (
        wire.ask("DELETE", f"/v1/apikeys/{holder.key_id}", wire.token(holder.owner.apikey)).status_code == 204
    )
    for method in ("POST", "DELETE"):
        wire.ask(method, f"/v1/accounts/{account}/disable")
        assert holder.refusals() == {"exchange", "refresh", "introspection", "api"}


def test_an_expired_key_ends_its_tokens(wire: Wire) -> None:
    soon = jwt.decode(wire.token(), options={"verify_signature": False})["iat"] + 600
    key = wire.new_key("expiring", expires_at=datetime.fromtimestamp(soon, UTC).isoformat())
    token = wire.token(key["apikey"])
    with wire.platform.away(seconds=601):
        assert wire.exchange(key["apikey"]).json()["errorCode"] == "BXNIM0492E"
        assert wire.introspect(token, include_reason="true")["reason"] == "apikey_expired"
        assert wire.ask("GET", f"/v1/apikeys/{key['id']}", token).status_code == 401


def test_an_assumed_profile_dies_with_the_key_that_assumed_it(wire: Wire) -> None:
    owner = wire.platform
    profile = wire.ask(
        "POST", "/v1/profiles", json={"name": "assumed", "account_id": owner.account_id}
    ).json()
    path = f"/v1/profiles/{profile['id']}/identities/user"
    wire.ask("POST", path, json={"identifier": owner.iam_id, "type": "user"})
    key = wire.new_key("assumer")
    form = {
        "grant_type": "urn:ibm:params:oauth:grant-type:assume",
        "access_token": wire.token(key["apikey"]),
        "profile_id": profile["id"],
    }
    token = wire.send("POST", "/identity/token", data=form).json()["access_token"]
    assert wire.introspect(token)["active"] is True

    wire.ask("DELETE", f"/v1/apikeys/{key['id']}")

    assert wire.introspect(token, include_reason="true")["reason"] == "apikey_deleted"
    assert wire.send("POST", "/identity/token", data=form).status_code == 401
