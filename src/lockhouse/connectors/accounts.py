"""A connector account held against its connector: fields known, none missing, defaults filled in."""

from collections.abc import Mapping
from typing import Any

from lockhouse.connectors.catalogue import Catalogue
from lockhouse.connectors.model import AuthScheme, Connector, Credentials
from lockhouse.connectors.reading import nearest
from lockhouse.errors import Mistake, Mistakes
from lockhouse.sealing import Secret
from lockhouse.wire.accounts import ConnectorAccount, normal_auth_type

OTHER_NAMES = {"OAUTH_PASSWORD": "OAUTH2_PASSWORD", "OAUTH2": "BASIC_OAUTH", "OAUTH": "BASIC_OAUTH"}
"""Auth types that differ between charts and connectors, and what they are called here."""


def check_account(catalogue: Catalogue, account: ConnectorAccount, *, file: str = "") -> Credentials:
    """The credentials of an account, as its connector wants them. Raises Mistakes: unknown connector with the nearest
    name, unknown or missing fields by name; never a value.
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


def check_credentials(
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
    mistakes: list[Mistake] = []
    fields: dict[str, Secret] = {}
    where: dict[str, str] = {}
    spellings = {
        spelling: known for known in scheme.fields.values() for spelling in (known.name, *known.also)
    }
    for source, label in ((credentials, "credentials"), (endpoint, "endpoint")):
        for given, value in source.items():
            known = spellings.get(given)
            if known is None:
                if label == "endpoint":
                    continue  # deployments carry endpoint settings that a connector here has no use for
                message = f"{connector.name} accounts have no field {given!r}{nearest(given, spellings)}"
                mistakes.append(Mistake("account_unknown_field", message, *place, field=f"{label}.{given}"))
            elif value is None or value == "":
                continue
            elif not isinstance(value, str | int | float):
                mistakes.append(Mistake("account_field", "expected a text", *place, field=f"{label}.{given}"))
            elif known.endpoint:
                where[known.name] = str(value)
            else:
                fields[known.name] = Secret(str(value))
    for known in scheme.fields.values():
        if known.required and known.name not in fields and known.name not in where and not known.default:
            part = "endpoint" if known.endpoint else "credentials"
            message = (
                f"{connector.name} accounts of type {scheme.auth_type} need {known.name} ({known.title})"
            )
            mistakes.append(Mistake("account_missing_field", message, *place, field=f"{part}.{known.name}"))
    if mistakes:
        raise Mistakes(mistakes)
    return Credentials(scheme.auth_type, fields, where, name)


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
