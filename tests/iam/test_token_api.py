"""POST /identity/token and its neighbours, as curl sees them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import jwt
import pytest
import requests

from lockhouse.wire.tokens import APIKEY_GRANT

if TYPE_CHECKING:
    if TYPE_CHECKING:
        from tests.iam.conftest import Wire


def test_an_api_key_gives_a_token_whose_times_agree(wire: Wire) -> None:
    answer = wire.exchange(response_type="cloud_iam")
    body = answer.json()
    claims = jwt.decode(body["access_token"], options={"verify_signature": False})

    assert answer.status_code == 200
    assert body["token_type"] == "Bearer"
    assert body["refresh_token"] == "not_supported"
    assert body["scope"] == "ibm openid"
    assert body["expires_in"] == claims["exp"] - claims["iat"] == 3600
    assert body["expiration"] == claims["exp"]


def test_the_claims_are_those_of_the_reference(wire: Wire) -> None:
    token = wire.token()
    claims = jwt.decode(token, options={"verify_signature": False})
    platform = wire.platform

    assert jwt.get_unverified_header(token).keys() == {"kid", "alg"}
    assert claims["iam_id"] == claims["id"] == claims["authn"]["iam_id"] == platform.iam_id
    assert claims["realmid"] == "IBMid"
    assert claims["identifier"] == platform.iam_id.removeprefix("IBMid-")
    assert claims["sub"] == claims["email"] == platform.email
    assert claims["account"]["bss"] == platform.account_id
    assert claims["account"]["valid"] is True
    assert claims["iss"] == f"{platform.url}/identity"
    assert claims["grant_type"] == APIKEY_GRANT
    assert (claims["client_id"], claims["acr"], claims["amr"]) == ("default", 1, ["pwd"])
    assert claims["apikey_id"] == platform.apikey_id


def test_any_client_verifies_the_token_with_the_published_keys(wire: Wire) -> None:
    token = wire.token()
    jwks = wire.send("GET", "/identity/keys").json()
    kid = jwt.get_unverified_header(token)["kid"]
    jwk = next(key for key in jwks["keys"] if key["kid"] == kid)

    claims = jwt.decode(token, jwt.PyJWK(jwk), algorithms=["RS256"], issuer=f"{wire.platform.url}/identity")

    assert claims["iam_id"] == wire.platform.iam_id
    assert {"kty", "n", "e", "alg", "use", "kid"} == set(jwk)
    assert re.fullmatch(r"\d{12}", kid)


def test_the_key_that_signs_next_is_published_already(wire: Wire) -> None:
    assert len(wire.send("GET", "/identity/keys").json()["keys"]) == 2


@pytest.mark.parametrize("value", ["xyz!", "Ω" * 44, "a" * 44, "n" * 10_000, "with space " * 5, "%00" * 15])
def test_malformed_and_unknown_keys_are_answered_alike(wire: Wire, value: str) -> None:
    answer = wire.exchange(value)
    body = answer.json()

    assert answer.status_code == 400
    assert (body["errorCode"], body["errorMessage"]) == ("BXNIM0415E", "Provided API key could not be found.")
    assert set(body) == {"errorCode", "errorMessage", "context"}
    assert body["context"]["requestId"] == answer.headers["Transaction-Id"]
    assert value not in answer.text


@pytest.mark.parametrize(
    "change",
    [
        str.swapcase,
        lambda key: key[:-1],
        lambda key: key + "A",
        lambda key: " " + key,
        lambda key: key + "\n",
    ],
)
def test_near_misses_of_a_live_key_are_unknown(wire: Wire, change) -> None:
    assert wire.exchange(change(wire.platform.apikey)).status_code == 400


def test_a_deleted_key_is_as_unknown_as_any(wire: Wire) -> None:
    key = wire.new_key("to be deleted")
    assert wire.exchange(key["apikey"]).status_code == 200
    assert wire.ask("DELETE", f"/v1/apikeys/{key['id']}").status_code == 204

    dead, unknown = wire.exchange(key["apikey"]).json(), wire.exchange("u" * 44).json()
    assert {name: dead[name] for name in ("errorCode", "errorMessage")} == {
        name: unknown[name] for name in ("errorCode", "errorMessage")
    }


def test_our_choice_a_disabled_and_an_expired_key_are_told_apart(wire: Wire) -> None:
    disabled = wire.new_key("disabled")
    wire.ask("POST", f"/v1/apikeys/{disabled['id']}/disable")

    body = wire.exchange(disabled["apikey"]).json()
    assert (body["errorCode"], body["errorMessage"]) == ("BXNIM0491E", "Provided API key is disabled.")

    wire.ask("DELETE", f"/v1/apikeys/{disabled['id']}/disable")
    assert wire.exchange(disabled["apikey"]).status_code == 200


def test_a_locked_key_still_gives_tokens(wire: Wire) -> None:
    key = wire.new_key("locked")
    wire.ask("POST", f"/v1/apikeys/{key['id']}/lock")
    assert wire.exchange(key["apikey"]).status_code == 200
    wire.ask("DELETE", f"/v1/apikeys/{key['id']}/lock")


def test_parameters_may_come_in_the_query(wire: Wire) -> None:
    query = urlencode({"grant_type": APIKEY_GRANT, "apikey": wire.platform.apikey})
    assert wire.send("POST", f"/identity/token?{query}").status_code == 200


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        ({}, 400, "BXNIM0106E"),
        ({"grant_type": "nonsense"}, 400, "BXNIM0106E"),
        ({"grant_type": APIKEY_GRANT}, 400, "BXNIM0106E"),
        ({"grant_type": APIKEY_GRANT, "apikey": "k", "response_type": "token"}, 400, "BXNIM0106E"),
        ({"grant_type": "refresh_token"}, 400, "BXNIM0106E"),
        ({"grant_type": "refresh_token", "refresh_token": "unknown"}, 400, "BXNIM0407E"),
        ({"grant_type": "password", "username": "a", "password": "b"}, 400, "BXNIM0106E"),
    ],
)
def test_a_token_request_that_lacks_something_is_refused(
    wire: Wire, form: dict[str, str], status: int, code: str
) -> None:
    answer = wire.send("POST", "/identity/token", data=form)
    assert (answer.status_code, answer.json()["errorCode"]) == (status, code)


@pytest.mark.parametrize(
    "body",
    [
        b"grant_type=a&grant_type=b",
        b"\xff\xfe=1",
        b"&".join(b"a%d=1" % number for number in range(100)),
    ],
)
def test_a_form_that_two_parsers_could_read_differently_is_refused(wire: Wire, body: bytes) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert wire.send("POST", "/identity/token", data=body, headers=headers).status_code == 400


def test_a_form_that_is_too_large_or_compressed_is_refused(wire: Wire) -> None:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    assert wire.send("POST", "/identity/token", data=b"a" * 100_000, headers=kind).status_code == 413
    zipped = kind | {"Content-Encoding": "gzip"}
    assert wire.send("POST", "/identity/token", data=b"x", headers=zipped).status_code == 415


def test_only_post_makes_tokens(wire: Wire) -> None:
    answer = wire.send("GET", "/identity/token")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


def test_answers_are_never_cached_and_carry_the_trace(wire: Wire) -> None:
    answer = wire.send(
        "POST",
        "/identity/token",
        data={"grant_type": APIKEY_GRANT, "apikey": wire.platform.apikey},
        headers={"Transaction-Id": "my-own-trace"},
    )
    assert answer.headers["Transaction-Id"] == answer.headers["X-Correlation-Id"] == "my-own-trace"
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["IBM-Cloud-Service-Name"] == "iam-identity"
    assert answer.headers["Content-Type"] == "application/json"


def test_a_trace_that_could_forge_a_log_line_is_replaced(wire: Wire) -> None:
    answer = wire.send("GET", "/identity/keys", headers={"Transaction-Id": "a b\tc"})
    assert re.fullmatch(r"[\w-]{7}-[0-9a-f]{32}", answer.headers["Transaction-Id"])


def test_the_key_of_another_account_than_the_tenant_header_names_is_refused(wire: Wire) -> None:
    form = {"grant_type": APIKEY_GRANT, "apikey": wire.platform.apikey}
    good = wire.send(
        "POST", "/identity/token", data=form, headers={"IBM-Cloud-Tenant": wire.platform.account_id}
    )
    bad = wire.send("POST", "/identity/token", data=form, headers={"IBM-Cloud-Tenant": "0" * 32})
    assert (good.status_code, bad.status_code) == (200, 400)


def sign_in(wire: Wire, password: str | None = None, **more: object) -> requests.Response:
    """The password grant, as the console sends it."""
    form = {
        "grant_type": "password",
        "username": wire.platform.email,
        "password": password or wire.platform.password,
    }
    return wire.send("POST", "/identity/token", data=form, auth=("console", "console"), **more)


def test_the_owner_signs_in_and_renews_his_session(wire: Wire) -> None:
    first = sign_in(wire).json()
    claims = jwt.decode(first["access_token"], options={"verify_signature": False})
    assert claims["session_id"].startswith("C-")
    assert "apikey_id" not in claims

    form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    second = wire.send("POST", "/identity/token", data=form, auth=("console", "console")).json()

    assert second["refresh_token"] != first["refresh_token"]
    assert wire.introspect(second["access_token"])["active"] is True


def test_a_refresh_token_is_good_for_its_own_client_only(wire: Wire) -> None:
    first = sign_in(wire).json()
    form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    assert wire.send("POST", "/identity/token", data=form, auth=("bx", "bx")).status_code == 400
    assert wire.send("POST", "/identity/token", data=form).status_code == 400


def test_a_spent_refresh_token_is_refused_after_a_moment(wire: Wire) -> None:
    first = sign_in(wire).json()
    form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    assert wire.send("POST", "/identity/token", data=form, auth=("console", "console")).status_code == 200
    wire.platform.travel(seconds=31)
    answer = wire.send("POST", "/identity/token", data=form, auth=("console", "console"))
    assert (answer.status_code, answer.json()["errorCode"]) == (400, "BXNIM0407E")


def test_a_wrong_password_and_an_unknown_user_are_answered_alike(wire: Wire) -> None:
    wrong = sign_in(wire, "not the password")
    form = {"grant_type": "password", "username": "nobody@example.com", "password": "not the password"}
    unknown = wire.send("POST", "/identity/token", data=form, auth=("console", "console"))
    assert wrong.status_code == unknown.status_code == 400
    assert wrong.json()["errorCode"] == unknown.json()["errorCode"] == "BXNIM0602E"


def test_revoking_a_refresh_token_ends_its_access_tokens(wire: Wire) -> None:
    pair = sign_in(wire).json()
    assert wire.ask("GET", f"/v1/apikeys/{wire.platform.apikey_id}", pair["access_token"]).status_code == 200

    revoked = wire.send(
        "POST", "/identity/revoke", data={"token": pair["refresh_token"]}, auth=("console", "console")
    )

    assert (revoked.status_code, revoked.content) == (200, b"")
    assert wire.introspect(pair["access_token"]) == {"active": False}
    assert wire.ask("GET", f"/v1/apikeys/{wire.platform.apikey_id}", pair["access_token"]).status_code == 401


def test_revoking_an_unknown_token_says_nothing(wire: Wire) -> None:
    answer = wire.send("POST", "/identity/revoke", data={"token": "unknown"})
    assert (answer.status_code, answer.content) == (200, b"")


def test_discovery_names_the_doors_that_are_there(wire: Wire) -> None:
    document = wire.send("GET", "/identity/.well-known/openid-configuration").json()

    assert document["issuer"] == f"{wire.platform.url}/identity"
    assert wire.session.get(document["jwks_uri"]).status_code == 200
    assert wire.session.post(document["token_endpoint"]).status_code == 400
    assert APIKEY_GRANT in document["grant_types_supported"]
    assert document["id_token_signing_alg_values_supported"] == ["RS256"]


def test_userinfo_tells_who_the_bearer_is(wire: Wire) -> None:
    answer = wire.ask("GET", "/identity/userinfo")
    assert answer.json()["email"] == wire.platform.email
    assert answer.json()["account"]["bss"] == wire.platform.account_id
    assert wire.send("GET", "/identity/userinfo").status_code == 401


@pytest.mark.parametrize(
    "grant_type",
    ["urn:ibm:params:oauth:grant-type:cr-token", "urn:ibm:params:oauth:grant-type:delegated-refresh-token"],
)
def test_a_grant_that_ibm_has_and_we_have_not_is_refused_in_the_services_words(
    wire: Wire, grant_type: str
) -> None:
    answer = wire.send("POST", "/identity/token", data={"grant_type": grant_type, "cr_token": "x"})
    assert (answer.status_code, answer.json()["errorCode"]) == (400, "BXNIM0107E")
    assert "not offered" in answer.json()["errorMessage"]


def test_slashes_too_many_are_no_other_address(wire: Wire) -> None:
    form = {"grant_type": "urn:ibm:params:oauth:grant-type:apikey", "apikey": wire.platform.apikey}
    for path in ("//identity/token", "/identity/token/"):
        assert wire.send("POST", path, data=form).status_code == 200
    assert wire.send("GET", "//identity/keys").json()["keys"]


def test_the_word_bearer_is_read_whatever_its_case(wire: Wire) -> None:
    for word in ("Bearer", "bearer", "BEARER"):
        headers = {"Authorization": f"{word} {wire.token()}"}
        assert wire.send("GET", "/identity/userinfo", headers=headers).status_code == 200


def test_a_refresh_token_assumes_a_profile_and_is_not_spent(wire: Wire) -> None:
    body = {"name": "by refresh token", "account_id": wire.platform.account_id}
    profile = wire.ask("POST", "/v1/profiles", json=body).json()
    identity = {"identifier": wire.platform.iam_id, "type": "user"}
    wire.ask("POST", f"/v1/profiles/{profile['id']}/identities/user", json=identity)
    grant = "urn:ibm:params:oauth:grant-type:apikey"
    first = wire.send(
        "POST",
        "/identity/token",
        data={"grant_type": grant, "apikey": wire.platform.apikey},
        auth=("bx", "bx"),
    ).json()
    form = {
        "grant_type": "urn:ibm:params:oauth:grant-type:assume",
        "refresh_token": first["refresh_token"],
        "profile_id": profile["id"],
    }
    assumed = wire.send("POST", "/identity/token", data=form, auth=("bx", "bx"))
    stranger = wire.send("POST", "/identity/token", data=form)
    claims = jwt.decode(assumed.json()["access_token"], options={"verify_signature": False})

    assert (claims["iam_id"], claims["authn"]["iam_id"]) == (profile["iam_id"], wire.platform.iam_id)
    assert stranger.json()["errorCode"] == "BXNIM0407E"
    again = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    assert wire.send("POST", "/identity/token", data=again, auth=("bx", "bx")).status_code == 200
    revoked = {"token": first["refresh_token"]}
    wire.send("POST", "/identity/revoke", data=revoked, auth=("bx", "bx"))
    assert wire.introspect(assumed.json()["access_token"])["active"] is False
    assert (
        wire.send("POST", "/identity/token", data=form, auth=("bx", "bx")).json()["errorCode"] == "BXNIM0439E"
    )


def test_a_refusal_for_want_of_proof_says_what_proof_is_wanted(wire: Wire) -> None:
    key = f"/v1/apikeys/{wire.platform.apikey_id}"
    invalid = 'Bearer error="invalid_token"'
    asked = {
        "Bearer": wire.send("GET", key),
        invalid: wire.ask("GET", key, "not.a.token"),
        'Basic realm="identity"': wire.send("POST", "/identity/introspect", data={"token": "x"}),
    }
    assert {answer.headers.get("WWW-Authenticate"): answer.status_code for answer in asked.values()} == (
        dict.fromkeys(asked, 401)
    )
