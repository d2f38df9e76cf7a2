"""A connector account held against its connector: fields known, none missing, defaults filled in."""

from collections.abc import Mapping
from typing import Any

from lockhouse.connectors.catalogue import Catalogue
from lockhouse.connectors.model import STAND_IN_URL, AuthScheme, Connector, CredentialField, Credentials
from lockhouse.connectors.reading import nearest
from lockhouse.errors import Mistake, Mistakes
from lockhouse.sealing import Secret
from lockhouse.wire.accounts import ConnectorAccount, normal_auth_type

STAND_IN = CredentialField(STAND_IN_URL, "Address of a stand-in that is called instead", endpoint=True)
"""What every account may have at its endpoint: `lockhouse double` and tests answer there."""
USUAL_FIELDS: Mapping[str, frozenset[str]] = {
    "BASIC_OAUTH": frozenset({"clientId", "clientSecret", "accessToken", "refreshToken"}),
    "BASIC": frozenset({"dbType"}),
}
"""Fields that deployments carry for every application of an auth type, used or not."""
OTHER_NAMES = {"OAUTH_PASSWORD": "OAUTH2_PASSWORD", "OAUTH2": "BASIC_OAUTH", "OAUTH": "BASIC_OAUTH"}
"""Auth types that differ between charts and connectors, and what they are called here."""


def check_account(catalogue: Catalogue, account: ConnectorAccount, *, file: str = "") -> Credentials:
    """The credentials of an account, as its connector wants them. Raises Mistakes: unknown connector with the
    nearest name, unknown or missing fields by name; never a value.
    """
    place = (file, account.line, account.column)
    if account.connector not in catalogue:
        near = catalogue.nearest(account.connector)
        message = f"there is no connector {account.connector!r}" + (
            f", did you mean {near!r}?" if near else ""
        )
        raise Mistakes(
            [Mistake("account_unknown_connector", message, *place, field=f"accounts.{account.connector}")]
        )
    credentials = {name: secret.reveal() for name, secret in account.credentials.items()}
    return check_credentials(
        catalogue.get(account.connector),
        name=account.name,
        auth_type=account.auth_type,
        credentials=credentials,
        endpoint=account.endpoint,
        place=place,
    )


def check_credentials(  # noqa: PLR0913 - the parts of an entry of accounts.yaml, by name
    connector: Connector,
    *,
    name: str,
    auth_type: str,
    credentials: Mapping[str, Any],
    endpoint: Mapping[str, Any],
    place: tuple[str, int, int] = ("", 0, 0),
) -> Credentials:
    """The same for loose fields, as a form or a request brings them. Raises Mistakes."""
    scheme = _scheme(connector, auth_type, {*credentials, *endpoint}, place)
    form = _Form(connector, scheme, place)
    form.take(credentials, "credentials")
    form.take(endpoint, "endpoint")
    form.end()
    return Credentials(scheme.auth_type, form.fields, form.where, name)


class _Form:
    """An account's form that is being filled in; what is wrong is noted."""

    def __init__(self, connector: Connector, scheme: AuthScheme, place: tuple[str, int, int]) -> None:
        self.name = connector.name
        self.scheme = scheme
        self.place = place
        self.fields: dict[str, Secret] = {}
        self.where: dict[str, str] = {}
        self.mistakes: list[Mistake] = []
        self.spellings = {
            spelling: known for known in scheme.fields.values() for spelling in (known.name, *known.also)
        }

    def note(self, code: str, message: str, field: str) -> None:
        self.mistakes.append(Mistake(code, message, *self.place, field=field))

    def take(self, given: Mapping[str, Any], part: str) -> None:
        for name, value in given.items():
            known = STAND_IN if name == STAND_IN.name and part == "endpoint" else self.spellings.get(name)
            if known is None:
                # Deployments carry endpoint settings that a connector here has no use for.
                if part == "credentials" and name not in USUAL_FIELDS.get(self.scheme.auth_type, ()):
                    message = f"{self.name} accounts have no field {name!r}{nearest(name, self.spellings)}"
                    self.note("account_unknown_field", message, f"{part}.{name}")
            elif value is not None and not isinstance(value, str | int | float):
                self.note("account_field", "expected a text", f"{part}.{name}")
            elif value not in (None, ""):
                self.put(known, str(value))

    def put(self, known: CredentialField, text: str) -> None:
        if known.endpoint:
            self.where[known.name] = text
        else:
            self.fields[known.name] = Secret(text)

    def end(self) -> None:
        for known in self.scheme.fields.values():
            given = known.name in self.fields or known.name in self.where
            if known.required and not given and not known.default:
                part = "endpoint" if known.endpoint else "credentials"
                kind = f"{self.name} accounts of type {self.scheme.auth_type}"
                message = f"{kind} need {known.name} ({known.title})"
                self.note("account_missing_field", message, f"{part}.{known.name}")
        if self.mistakes:
            raise Mistakes(self.mistakes)


def _scheme(connector: Connector, auth_type: str, given: set[str], place: tuple[str, int, int]) -> AuthScheme:
    wanted = normal_auth_type(auth_type)
    scheme = connector.auth.get(wanted) or connector.auth.get(OTHER_NAMES.get(wanted, ""))
    if scheme is not None:
        return scheme
    if not wanted:
        fitting = [one for one in connector.auth.values() if _fits(one, given)]
        if len(connector.auth) == 1 or len(fitting) == 1:
            return fitting[0] if fitting else next(iter(connector.auth.values()))
    known = ", ".join(connector.auth)
    message = f"{connector.name} accounts are of type {known}"
    raise Mistakes([Mistake("account_auth_type", message, *place, field="authType")])


def _fits(scheme: AuthScheme, given: set[str]) -> bool:
    return all(
        given & {known.name, *known.also}
        for known in scheme.fields.values()
        if known.required and not known.default
    )
