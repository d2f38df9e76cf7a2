"""Manage > Access (IAM) > Settings: those of the account that have an effect here."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from litestar import Response, get, post

from lockhouse.client.transport import Problem
from lockhouse.console.desk import Desk, TheDesk
from lockhouse.console.refusals import NOTHING_REFUSED, Refusal, refusal_of
from lockhouse.wire.account_settings import SettingsBody

PATH = "/iam/settings"
NOT_SET = "NOT_SET"
RESTRICTED, FREE = "RESTRICTED", "NOT_RESTRICTED"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: what it is called, what it does; `choices` of values, or `unit` of a number.

    `usual` is what holds while it is not set.
    """

    title: str
    what: str
    choices: Mapping[str, str] | None = None
    unit: str = ""
    usual: str = ""


_CREATORS = {NOT_SET: "Not set: everybody", FREE: "Everybody", RESTRICTED: "Only those with the role"}
SETTINGS: Mapping[str, Setting] = {
    "restrict_create_platform_apikey": Setting(
        "Who may create API keys of users",
        "Restricted, only users with the role “User API key creator”: that binds the owner too.",
        _CREATORS,
    ),
    "restrict_create_service_id": Setting(
        "Who may create service IDs",
        "Restricted, only those with the role “Service ID creator”: that binds the owner too.",
        _CREATORS,
    ),
    "restrict_user_list_visibility": Setting(
        "Whom members see in the list of users",
        "Restricted, users without a role see nobody else but those whom they invited.",
        {FREE: "All users", RESTRICTED: "Restricted"},
    ),
    "allowed_ip_addresses": Setting(
        "Allowed IP addresses",
        "Tokens are given to these addresses only: addresses, ranges (a - b) and subnets, with commas "
        "between them. Empty: to all.",
        usual="All addresses",
    ),
    "system_access_token_expiration_in_seconds": Setting(
        "Life of an access token", "900 to 3600.", unit="seconds", usual="3600"
    ),
    "system_refresh_token_expiration_in_seconds": Setting(
        "Life of a refresh token", "900 to 259200.", unit="seconds", usual="259200"
    ),
    "session_expiration_in_seconds": Setting(
        "Longest session", "900 to 86400. A console session ends after that.", unit="seconds", usual="86400"
    ),
    "session_invalidation_in_seconds": Setting(
        "Longest pause in a session",
        "900 to 7200. A session that nobody uses for so long ends.",
        unit="seconds",
        usual="7200",
    ),
    "max_sessions_per_identity": Setting(
        "Sessions of one user at a time",
        "1 to 1000000. A further one ends the oldest.",
        unit="sessions",
        usual="any number",
    ),
}


async def shown_settings(desk: Desk) -> SettingsBody:
    """The account's settings, with their history. Raises Problem."""
    answer = await desk.iam.account_settings(desk.token, desk.login.who.account_id, include_history="true")
    return msgspec.convert(answer, SettingsBody)


@get(PATH)
async def show_settings(desk: TheDesk) -> Response[bytes]:
    """What is set."""
    return desk.show("account_settings/details.html", held=await shown_settings(desk), settings=SETTINGS)


@get(PATH + "/edit")
async def show_edit(desk: TheDesk) -> Response[bytes]:
    """The form."""
    held = await shown_settings(desk)
    given = {name: getattr(held, name) for name in SETTINGS}
    return _form(desk, given, held.entity_tag, NOTHING_REFUSED)


@post(PATH + "/edit", status_code=200)
async def edit(desk: TheDesk) -> Response[bytes]:
    """Change the settings, if nobody else changed them meanwhile."""
    given = {name: desk.form.text(name) for name in SETTINGS}
    body = {
        name: NOT_SET if SETTINGS[name].unit and not text else " ".join(text.split())
        for name, text in given.items()
    }
    entity_tag = desk.form.text("entity_tag")
    try:
        await desk.iam.update_account_settings(
            desk.token, desk.login.who.account_id, body, if_match=entity_tag
        )
    except Problem as problem:
        return _form(desk, given, entity_tag, refusal_of(problem))
    return desk.go(PATH)


def _form(desk: Desk, given: Mapping[str, str], entity_tag: str, refused: Refusal) -> Response[bytes]:
    status = refused.status if refused else 200
    shown = {name: "" if SETTINGS[name].unit and text == NOT_SET else text for name, text in given.items()}
    return desk.show(
        "account_settings/edit.html", status=status, given=shown, entity_tag=entity_tag, settings=SETTINGS,
        address=desk.address, refused=_placed(refused),
    )  # fmt: skip


def _placed(refused: Refusal) -> Refusal:
    """IAM names the setting in its sentence: then it is told at its field."""
    named = [name for name in SETTINGS if f"'{name}'" in refused.message]
    if not named:
        return refused
    return Refusal(fields={named[0]: refused.message}, status=refused.status)


ROUTES = [show_settings, show_edit, edit]
