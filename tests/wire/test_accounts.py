"""accounts.yaml: what it may look like, and what is said of one that cannot be read."""

import pytest

from lockhouse.errors import Mistakes
from lockhouse.wire.accounts import normal_auth_type, read_accounts, write_accounts


def test_accounts_are_read_by_application() -> None:
    text = """\
accounts:
  servicenow:
    - name: Account 1
      authType: BASIC
      endpoint: {url: "https://example.service-now.example"}
      credentials: {username: svc, password: 12345, flag: true, nothing: null}
  slack:
    - name: Team
      credentials: {authType: basicOauth, accessToken: xoxb-EXAMPLE}
      default: true
  http:
"""
    service, slack = read_accounts(text, file="accounts.yaml")
    assert (service.connector, service.name, service.auth_type, service.line) == (
        "servicenow",
        "Account 1",
        "BASIC",
        3,
    )
    assert {name: secret.reveal() for name, secret in service.credentials.items()} == {
        "username": "svc",
        "password": "12345",
        "flag": "true",
    }
    assert (slack.auth_type, slack.default) == ("BASIC_OAUTH", True)
    assert "xoxb-EXAMPLE" not in repr(slack)
    again = write_accounts((service, slack))
    assert again["accounts"]["slack"][0]["credentials"] == {"accessToken": "xoxb-EXAMPLE"}


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("", ["accounts_missing"]),
        ("- a", ["accounts_missing"]),
        ("accounts: []", ["accounts_missing"]),
        ("accounts: {}\nmore: 1", ["accounts_unknown_key"]),
        ("accounts: {slack: {name: x}}", ["accounts_not_list"]),
        ("accounts: {slack: [x, {}]}", ["accounts_entry", "accounts_no_name", "accounts_name_twice"]),
        ("accounts: {slack: [{name: a, credentials: EXAMPLE}]}", ["accounts_not_fields"]),
        ("accounts: {slack: [{name: a, credentials: {k: [EXAMPLE]}}]}", ["accounts_field"]),
        ("accounts: {slack: [{name: a}, {name: a}]}", ["accounts_name_twice"]),
        (
            "accounts: {slack: [{name: a, authType: 5, kredentials: {}}]}",
            ["accounts_unknown_key", "accounts_auth_type"],
        ),
        (
            "accounts: {slack: [{name: a, authType: BASIC, credentials: {authType: API_KEY}}]}",
            ["accounts_auth_type"],
        ),
    ],
)
def test_every_mistake_is_named_and_no_value_is(text: str, codes: list[str]) -> None:
    with pytest.raises(Mistakes) as caught:
        read_accounts(text, file="accounts.yaml")
    assert [mistake.code for mistake in caught.value.mistakes] == codes
    assert "EXAMPLE" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["accounts: {a: [{password: EXAMPLE", "accounts: !x EXAMPLE", "a: EXAMPLE\n\tb: 1", "password: *EXAMPLE"],
)
def test_what_is_no_yaml_is_told_without_quoting_it(text: str) -> None:
    with pytest.raises(Mistakes) as caught:
        read_accounts(text, file="accounts.yaml")
    assert "EXAMPLE" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "normal"),
    [("BASIC", "BASIC"), ("oauth2Password", "OAUTH2_PASSWORD"), ("basic_oauth", "BASIC_OAUTH"), ("", "")],
)
def test_auth_types_are_spelled_one_way(given: str, normal: str) -> None:
    assert normal_auth_type(given) == normal
