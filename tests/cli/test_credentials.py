"""The forms in which credentials may be given."""

import pytest

from lockhouse.cli.credentials import placed, read_entry
from lockhouse.errors import Mistakes
from lockhouse.wire.instances import AuthForm, ConnectorDetails, CredentialField, NewAccount

SALESFORCE = ConnectorDetails(
    name="salesforce",
    title="Salesforce",
    auth=[
        AuthForm(
            auth_type="OAUTH2_PASSWORD",
            fields=[
                CredentialField(name="username", title="User", required=True),
                CredentialField(name="password", title="Password", required=True, secret=True),
                CredentialField(name="loginUrl", title="Login URL", place="endpoint"),
            ],
        ),
        AuthForm(
            auth_type="BASIC_OAUTH",
            fields=[CredentialField(name="accessTokenBasicOauth", title="Token", required=True, secret=True)],
        ),
    ],
)
ADA = NewAccount(
    connector="salesforce",
    name="Account 1",
    auth_type="OAUTH2_PASSWORD",
    credentials={"username": "ada@example.com", "password": "EXAMPLE-NOT-REAL"},
    endpoint={"loginUrl": "https://login.example"},
)
LOOSE = "username: ada@example.com\npassword: EXAMPLE-NOT-REAL\nloginUrl: https://login.example\n"
ENTRY = """\
authType: OAUTH2_PASSWORD
credentials: {username: ada@example.com, password: EXAMPLE-NOT-REAL}
endpoint: {loginUrl: "https://login.example"}
"""
GENERATED = """\
credentials: {authType: OAUTH2_PASSWORD, username: ada@example.com, password: EXAMPLE-NOT-REAL}
endpoint: {loginUrl: "https://login.example"}
"""
JSON = """\
{
\t"username": "ada@example.com",
\t"password": "EXAMPLE-NOT-REAL",
\t"loginUrl": "https://login.example"
}
"""
WHOLE = """\
accounts:
  slack:
    - {name: Account 1, credentials: {accessToken: OTHER-NOT-REAL}}
  salesforce:
    - name: Someone else
      credentials: {username: eve, password: OTHER-NOT-REAL}
    - name: Account 1
      authType: OAUTH2_PASSWORD
      credentials: {username: ada@example.com, password: EXAMPLE-NOT-REAL}
      endpoint: {loginUrl: "https://login.example"}
"""


def _account(text: str, auth_type: str = "") -> NewAccount:
    entry = read_entry(text, file="creds.yaml", connector="salesforce", name="Account 1")
    return placed(entry, SALESFORCE, name="Account 1", auth_type=auth_type)


@pytest.mark.parametrize("text", [LOOSE, ENTRY, GENERATED, JSON, WHOLE])
def test_every_form_of_a_credentials_file_makes_the_same_account(text: str) -> None:
    assert _account(text) == ADA


def test_a_named_way_to_sign_in_wins() -> None:
    assert _account("accessTokenBasicOauth: T", "BASIC_OAUTH").auth_type == "BASIC_OAUTH"


def test_fields_that_no_form_knows_are_left_to_the_platform_to_refuse() -> None:
    made = _account("unheard: of")

    assert (made.auth_type, made.credentials) == ("", {"unheard": "of"})


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("- a\n- b\n", "credentials_not_fields", 1),
        ("just text", "credentials_not_fields", 1),
        ("endpoint: {}\ncredentials: SECRET-NOT-REAL\n", "credentials_not_fields", 2),
        ("accounts:\n  salesforce:\n    - name: Other\n", "credentials_no_such_entry", 0),
        ("accounts: {slack: []}\n", "credentials_no_such_entry", 0),
        ("password: *SECRET-NOT-REAL\n", "yaml_alias", 1),
        ("a: 1\na: 2\n", "yaml_duplicate_key", 2),
        ("a: [\n", "yaml_syntax", 2),
    ],
)
def test_what_cannot_be_credentials_is_told_with_its_place_and_without_its_values(
    text: str, code: str, line: int
) -> None:
    with pytest.raises(Mistakes) as raised:
        _account(text)

    (mistake,) = raised.value.mistakes
    assert (mistake.code, mistake.file, mistake.line) == (code, "creds.yaml", line)
    assert "SECRET" not in str(raised.value)
