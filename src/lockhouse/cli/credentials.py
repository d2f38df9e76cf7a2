"""The file of `account create --credentials`: what forms it may have, and how its fields find their place.

Three forms are read: the fields as they are (`username: …`), an entry of accounts.yaml (`authType`,
`credentials`, `endpoint`), and a whole accounts.yaml that holds the entry (deployment.md, section 6).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lockhouse.documents import read_yaml
from lockhouse.errors import Mistake, Mistakes
from lockhouse.wire.accounts import ConnectorAccount, read_accounts
from lockhouse.wire.instances import AuthForm, ConnectorDetails, NewAccount

_PARTS = ("credentials", "endpoint", "authType")
_EXPECTED = "expected fields with values, such as `username: …`"


@dataclass(frozen=True, slots=True)
class Entry:
    """One account as its file says it. `loose` fields do not say whether they are credentials or endpoint."""

    auth_type: str = ""
    credentials: dict[str, Any] = field(default_factory=dict, repr=False)
    endpoint: dict[str, Any] = field(default_factory=dict, repr=False)
    loose: dict[str, Any] = field(default_factory=dict, repr=False)


def read_entry(text: str, *, file: str, connector: str, name: str) -> Entry:
    """Read one account. Raises Mistakes; their text never holds a value of the file."""
    try:
        document = read_yaml(text, file=file)
    except Mistakes as error:
        # What the reader says may quote the text around the mistake, and that is full of secrets.
        said = "this is neither YAML nor JSON that can be read"
        raise Mistakes([replace(mistake, message=said, field="") for mistake in error.mistakes]) from None
    entry = document.value
    if not isinstance(entry, dict):
        raise Mistakes([document.mistake("credentials_not_fields", _EXPECTED)])
    if isinstance(entry.get("accounts"), dict):
        return _entry_of(read_accounts(text, file=file), file=file, connector=connector, name=name)
    if not any(part in entry for part in _PARTS):
        return Entry(loose=entry)
    mistakes = [
        document.mistake("credentials_not_fields", _EXPECTED, (part,))
        for part in ("credentials", "endpoint")
        if not isinstance(entry.get(part) or {}, dict)
    ]
    if mistakes:
        raise Mistakes(mistakes)
    credentials = dict(entry.get("credentials") or {})
    auth_type = entry.get("authType") or credentials.pop("authType", "")
    return Entry(str(auth_type), credentials, dict(entry.get("endpoint") or {}))


def placed(entry: Entry, connector: ConnectorDetails, *, name: str, auth_type: str) -> NewAccount:
    """The account to make: loose fields go where the connector's form has them, else to the credentials."""
    wanted = auth_type or entry.auth_type
    form = _form_for(connector, wanted, entry)
    to_endpoint = {known.name for known in form.fields if known.place == "endpoint"} if form else set()
    loose = entry.loose.items()
    return NewAccount(
        connector=connector.name,
        name=name,
        auth_type=wanted or (form.auth_type if form else ""),
        credentials=entry.credentials | {key: value for key, value in loose if key not in to_endpoint},
        endpoint=entry.endpoint | {key: value for key, value in loose if key in to_endpoint},
    )


def _form_for(connector: ConnectorDetails, auth_type: str, entry: Entry) -> AuthForm | None:
    """The form that is named, or the only one whose required fields are there; None: the platform decides."""
    named = [form for form in connector.auth if form.auth_type == auth_type.upper()]
    if named:
        return named[0]
    given = {*entry.credentials, *entry.endpoint, *entry.loose}
    fitting = [
        form for form in connector.auth if {known.name for known in form.fields if known.required} <= given
    ]
    return fitting[0] if len(fitting) == 1 else None


def _entry_of(accounts: Sequence[ConnectorAccount], *, file: str, connector: str, name: str) -> Entry:
    """The entry of an accounts.yaml for one account. Raises Mistakes when it has none."""
    for account in accounts:
        if (account.connector, account.name) == (connector, name):
            credentials = {field: value.reveal() for field, value in account.credentials.items()}
            return Entry(account.auth_type, credentials, dict(account.endpoint))
    message = f"expected an account of {connector} with the name '{name}'"
    raise Mistakes([Mistake("credentials_no_such_entry", message, file, field=f"accounts.{connector}")])
