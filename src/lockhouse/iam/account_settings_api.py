"""The doors of an account's settings (iam-identity-api.md 6)."""

from typing import Any

import msgspec
from litestar import Response, Router, get, put
from litestar.params import FromPath, FromQuery, JSONBody

from lockhouse.iam import account_settings, audit_store, identity_store
from lockhouse.iam.account_settings import DEFAULTS, NOT_SET, read_settings_json
from lockhouse.iam.account_store import Account
from lockhouse.iam.entity_bodies import IfMatch, history_bodies, tagged
from lockhouse.iam.model import Caller, Change
from lockhouse.iam.room import TheGuest
from lockhouse.storage import Tx
from lockhouse.wire.account_settings import (
    DomainRestriction,
    EffectiveBody,
    EffectiveSettings,
    SettingsBody,
    UpdateSettings,
    UserMfa,
)
from lockhouse.wire.entities import UNSET

_NOT_EFFECTIVE = {"restrict_user_domains", "user_mfa"}


@get("/{account_id:str}/settings/identity", operation_id="getAccountSettings")
async def get_account_settings(
    guest: TheGuest,
    account_id: FromPath[str],
    include_history: FromQuery[bool] = False,
    resolve_user_mfa: FromQuery[bool] = False,
) -> Response[SettingsBody]:
    """The account's settings."""

    def rule(tx: Tx, caller: Caller) -> SettingsBody:
        account = account_settings.get(tx, caller, account_id)
        history = _history(tx, account_id) if include_history else None
        return _body(tx, account, history=history, resolve=resolve_user_mfa)

    return tagged(await guest.read(rule))


@put("/{account_id:str}/settings/identity", operation_id="updateAccountSettings")
async def update_account_settings(
    guest: TheGuest, account_id: FromPath[str], data: JSONBody[UpdateSettings], if_match: IfMatch = ""
) -> Response[SettingsBody]:
    """Change what is given of the account's settings. The answer always has the history."""

    def rule(tx: Tx, caller: Caller) -> SettingsBody:
        account = account_settings.update(tx, caller, account_id, if_match, data)
        return _body(tx, account, history=_history(tx, account_id), resolve=False)

    return tagged(await guest.write(rule))


@get("/{account_id:str}/effective_settings/identity", operation_id="getEffectiveAccountSettings")
async def get_effective_account_settings(
    guest: TheGuest,
    account_id: FromPath[str],
    include_history: FromQuery[bool] = False,
    resolve_user_mfa: FromQuery[bool] = False,
) -> EffectiveBody:
    """The account's settings, and what they come to where they are not set."""

    def rule(tx: Tx, caller: Caller) -> EffectiveBody:
        account = account_settings.get(tx, caller, account_id)
        history = _history(tx, account_id) if include_history else None
        body = _body(tx, account, history=history, resolve=resolve_user_mfa)
        settings = read_settings_json(account.settings_json)
        holding: dict[str, Any] = {
            name: DEFAULTS[name] if value == NOT_SET else value
            for name, value in settings.items()
            if name not in _NOT_EFFECTIVE
        }
        effective = EffectiveSettings(**holding, user_mfa=body.user_mfa)
        return EffectiveBody(account_id=account_id, effective=effective, account=body, assigned_templates=[])

    return await guest.read(rule)


ACCOUNT_SETTINGS = Router(
    path="/v1/accounts",
    tags=["Account settings"],
    route_handlers=[get_account_settings, update_account_settings, get_effective_account_settings],
)


def _history(tx: Tx, account_id: str) -> list[Change]:
    target = account_settings.history_target(account_id)
    return audit_store.history(tx, [target])[target]


def _body(tx: Tx, account: Account, *, history: list[Change] | None, resolve: bool) -> SettingsBody:
    settings = read_settings_json(account.settings_json)
    plain = {name: value for name, value in settings.items() if name not in _NOT_EFFECTIVE}
    return SettingsBody(
        account_id=account.id,
        entity_tag=account.settings_tag,
        history=UNSET if history is None else history_bodies(history),
        user_mfa=[_user_mfa(tx, account, one, resolve=resolve) for one in settings["user_mfa"]],
        restrict_user_domains=msgspec.convert(settings["restrict_user_domains"], list[DomainRestriction]),
        **plain,
    )


def _user_mfa(tx: Tx, account: Account, one: dict[str, Any], *, resolve: bool) -> UserMfa:
    user = identity_store.in_account(tx, account.id, one["iam_id"]) if resolve else None
    if user is None:
        return UserMfa(iam_id=one["iam_id"], mfa=one["mfa"])
    email = user.email or ""
    return UserMfa(iam_id=user.iam_id, mfa=one["mfa"], name=user.name, user_name=email, email=email)
