"""The form of a connector account: made from what the catalogue says of its connector."""

from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from lockhouse.client.transport import Problem
from lockhouse.console.desk import Asked, TheDesk
from lockhouse.console.forms import Form
from lockhouse.console.pages.accounts import PATH, path_of, shown_list
from lockhouse.console.refusals import NO_NAME, NOTHING_REFUSED, Refusal, refusal_of
from lockhouse.wire.instances import AccountCredentials, AuthForm, ConnectorDetails, NewAccount

_ACCOUNT = PATH + "/{connector:str}/{name:str}"
_USUAL_NAME = "Account 1"


@dataclass(frozen=True, slots=True)
class Filled:
    """An account's form: of which connector and type, where it goes, what it holds. No secret is shown."""

    connector: ConnectorDetails
    auth: AuthForm
    name: str
    action: str
    values: dict[str, Any]
    refused: Refusal = NOTHING_REFUSED


@get(PATH + "/new")
async def show_new(request: Asked, desk: TheDesk) -> Response[bytes]:
    """Choose a connector; then, if there are several, how it authenticates; then fill its form."""
    wanted = request.query_params.get("connector", "")
    values = await shown_list(desk)
    if not wanted:
        return desk.show("accounts/choose.html", **values)
    connector = await (await desk.appconnect()).connector(wanted)
    auth = _chosen(connector, request.query_params.get("auth", ""))
    filled = Filled(connector, auth, _USUAL_NAME, PATH, {})
    return desk.show("accounts/new.html", form=filled, **values)


@post(PATH, status_code=200)
async def create(desk: TheDesk) -> Response[bytes]:
    """Make the account."""
    instance, form = await desk.appconnect(), desk.form
    connector = await instance.connector(form.text("connector"))
    auth = _chosen(connector, form.text("auth_type"))
    credentials, endpoint = _given(form, auth)
    name = form.text("name")
    refused = NOTHING_REFUSED if name else NO_NAME
    if not refused:
        account = NewAccount(
            connector=connector.name,
            name=name,
            credentials=credentials,
            endpoint=endpoint,
            auth_type=auth.auth_type,
        )
        try:
            await instance.create_account(account)
            return desk.go(PATH)
        except Problem as problem:
            refused = refusal_of(problem, fields=_fields(auth))
    filled = Filled(connector, auth, name, PATH, credentials | endpoint, refused)
    return desk.show("accounts/new.html", status=refused.status, form=filled, **await shown_list(desk))


@get(_ACCOUNT + "/credentials")
async def show_credentials(connector: FromPath[str], name: FromPath[str], desk: TheDesk) -> Response[bytes]:
    """The form for other credentials; what is not secret is filled in."""
    instance = await desk.appconnect()
    account = await instance.account(connector, name)
    details = await instance.connector(connector)
    filled = _replacing(details, _chosen(details, account.auth_type), name, account.fields)
    return desk.show("accounts/credentials.html", form=filled, **await shown_list(desk))


@post(_ACCOUNT + "/credentials", status_code=200)
async def replace_credentials(
    connector: FromPath[str], name: FromPath[str], desk: TheDesk
) -> Response[bytes]:
    """Replace the credentials whole."""
    instance = await desk.appconnect()
    details = await instance.connector(connector)
    auth = _chosen(details, desk.form.text("auth_type"))
    credentials, endpoint = _given(desk.form, auth)
    given = AccountCredentials(credentials=credentials, endpoint=endpoint, auth_type=auth.auth_type)
    try:
        await instance.replace_credentials(connector, name, given)
    except Problem as problem:
        refused = refusal_of(problem, fields=_fields(auth))
        filled = _replacing(details, auth, name, credentials | endpoint, refused)
        values = await shown_list(desk)
        return desk.show("accounts/credentials.html", status=refused.status, form=filled, **values)
    return desk.go(PATH)


def _replacing(
    connector: ConnectorDetails,
    auth: AuthForm,
    name: str,
    values: dict[str, Any],
    refused: Refusal = NOTHING_REFUSED,
) -> Filled:
    return Filled(connector, auth, name, f"{path_of(connector.name, name)}/credentials", values, refused)


def _chosen(connector: ConnectorDetails, auth_type: str) -> AuthForm:
    return next((one for one in connector.auth if one.auth_type == auth_type), connector.auth[0])


def _given(form: Form, auth: AuthForm) -> tuple[dict[str, Any], dict[str, Any]]:
    """What was filled in: credentials and endpoint; an empty field is none."""
    filled = [one for one in auth.fields if form.secret(f"{one.place}.{one.name}").reveal()]
    credentials, endpoint = (
        {
            one.name: _text(form, one.place, one.name, secret=one.secret)
            for one in filled
            if one.place == place
        }
        for place in ("credentials", "endpoint")
    )
    return credentials, endpoint


def _text(form: Form, place: str, name: str, *, secret: bool) -> str:
    field = f"{place}.{name}"
    # A secret is taken as it was typed: a blank at its end may belong to it.
    return form.secret(field).reveal() if secret else form.text(field)


def _fields(auth: AuthForm) -> dict[str, str]:
    """Where the service's mistakes are told; its fields are called as the form's."""
    named = [f"{one.place}.{one.name}" for one in auth.fields]
    return {"metadata.name": "name"} | {name: name for name in named}


ROUTES = [show_new, create, show_credentials, replace_credentials]
