"""The doors of an account's limits and what is used of them (iam-identity-api.md 10)."""

from collections.abc import Mapping
from typing import Any

from litestar import Router, get, post
from litestar.params import FromPath, FromQuery, JSONBody

from lockhouse.iam import consumption_store
from lockhouse.iam.entities import check_account
from lockhouse.iam.errors import NotAllowed, RequestInvalid
from lockhouse.iam.list_query import given
from lockhouse.iam.model import Caller
from lockhouse.iam.paging import read_flag
from lockhouse.iam.profile_parts import MOST_LINKS, MOST_RULES
from lockhouse.iam.room import Guest, TheGuest
from lockhouse.ids import iam_id_of
from lockhouse.settings import Settings
from lockhouse.storage import Tx
from lockhouse.wire import limits as wire
from lockhouse.wire.limits import LimitCount, LimitsAsked, LimitsBody

_MOST_IDS = 1000
# name → the entries' type, its id, and the name of the list
_LISTS: Mapping[str, tuple[type[Any], type[Any], str, str]] = {
    "serviceids_per_group": (wire.PerServiceIdGroup, wire.GroupCount, "group_id", "serviceid_groups"),
    "apikeys_per_identity": (wire.PerIdentity, wire.IdentityCount, "iam_id", "identities"),
    "template_versions_per_template": (wire.PerTemplate, wire.TemplateCount, "template_id", "templates"),
    "claim_rules_per_group": (wire.PerAccessGroup, wire.GroupCount, "group_id", "access_groups"),
    "claim_rules_per_profile": (wire.PerProfile, wire.ProfileCount, "profile_id", "profiles"),
    "cr_links_per_profile": (wire.PerProfile, wire.ProfileCount, "profile_id", "profiles"),
    "cr_rules_per_profile": (wire.PerProfile, wire.ProfileCount, "profile_id", "profiles"),
}
_FLAGS = ("serviceid_groups", "profiles", "templates", "idps", "cr_links", "cr_rules")


@get("/{account_id:str}/limits/identity", operation_id="getAccountLimits")
async def get_account_limits(  # noqa: PLR0913, PLR0917 - so many the wire has
    guest: TheGuest,
    account_id: FromPath[str],
    serviceid_groups: FromQuery[str | None] = None,
    profiles: FromQuery[str | None] = None,
    templates: FromQuery[str | None] = None,
    idps: FromQuery[str | None] = None,
    cr_links: FromQuery[str | None] = None,
    cr_rules: FromQuery[str | None] = None,
    serviceids_per_group: FromQuery[str | None] = None,
    apikeys_per_identity: FromQuery[str | None] = None,
    template_versions_per_template: FromQuery[str | None] = None,
    claim_rules_per_group: FromQuery[str | None] = None,
    claim_rules_per_profile: FromQuery[str | None] = None,
    cr_links_per_profile: FromQuery[str | None] = None,
    cr_rules_per_profile: FromQuery[str | None] = None,
) -> LimitsBody:
    """The limits of an account, and what is used of those that are named; lists are ids with commas."""
    flags = given(
        serviceid_groups=serviceid_groups,
        profiles=profiles,
        templates=templates,
        idps=idps,
        cr_links=cr_links,
        cr_rules=cr_rules,
    )
    lists = given(
        serviceids_per_group=serviceids_per_group,
        apikeys_per_identity=apikeys_per_identity,
        template_versions_per_template=template_versions_per_template,
        claim_rules_per_group=claim_rules_per_group,
        claim_rules_per_profile=claim_rules_per_profile,
        cr_links_per_profile=cr_links_per_profile,
        cr_rules_per_profile=cr_rules_per_profile,
    )
    asked: dict[str, Any] = {name: read_flag(flags, name) for name in flags}
    asked |= {name: [one.strip() for one in text.split(",") if one.strip()] for name, text in lists.items()}
    return await _answered(guest, account_id, LimitsAsked(**asked))


@post("/{account_id:str}/limits/identity", operation_id="bulkListAccountEntityConsumption", status_code=200)
async def bulk_list_consumption(
    guest: TheGuest, account_id: FromPath[str], data: JSONBody[LimitsAsked]
) -> LimitsBody:
    """The same for longer lists."""
    return await _answered(guest, account_id, data)


LIMITS = Router(
    path="/v1/accounts", tags=["Limits"], route_handlers=[get_account_limits, bulk_list_consumption]
)


async def _answered(guest: Guest, account_id: str, asked: LimitsAsked) -> LimitsBody:
    flags = [name for name in _FLAGS if getattr(asked, name)]
    lists: dict[str, list[str]] = {name: ids for name in _LISTS if (ids := getattr(asked, name)) is not None}
    if any(len(ids) > _MOST_IDS for ids in lists.values()):
        raise RequestInvalid(f"A list of ids has more than {_MOST_IDS} entries.")
    limits = _limits(guest.room.settings)

    def rule(tx: Tx, caller: Caller) -> LimitsBody:
        check_account(caller, account_id)
        if not caller.viewer:
            raise NotAllowed("You may not see the limits of this account.")
        if not flags and not lists:
            return _all_limits(limits)
        told: dict[str, Any] = {}
        for name in flags:
            count = consumption_store.whole(tx, account_id, name)
            told |= dict.fromkeys(_shown(name), LimitCount(limit=limits[name], count=count))
        for name, ids in lists.items():
            wanted = [iam_id_of(one) for one in ids] if name == "apikeys_per_identity" else ids
            told[name] = _entries(name, limits[name], consumption_store.each(tx, account_id, name, wanted))
        return LimitsBody(**told)

    return await guest.read_aside(rule)


def _all_limits(limits: Mapping[str, int]) -> LimitsBody:
    told: dict[str, Any] = {
        shown: LimitCount(limit=limits[name]) for name in _FLAGS for shown in _shown(name)
    }
    return LimitsBody(**told, **{name: kind[0](limit=limits[name]) for name, kind in _LISTS.items()})


def _entries(name: str, limit: int, counts: Mapping[str, int]) -> Any:
    whole, entry, id_name, plural = _LISTS[name]
    return whole(
        limit=limit, **{plural: [entry(**{id_name: one}, count=count) for one, count in counts.items()]}
    )


def _shown(flag: str) -> tuple[str, ...]:
    return ("profile_templates", "account_settings_templates") if flag == "templates" else (flag,)


def _limits(settings: Settings) -> Mapping[str, int]:
    """How many there may be; there is nothing of what is left out."""
    profiles = settings.service_ids_per_account
    return {
        **dict.fromkeys((*_FLAGS, *_LISTS), 0),
        "serviceid_groups": settings.service_ids_per_account,
        "profiles": profiles,
        "cr_links": profiles * MOST_LINKS,
        "cr_rules": profiles * MOST_RULES,
        "serviceids_per_group": settings.service_ids_per_account,
        "apikeys_per_identity": settings.api_keys_per_identity,
        "claim_rules_per_profile": MOST_RULES,
        "cr_links_per_profile": MOST_LINKS,
        "cr_rules_per_profile": MOST_RULES,
    }
