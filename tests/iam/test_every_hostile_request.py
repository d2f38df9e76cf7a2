"""What no client of good will sends: never a 5xx, and always the envelope of the door."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.iam.conftest import Wire

DEEP = b"[" * 100_000
BODIES = [
    b"",
    b"null",
    b"[]",
    b"1",
    b"{",
    DEEP,
    b'{"name":' * 3000 + b"1" + b"}" * 3000,
    b"\x00",
    b"\xff\xfe",
    b'{"name": "\\ud800"}',
    b'{"name": NaN}',
    b"x" * 2_000_000,
]
KINDS = [
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/plain",
    "application/zip",
    "",
]
VALUES: list[Any] = [
    None, True, 0, -1, 1e308, 2**64, "", "x", "\x00", "\u202e", "a" * 5000, [], [None], {}, {"a": 1},
    "\u0663",
]  # fmt: skip
FIELDS = {
    "/v1/apikeys": ("name", "iam_id", "account_id", "description", "apikey", "store_value",
                    "support_sessions", "action_when_leaked", "expires_at"),
    "/v1/serviceids": ("name", "account_id", "group_id", "description", "unique_instance_crns", "apikey"),
    "/v1/profiles": ("name", "account_id", "description", "email"),
    "/v1/serviceid_groups": ("name", "account_id", "description"),
}  # fmt: skip


def checked(answer: Any) -> Any:
    """The parsed answer: no failure of ours, and the envelope where it is a refusal."""
    assert answer.status_code < 500, answer.text
    assert "Traceback" not in answer.text
    if answer.status_code < 400:
        return None
    body = answer.json()
    assert body["status_code"] == answer.status_code
    error = body["errors"][0]
    assert error["message_code"].startswith("BXNIM"), error
    assert error["code"]
    assert error["message"]
    assert error["details"]
    assert body["trace"] == answer.headers["Transaction-Id"] == answer.headers["X-Correlation-Id"]
    assert "ParamType" not in error["message"]
    assert "`data`" not in error["message"]
    return error


@pytest.mark.parametrize("kind", KINDS)
def test_no_body_breaks_a_door_that_reads_json(wire: Wire, kind: str) -> None:
    token = wire.token()
    for path in ("/v1/apikeys", "/v1/serviceids/", "/v1/profiles", "/v2/users/password"):
        for body in BODIES:
            answer = wire.ask("POST", path, token, data=body, headers={"Content-Type": kind})
            assert 400 <= answer.status_code < 500, (path, body[:20], answer.text)
            checked(answer)


@pytest.mark.parametrize("path", FIELDS)
def test_a_field_of_another_type_is_a_bad_request_or_has_no_effect(wire: Wire, path: str) -> None:
    token = wire.token()
    good = {"name": "hostile", "account_id": wire.platform.account_id, "iam_id": wire.platform.iam_id}
    for field in FIELDS[path]:
        for value in VALUES:
            answer = wire.ask("POST", path, token, json=good | {field: value})
            checked(answer)
            if answer.status_code == 201:
                made = f"{path}/{answer.json()['id']}"
                assert wire.ask("DELETE", made, token).status_code == 204


@pytest.mark.parametrize(
    ("method", "path", "text"),
    [
        ("POST", "/v1/apikeys", "Parameter 'name' is missing."),
        ("GET", "/v1/apikeys/{key}?include_history=maybe", "Parameter 'include_history'"),
        ("GET", "/v1/nothing", "Not Found"),
        ("PATCH", "/v1/apikeys", "Method Not Allowed"),
    ],
)
def test_what_the_framework_refuses_is_told_in_the_services_words(
    wire: Wire, method: str, path: str, text: str
) -> None:
    answer = wire.ask(method, path.format(key=wire.platform.apikey_id), json={} if method == "POST" else None)
    assert text in checked(answer)["message"]


@pytest.mark.parametrize(
    "query",
    ["x=" + "a" * 20_000, "account_id=%00", "account_id=%ff%fe", "account_id=a&account_id=b", "filter=((((",
     "pagetoken=" + "A" * 20_000, "pagesize=-1", "pagesize=1e3", "sort=%00", "a&b&=&&%"],
)  # fmt: skip
def test_no_query_breaks_a_list(wire: Wire, query: str) -> None:
    for path in ("/v1/apikeys", "/v1/serviceids/", "/v1/profiles"):
        checked(wire.ask("GET", f"{path}?{query}"))


@pytest.mark.parametrize("value", ["%00", "%ff", "%2e%2e", "a" * 4000, "%F0%9F%98%80", "%0d%0aX:1", "*", "'"])
def test_no_id_breaks_an_operation(wire: Wire, value: str) -> None:
    token = wire.token()
    for path in (
        "/v1/apikeys/{}",
        "/v1/serviceids/{}/lock",
        "/v1/profiles/{}/rules",
        "/v1/profiles/{}/links/{}",
    ):
        for method in ("GET", "PUT", "POST", "DELETE"):
            body = b"{}" if method in {"PUT", "POST"} else None
            headers = {"If-Match": "*", "Content-Type": "application/json"}
            answer = wire.ask(method, path.format(value, value), token, data=body, headers=headers)
            assert answer.status_code in {400, 404, 405}, (method, path, answer.text)
            checked(answer)


FORMS = [
    b"", b"\x00", b"\xff", b"&" * 60_000, b"=&" * 30_000, b"a" * 70_000, b"{}", b"[" * 60_000,
    b"grant_type[]=x", b"a=1&a=2", b"token=" + b"." * 5000, b"token=%ff", b"token=%00",
    b"apikey=%ed%a0%80&grant_type=x",
    b"grant_type=refresh_token&refresh_token=%00&client_id=a&client_secret=b",
    b"grant_type=password&username=%00&password=%00&client_id=a&client_secret=b",
    b"grant_type=urn:ibm:params:oauth:grant-type:assume&access_token=x&profile_id=%00",
]  # fmt: skip


@pytest.mark.parametrize("path", ["/identity/token", "/identity/introspect", "/identity/revoke"])
def test_no_form_breaks_the_token_service(wire: Wire, path: str) -> None:
    for form in FORMS:
        for kind in KINDS:
            for auth in (None, ("bx", "bx")):
                answer = wire.send("POST", path, data=form, headers={"Content-Type": kind}, auth=auth)
                assert answer.status_code < 500, (form[:40], kind, answer.text)
                if answer.status_code >= 400:
                    assert answer.json()["errorCode"].startswith("BXNIM"), answer.text


def test_a_failed_call_is_told_what_it_was(wire: Wire) -> None:
    answer = wire.send(
        "POST", "/identity/token", data={}, headers={"User-Agent": "tests/1", "Transaction-Id": "t-1"}
    )
    assert answer.json()["context"] == {
        "requestId": "t-1",
        "requestType": "incoming.Identity_Token",
        "userAgent": "tests/1",
        "url": wire.platform.url,
        "locale": "en_US",
    }
    assert json.loads(wire.send("GET", "/identity/token").text)["errorCode"] == "BXNIM0405E"
