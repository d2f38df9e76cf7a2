"""Connector accounts held against their connector's form."""

import pytest

from lockhouse.connectors.accounts import check_account, check_credentials
from lockhouse.connectors.catalogue import Catalogue
from lockhouse.errors import Mistakes
from lockhouse.wire.accounts import read_accounts

GOOD = """\
accounts:
  salesforce:
    - name: Account 1
      endpoint: {loginUrl: "https://test.salesforce.com/"}
      credentials:
        {authType: OAUTH_PASSWORD, username: ada, password: EXAMPLE, clientIdentity: i, clientSecret: EXAMPLE}
      applicationType: online
      default: true
"""


def test_an_account_of_a_real_deployment_is_taken_as_it_is(catalogue: Catalogue) -> None:
    credentials = check_account(catalogue, read_accounts(GOOD, file="accounts.yaml")[0])
    assert (credentials.auth_type, credentials.name) == ("OAUTH2_PASSWORD", "Account 1")
    assert credentials.endpoint == {"loginUrl": "https://test.salesforce.com/"}
    assert credentials.fields["password"].reveal() == "EXAMPLE"
    assert "EXAMPLE" not in repr(credentials)


@pytest.mark.parametrize(
    ("before", "after", "code", "words"),
    [
        ("salesforce:", "salesfroce:", "account_unknown_connector", "did you mean 'salesforce'"),
        ("username:", "user:", "account_missing_field", "username"),
        ("username:", "user:", "account_unknown_field", "did you mean 'username'"),
        ("password: EXAMPLE, ", "", "account_missing_field", "password"),
        ("OAUTH_PASSWORD", "BASIC", "account_auth_type", "OAUTH2_PASSWORD, BASIC_OAUTH"),
    ],
)
def test_what_does_not_fit_is_named_with_its_line(
    catalogue: Catalogue, before: str, after: str, code: str, words: str
) -> None:
    account = read_accounts(GOOD.replace(before, after), file="accounts.yaml")[0]
    with pytest.raises(Mistakes) as caught:
        check_account(catalogue, account, file="accounts.yaml")
    found = [mistake for mistake in caught.value.mistakes if mistake.code == code]
    assert words in found[0].message
    assert (found[0].file, found[0].line) == ("accounts.yaml", 3)
    assert "EXAMPLE" not in str(caught.value)


def test_the_auth_type_may_be_left_out_where_the_fields_tell_it(catalogue: Catalogue) -> None:
    fields = {"clientIdentity": "id", "clientSecret": "EXAMPLE", "refreshTokenBasicOauth": "EXAMPLE"}
    connector = catalogue.get("salesforce")
    found = check_credentials(connector, name="a", auth_type="", credentials=fields, endpoint={})
    assert found.auth_type == "BASIC_OAUTH"


def test_other_spellings_of_a_field_are_known(catalogue: Catalogue) -> None:
    fields = {"consumerKey": "EXAMPLE-key", "accessToken": "EXAMPLE"}
    found = check_credentials(
        catalogue.get("trello"), name="a", auth_type="", credentials=fields, endpoint={}
    )
    assert found.fields["clientId"].reveal() == "EXAMPLE-key"


def test_every_missing_field_is_named_at_once(catalogue: Catalogue) -> None:
    with pytest.raises(Mistakes) as caught:
        check_credentials(
            catalogue.get("salesforce"), name="a", auth_type="OAUTH2_PASSWORD", credentials={}, endpoint={}
        )
    assert len(caught.value.mistakes) == 4


@pytest.mark.parametrize("connector", ["eventbrite", "box", "asana", "slack", "gmail", "msteams"])
def test_a_deployment_s_oauth_fields_are_taken_where_the_application_has_no_use_for_some(
    catalogue: Catalogue, connector: str
) -> None:
    names = ("clientId", "clientSecret", "accessToken", "refreshToken")
    text = "accounts:\n  {}:\n    - {{name: a, authType: BASIC_OAUTH, endpoint: {{}}, credentials: {{{}}}}}\n"
    given = text.format(connector, ", ".join(f"{name}: EXAMPLE" for name in names))
    found = check_account(catalogue, read_accounts(given, file="accounts.yaml")[0])
    assert found.fields["accessToken"].reveal() == "EXAMPLE"


def test_zendesk_s_token_may_be_called_so(catalogue: Catalogue) -> None:
    fields = {"username": "a@example.com", "token": "EXAMPLE", "subdomain": "example"}
    connector = catalogue.get("zendeskservice")
    found = check_credentials(connector, name="a", auth_type="BASIC", credentials=fields, endpoint={})
    assert found.fields["password"].reveal() == "EXAMPLE"


def test_a_database_s_account_may_say_its_kind(catalogue: Catalogue) -> None:
    fields = {"dbType": "postgresql", "hostname": "h", "dbName": "d", "username": "u", "password": "EXAMPLE"}
    found = check_credentials(
        catalogue.get("postgresql"), name="a", auth_type="", credentials=fields, endpoint={}
    )
    assert "dbType" not in found.fields
