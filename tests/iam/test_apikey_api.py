"""The doors of `/v1/apikeys`: what is refused, what has no effect, and how lists are cut."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlparse

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.iam.conftest import Wire


@pytest.fixture
def key(wire: Wire) -> Iterator[dict[str, Any]]:
    made = wire.new_key("a key")
    yield made
    wire.ask("DELETE", f"/v1/apikeys/{made['id']}/lock")
    wire.ask("DELETE", f"/v1/apikeys/{made['id']}")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "x"},
        {"name": "", "iam_id": "{me}"},
        {"name": "  ", "iam_id": "{me}"},
        {"name": 7, "iam_id": "{me}"},
        {"name": None, "iam_id": "{me}"},
        {"name": ["x"], "iam_id": "{me}"},
        {"name": "x" * 257, "iam_id": "{me}"},
        {"name": "a\u0000b", "iam_id": "{me}"},
        {"name": "line\nbreak", "iam_id": "{me}"},
        {"name": "x", "iam_id": "{me}", "description": "y" * 4001},
        {"name": "x", "iam_id": "{me}", "apikey": "short"},
        {"name": "x", "iam_id": "{me}", "store_value": True},
        {"name": "x", "iam_id": "{me}", "support_sessions": "yes"},
        {"name": "x", "iam_id": "{me}", "action_when_leaked": "explode"},
        {"name": "x", "iam_id": "{me}", "expires_at": "tomorrow"},
        {"name": "x", "iam_id": "{me}", "expires_at": "2001-01-01T00:00+0000"},
        {"name": "x", "iam_id": "{me}", "expires_at": "2049-01-01"},
        {"name": "x", "iam_id": "{me}", "expires_at": "2049-01-01T00:00"},
        {"name": "x", "iam_id": "{me}", "account_id": "invalid"},
        {"name": "x", "iam_id": "iam-ServiceId-unknown"},
        {"name": "x", "iam_id": "iam-Profile-unknown"},
        [],
        "text",
        7,
        None,
    ],
)
def test_a_body_that_does_not_fit_is_a_bad_request(wire: Wire, body: Any) -> None:
    if isinstance(body, dict):
        body = {name: wire.platform.iam_id if value == "{me}" else value for name, value in body.items()}
    answer = wire.ask("POST", "/v1/apikeys", json=body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b'{"name": "x", "name": "y"}', b"\xff", b"[" * 5000, b'{"name": NaN}', b'{"name": 1e999}'],
)
def test_a_body_that_is_no_strict_json_is_a_bad_request(wire: Wire, raw: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    assert wire.ask("POST", "/v1/apikeys", data=raw, headers=headers).status_code == 400


def test_fields_that_are_not_the_callers_to_set_have_no_effect(wire: Wire) -> None:
    extra = {
        "id": "ApiKey-mine",
        "crn": "crn:mine",
        "locked": True,
        "disabled": True,
        "created_by": "IBMid-EVE",
        "created_at": "2001-01-01T00:00+0000",
        "entity_tag": "9-x",
        "role": "Administrator",
        "roles": ["Administrator"],
    }
    made = wire.new_key("extra", **extra)
    assert made["id"] != "ApiKey-mine"
    assert (made["locked"], made["disabled"], made["created_by"]) == (False, False, wire.platform.iam_id)
    assert made["entity_tag"].startswith("1-")
    changed = wire.ask("PUT", f"/v1/apikeys/{made['id']}", json=extra, headers={"If-Match": "*"}).json()
    assert (changed["id"], changed["locked"], changed["created_by"]) == (
        made["id"],
        False,
        wire.platform.iam_id,
    )
    wire.ask("DELETE", f"/v1/apikeys/{made['id']}")


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "'; DROP TABLE x; --", "=cmd()", "Ω ōkina 🔑", "a" * 256]
)
def test_any_printable_name_is_kept_as_it_is(wire: Wire, name: str) -> None:
    made = wire.new_key(name, description="two\nlines")
    got = wire.ask("GET", f"/v1/apikeys/{made['id']}").json()
    assert (got["name"], got["description"]) == (name, "two\nlines")
    wire.ask("DELETE", f"/v1/apikeys/{made['id']}")


def test_update_needs_if_match_and_leaves_the_rest_alone(wire: Wire, key: dict[str, Any]) -> None:
    path = f"/v1/apikeys/{key['id']}"
    assert wire.ask("PUT", path, json={"name": "x"}).status_code == 400
    changed = wire.ask(
        "PUT", path, json={"description": "new", "expires_at": "2049-01-02T18:30Z"}, headers={"If-Match": "*"}
    ).json()
    assert (changed["name"], changed["description"], changed["expires_at"]) == (
        "a key",
        "new",
        "2049-01-02T18:30Z",
    )
    cleared = wire.ask(
        "PUT", path, json={"expires_at": ""}, headers={"If-Match": changed["entity_tag"]}
    ).json()
    assert "expires_at" not in cleared
    assert wire.ask("PUT", path, json={"name": ""}, headers={"If-Match": "*"}).status_code == 400


@pytest.mark.parametrize("key_id", ["ApiKey-unknown", "..", "%2e%2e%2f", "a%00b", "x" * 3000, "' OR 1=1 --"])
def test_an_unknown_id_is_refused_whatever_it_looks_like(wire: Wire, key_id: str) -> None:
    path = key_id if "%" in key_id else quote(key_id, safe="")
    assert wire.ask("GET", f"/v1/apikeys/{path}").status_code in {400, 401, 404}


def test_the_header_that_locks_at_birth_must_be_true_or_false(wire: Wire) -> None:
    body = {"name": "x", "iam_id": wire.platform.iam_id}
    assert wire.ask("POST", "/v1/apikeys", json=body, headers={"Entity-Lock": "maybe"}).status_code == 400


def test_paths_are_answered_with_and_without_slashes(wire: Wire) -> None:
    query = f"account_id={wire.platform.account_id}"
    for path in ("/v1/apikeys", "/v1/apikeys/", "//v1/apikeys", "/v1/serviceids", "/v1/serviceids/"):
        assert wire.ask("GET", f"{path}?{query}").status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "",
        "account_id=self",
        "account_id={account}&pagesize=0",
        "account_id={account}&pagesize=101",
        "account_id={account}&pagesize=x",
        "account_id={account}&pagesize=-1",
        "account_id={account}&pagesize=1e1",
        "account_id={account}&pagesize=٣",
        "account_id={account}&sort=apikey",
        "account_id={account}&order=down",
        "account_id={account}&scope=world",
        "account_id={account}&type=robot",
        "account_id={account}&include_history=maybe",
        "account_id={account}&filter=name",
        'account_id={account}&filter=name eq "x"',
        'account_id={account}&filter=apikey co "x"',
        "account_id={account}&filter=name co x",
        'account_id={account}&filter=name co "x',
        'account_id={account}&filter=(name co "x"',
        'account_id={account}&filter=name co "x" and',
        'account_id={account}&filter=name co "x" xor name co "y"',
        "account_id={account}&filter=" + "(" * 50 + 'name co "x"' + ")" * 50,
        'account_id={account}&filter=name co ""',
        "pagetoken=garbage",
        "pagetoken=" + "A" * 5000,
    ],
)
def test_a_list_that_cannot_be_meant_is_a_bad_request(wire: Wire, query: str) -> None:
    text = quote(query.replace("{account}", wire.platform.account_id), safe="=&")
    answer = wire.ask("GET", f"/v1/apikeys?{text}")
    assert answer.status_code == 400, answer.text


def test_a_page_token_is_worth_nothing_changed_or_for_others(wire: Wire) -> None:
    for number in range(3):
        wire.new_key(f"page {number}")
    first = wire.ask("GET", f"/v1/apikeys?account_id={wire.platform.account_id}&pagesize=1").json()
    token = parse_qs(urlparse(first["next"]).query)["pagetoken"][0]
    stranger = wire.platform.new_account("Nosy", "nosy@example.com")

    forged = token[:-2] + ("AA" if token[-2:] != "AA" else "BB")
    assert wire.ask("GET", f"/v1/apikeys?pagetoken={forged}").status_code == 400
    foreign = wire.ask("GET", f"/v1/apikeys?pagetoken={token}", wire.token(stranger.apikey))
    assert foreign.status_code == 403
    assert wire.ask("GET", f"/v1/serviceids/?pagetoken={token}").status_code in {200, 400}
    for found in wire.ask("GET", f"/v1/apikeys?account_id={wire.platform.account_id}&pagesize=100").json()[
        "apikeys"
    ]:
        if found["name"].startswith("page "):
            wire.ask("DELETE", f"/v1/apikeys/{found['id']}")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('name co "blue"', ["Blue sky", "dark blue", "light blue"][1:]),
        ('name co_ci "BLUE"', ["Blue sky", "dark blue", "light blue"]),
        ('name sw "Blue"', ["Blue sky"]),
        ('name ew_ci "Blue"', ["dark blue", "light blue"]),
        ('name co "blue" and name sw "dark"', ["dark blue"]),
        ('name sw "Blue" or name sw "dark"', ["Blue sky", "dark blue"]),
        ('(name sw "Blue" or name sw "dark") and description co "deep"', ["dark blue"]),
        ('name co "100%_\\"quoted\\""', ['100%_"quoted"']),
        ('name co "_blue"', []),
        ('name ew_ci "äpfel"', ["Grüner ÄPFEL"]),
        ('name sw_ci "GRÜN"', ["Grüner ÄPFEL"]),
        ('name co_ci "r äp" and description co_ci "OBST"', ["Grüner ÄPFEL"]),
        ('name co "äpfel"', []),
    ],
)
def test_filters_find_what_they_say(wire: Wire, text: str, found: list[str]) -> None:
    made = [
        wire.new_key(name, description=description)["id"]
        for name, description in (
            ("Blue sky", "high"),
            ("dark blue", "deep"),
            ("light blue", ""),
            ('100%_"quoted"', "odd"),
            ("Grüner ÄPFEL", "Obst"),
        )
    ]
    query = f"account_id={wire.platform.account_id}&sort=name&filter={quote(text)}"
    listed = wire.ask("GET", f"/v1/apikeys?{query}").json()["apikeys"]
    for key_id in made:
        wire.ask("DELETE", f"/v1/apikeys/{key_id}")
    assert [one["name"] for one in listed] == found


def test_sorts_turn_around(wire: Wire) -> None:
    made = [wire.new_key(name)["id"] for name in ("b", "a", "c")]
    base = f"/v1/apikeys?account_id={wire.platform.account_id}&pagesize=100&sort=name"
    up, down = (
        [one["name"] for one in wire.ask("GET", base + order).json()["apikeys"] if one["name"] in "abc"]
        for order in ("", "&order=desc")
    )
    for key_id in made:
        wire.ask("DELETE", f"/v1/apikeys/{key_id}")
    assert up == ["a", "b", "c"]
    assert down == ["c", "b", "a"]


def test_an_identity_has_at_most_twenty_keys_however_many_ask_at_once(wire: Wire) -> None:
    user = wire.platform.new_user("collector@example.com")
    token = wire.token(user.apikey)
    body = {"name": "one more", "iam_id": user.iam_id}
    with ThreadPoolExecutor(8) as threads:
        answers = list(
            threads.map(lambda _: wire.ask("POST", "/v1/apikeys", token, json=body).status_code, range(30))
        )
    assert sorted(answers) == [201] * 19 + [409] * 11


def test_of_two_changes_of_one_state_one_wins(wire: Wire, key: dict[str, Any]) -> None:
    path, tag = f"/v1/apikeys/{key['id']}", {"If-Match": key["entity_tag"]}
    token = wire.token()
    with ThreadPoolExecutor(8) as threads:
        answers = list(
            threads.map(
                lambda number: (
                    wire.ask("PUT", path, token, json={"name": f"n{number}"}, headers=tag).status_code
                ),
                range(8),
            )
        )
    assert sorted(answers) == [200] + [409] * 7


def test_a_keys_history_names_every_change_in_order(wire: Wire, key: dict[str, Any]) -> None:
    path = f"/v1/apikeys/{key['id']}"
    wire.ask("PUT", path, json={"name": "x"}, headers={"If-Match": "*"})
    for method, way in (("POST", "lock"), ("DELETE", "lock"), ("POST", "disable"), ("DELETE", "disable")):
        assert wire.ask(method, f"{path}/{way}").status_code == 204
        assert wire.ask(method, f"{path}/{way}").status_code == 204
    got = wire.ask("GET", f"{path}?include_history=true").json()
    actions = [entry["action"] for entry in got["history"]]

    assert actions == ["CREATE", "UPDATE", "LOCK", "UNLOCK", "DISABLE", "ENABLE"]
    assert got["entity_tag"].startswith("6-")
    assert all(entry["iam_id_account"] == wire.platform.account_id for entry in got["history"])


@pytest.mark.parametrize(
    "value", ["schlüssel-" * 4, "\U0001f511" * 32, "a&b=c+d%20e;f" * 3, "with blanks " * 3 + "x"]
)
def test_a_value_of_ones_own_may_be_of_any_characters(wire: Wire, value: str) -> None:
    key = wire.new_key("own value", apikey=value)
    found = wire.ask("GET", "/v1/apikeys/details", headers={"IAM-ApiKey": value.encode()})
    assert (key["apikey"], wire.exchange(value).status_code) == (value, 200)
    assert found.json()["id"] == key["id"]
    wire.ask("DELETE", f"/v1/apikeys/{key['id']}")
