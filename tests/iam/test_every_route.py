"""Every route of the OpenAPI document: without a token, of another account, as a member, disabled."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.iam.conftest import Wire

ROOMS = ("/identity/", "/v1/", "/v2/", "/v3/")
METHODS = ("get", "put", "post", "delete", "patch")
PUBLIC_ANSWERS = {
    "getToken": 400,
    "revokeToken": 200,
    "getKeys": 200,
    "getDiscovery": 200,
    "setPassword": 400,
}
STAR = {"If-Match": "*"}
_numbers = itertools.count(1)


@dataclass
class Route:
    """An operation with values for everything it needs, about the owner's entities."""

    name: str
    access: str
    method: str
    path: str
    body: Any
    query: dict[str, str]

    def send(self, wire: Wire, token: str | None) -> int:
        headers = STAR | ({"Authorization": f"Bearer {token}"} if token else {})
        kind = {"data": self.body} if self.path.startswith("/identity/") else {"json": self.body}
        answer = wire.send(self.method, self.path, params=self.query, headers=headers, **kind)
        return answer.status_code


@pytest.fixture
def entities(wire: Wire) -> dict[str, str]:
    """One entity of each kind, made by the owner: the values of the path parameters."""
    owner = wire.platform
    account, unique = owner.account_id, next(_numbers)
    serviceid = wire.ask("POST", "/v1/serviceids/", json={"account_id": account, "name": "s"}).json()["id"]
    group = wire.ask(
        "POST", "/v1/serviceid_groups", json={"account_id": account, "name": f"g {unique}"}
    ).json()["id"]
    profile = wire.ask("POST", "/v1/profiles", json={"account_id": account, "name": f"p {unique}"}).json()[
        "id"
    ]
    path = f"/v1/profiles/{profile}"
    rule = wire.ask("POST", f"{path}/rules", json=RULE).json()["id"]
    crn = f"crn:v1:bluemix:public:iam-identity::a/{account}::computeresource:x"
    link = wire.ask("POST", f"{path}/links", json={"cr_type": "VSI", "link": {"crn": crn}}).json()["id"]
    wire.ask("POST", f"{path}/identities/user", json={"identifier": owner.iam_id, "type": "user"})
    report = wire.ask("POST", f"/v1/activity/accounts/{account}/report").json()["reference"]
    return {
        "key_id": owner.apikey_id,
        "serviceid": serviceid,
        "group_id": group,
        "profile_id": profile,
        "rule_id": rule,
        "link_id": link,
        "kind": "user",
        "identifier": owner.iam_id,
        "account_id": account,
        "iam_id": owner.iam_id,
        "service": "console",
        "preference_id": "landing_page",
        "reference": report,
        "kid": wire.ask("GET", "/v1/signing_keys").json()["signing_keys"][0]["kid"],
        "crn": crn,
    }


RULE = {
    "type": "Profile-CR",
    "cr_type": "VSI",
    "conditions": [{"claim": "name", "operator": "EQUALS", "value": '"x"'}],
}


def bodies(entities: dict[str, str]) -> dict[str, Any]:
    """A body that would be taken, for each operation that has one."""
    account = entities["account_id"]
    profile_identity = {"identifier": entities["iam_id"], "type": "user"}
    return {
        "getToken": {},
        "introspectToken": {"token": "x"},
        "revokeToken": {"token": "x"},
        "createApiKey": {"name": "x", "iam_id": entities["iam_id"]},
        "updateApiKey": {"name": "x"},
        "createServiceId": {"account_id": account, "name": "x"},
        "updateServiceId": {"name": "x"},
        "createServiceIdGroup": {"account_id": account, "name": f"made by the test {next(_numbers)}"},
        "updateServiceIdGroup": {"name": "x"},
        "createProfile": {"account_id": account, "name": "x"},
        "updateProfile": {"name": "x"},
        "createClaimRule": RULE,
        "updateClaimRule": RULE,
        "createLink": {"cr_type": "VSI", "link": {"crn": entities["crn"] + "y"}},
        "setProfileIdentities": {"identities": [profile_identity]},
        "setProfileIdentity": profile_identity,
        "updateAccountSettings": {"mfa": "NONE"},
        "bulkListAccountEntityConsumption": {"profiles": True},
        "updatePreferenceOnScopeAccount": {"value_string": "/billing"},
        "inviteUsers": {"users": [{"email": "x@example.com"}]},
        "updateUserProfile": {"firstname": "x"},
        "setUserRoles": {"roles": []},
        "changePassword": {"current_password": "x", "password": "y" * 20},
        "acceptInvitation": {"account_id": account},
        "setPassword": {"code": "x", "password": "y" * 20},
        "createAccount": {"name": "x", "owner_email": "y@example.com"},
    }


