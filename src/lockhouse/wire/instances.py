"""App Connect instances: the instance, its catalogue and its connector accounts, as their doors speak of
them."""

from typing import Any, Literal

import msgspec

AccountState = Literal["connected", "needs_reconnecting", "untested"]
"""`connected`: the last call or test was let in. `needs_reconnecting`: the vendor refused the credentials."""


class Instance(msgspec.Struct, frozen=True, kw_only=True):
    """An App Connect instance; `url` is the base of its API (`…/appconnect/<id>`)."""

    id: str
    name: str
    url: str


class NewInstance(msgspec.Struct, frozen=True, kw_only=True):
    """An instance to be made."""

    name: str


class Instances(msgspec.Struct, frozen=True, kw_only=True):
    """The instances of the token's account, the oldest first."""

    instances: list[Instance]


class CredentialField(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One field of a connector account's form. `place` is `credentials` or `endpoint`."""

    name: str
    title: str
    required: bool = False
    secret: bool = False
    place: Literal["credentials", "endpoint"] = "credentials"


class AuthForm(msgspec.Struct, frozen=True, kw_only=True):
    """One way to authenticate, with the fields it asks for."""

    auth_type: str
    fields: list[CredentialField]


class ConnectorSummary(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A connector in a listing: `name` is the `connector-type` of flow documents."""

    name: str
    title: str
    level: str = ""


class ActionSummary(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One action of a connector, spelled as in a flow document."""

    business_object: str
    action: str
    title: str = ""


class ConnectorDetails(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A connector with the forms of its accounts and its actions."""

    name: str
    title: str
    level: str = ""
    auth: list[AuthForm] = []
    actions: list[ActionSummary] = []


class Connectors(msgspec.Struct, frozen=True, kw_only=True):
    """The catalogue, sorted by name."""

    connectors: list[ConnectorSummary]


class AccountCredentials(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What replaces an account's credentials. `auth_type` may be left out when the connector has one only."""

    credentials: dict[str, Any] = {}
    endpoint: dict[str, Any] = {}
    auth_type: str = ""


class NewAccount(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A connector account to be made, with the members of an entry of accounts.yaml (deployment.md, section
    6)."""

    connector: str
    name: str
    credentials: dict[str, Any] = {}
    endpoint: dict[str, Any] = {}
    auth_type: str = ""


class AccountName(msgspec.Struct, frozen=True, kw_only=True):
    """The new name of an account."""

    name: str


class ConnectorAccount(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A connector account without its secrets. Times are ISO 8601, UTC.

    `fields` are the values that are not secret, credentials and endpoint in one; `reason` is the vendor's own
    word when it refused the credentials, at `failed_at`.
    """

    connector: str
    name: str
    auth_type: str
    state: AccountState
    fields: dict[str, Any] = {}
    reason: str = ""
    failed_at: str = ""
    created_at: str = ""
    modified_at: str = ""


class ConnectorAccounts(msgspec.Struct, frozen=True, kw_only=True):
    """The accounts of an instance, sorted by connector and name."""

    accounts: list[ConnectorAccount]


class AccountsFile(msgspec.Struct, frozen=True, kw_only=True):
    """The content of an accounts.yaml, credentials and all: the entries of each connector."""

    accounts: dict[str, list[dict[str, Any]]]

    def __repr__(self) -> str:
        return f"AccountsFile({', '.join(self.accounts)})"


class AccountTest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The outcome of a test. `ok` is None when the connector has nothing harmless to call."""

    ok: bool | None
    reason: str = ""