@pytest.fixture
def routes(wire: Wire, entities: dict[str, str]) -> list[Route]:
    document = wire.send("GET", "/openapi.json").json()
    given = bodies(entities)
    found = []
    for path, item in document["paths"].items():
        if not path.startswith(ROOMS):
            continue
        for method in METHODS:
            if method not in item:
                continue
            operation = item[method]
            name = operation["operationId"]
            assert name in given or "requestBody" not in operation, f"{name} needs a body in this test"
            query = {"account_id": entities["account_id"]}
            if name == "deleteLinkByParameters":
                query = {"type": "VSI"}
            if name == "getMfaStatus":
                query = {"iam_id": entities["iam_id"]}
            whose = {"iam_id": f"iam-{entities['profile_id']}"} if "/preferences/" in path else {}
            found.append(
                Route(
                    name,
                    operation.get("x-access", ""),
                    method,
                    path.format(**entities | whose),
                    given.get(name),
                    query,
                )
            )
    return found


def test_every_operation_says_who_may_call_it(routes: list[Route]) -> None:
    assert len(routes) > 70
    assert [route.name for route in routes if not route.access] == []


def test_without_a_token_only_public_routes_answer(wire: Wire, routes: list[Route]) -> None:
    wrong = {}
    for route in routes:
        status = route.send(wire, None)
        wanted = PUBLIC_ANSWERS[route.name] if route.access == "public" else 401
        if status != wanted:
            wrong[route.name] = status
    assert wrong == {}


def test_a_token_of_another_account_gets_nowhere(wire: Wire, routes: list[Route]) -> None:
    other = wire.platform.new_account("Other", f"other{next(_numbers)}@example.com")
    token = wire.token(other.apikey)
    wrong = {}
    for route in routes:
        if route.access in {"public", "client"} or route.name == "listAccounts":
            continue
        status = route.send(wire, token)
        if status not in {403, 404}:
            wrong[route.name] = status
    assert wrong == {"getApiKeyDetails": 400}  # it names no entity at all


def test_a_plain_member_may_do_what_is_declared(wire: Wire, routes: list[Route]) -> None:
    member = wire.platform.new_user(f"plain{next(_numbers)}@example.com")
    token = wire.token(member.apikey)
    wrong = {}
    for route in routes:
        if route.access in {"public", "client"}:
            continue
        status = route.send(wire, token)
        if route.access == "members":
            good = status < 300 or route.name in {"getApiKeyDetails", "acceptInvitation"}
        else:
            good = status == 403
        if not good:
            wrong[route.name] = status
    assert wrong == {}


def test_a_disabled_identity_is_refused_everywhere(wire: Wire, routes: list[Route]) -> None:
    user = wire.platform.new_user(f"disabled{next(_numbers)}@example.com", roles=["Administrator"])
    token = wire.token(user.apikey)
    wire.ask("POST", f"/v2/accounts/{user.account_id}/users/{user.iam_id}/disable")
    wrong = {}
    for route in routes:
        if route.access != "public" and (status := route.send(wire, token)) != 401:
            wrong[route.name] = status
    assert wrong == {}


def test_no_method_but_the_declared_ones_is_answered(wire: Wire, routes: list[Route]) -> None:
    declared: dict[str, set[str]] = {}
    for route in routes:
        declared.setdefault(route.path, set()).add(route.method)
    token = wire.token()
    wrong = {}
    for path, methods in declared.items():
        for method in set(METHODS) - methods:
            answer = wire.ask(method, path, token)
            if answer.status_code not in {405, 404}:
                wrong[f"{method} {path}"] = answer.status_code
    assert wrong == {}
