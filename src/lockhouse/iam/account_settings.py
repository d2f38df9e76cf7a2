"""The settings of an account, and what they come to (iam-identity-api.md 6)."""

import ipaddress
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec

from lockhouse.iam import account_store, identity_store
from lockhouse.iam.account_store import Account
from lockhouse.iam.audit import Deed, record
from lockhouse.iam.entities import check_account, check_tag
from lockhouse.iam.errors import NotAllowed, RequestInvalid
from lockhouse.iam.model import EDITOR, OPERATOR, Caller
from lockhouse.iam.texts import checked_name
from lockhouse.ids import new_entity_tag
from lockhouse.storage import Tx
from lockhouse.wire.account_settings import DomainRestriction, UpdateSettings, UserMfa

NOT_SET = "NOT_SET"
DEFAULTS: Mapping[str, Any] = {
    "restrict_create_service_id": NOT_SET,
    "restrict_create_platform_apikey": NOT_SET,
    "restrict_user_list_visibility": "NOT_RESTRICTED",
    "allowed_ip_addresses": "",
    "mfa": "NONE",
    "user_mfa": [],
    "session_expiration_in_seconds": "86400",
    "session_invalidation_in_seconds": "7200",
    "max_sessions_per_identity": NOT_SET,
    "system_access_token_expiration_in_seconds": "3600",
    "system_refresh_token_expiration_in_seconds": "259200",
    "restrict_user_domains": [],
}
_RANGES = {
    "session_expiration_in_seconds": (900, 86_400),
    "session_invalidation_in_seconds": (900, 7200),
    "max_sessions_per_identity": (1, 1_000_000),
    "system_access_token_expiration_in_seconds": (900, 3600),
    "system_refresh_token_expiration_in_seconds": (900, 259_200),
}
_MOST_ENTRIES = 1000
_LONGEST_ADDRESSES = 10_000

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@lru_cache(512)
def read_settings_json(text: str) -> dict[str, Any]:
    """The settings in an account's row. Not to be changed by whoever gets them."""
    given: dict[str, Any] = msgspec.json.decode(text)
    return {**DEFAULTS, **given}


def restricts(settings_json: str, name: str) -> bool:
    """Whether a `restrict_…` setting is on."""
    return bool(read_settings_json(settings_json)[name] == "RESTRICTED")


def seconds(settings_json: str, name: str) -> int:
    """A length of time; the service's default where it is not set."""
    text = read_settings_json(settings_json)[name]
    return int(DEFAULTS[name] if text == NOT_SET else text)


def most_sessions(settings_json: str) -> int | None:
    """How many sessions an identity may have; None: any number."""
    text = read_settings_json(settings_json)["max_sessions_per_identity"]
    return None if text == NOT_SET else int(text)


def allows_address(settings_json: str, address: str) -> bool:
    """Whether tokens may be made from an address."""
    text = read_settings_json(settings_json)["allowed_ip_addresses"]
    return not text or _is_among(text, address)


def get(tx: Tx, caller: Caller, account_id: str) -> Account:
    """The caller's account. Raises RequestInvalid, NotAllowed."""
    check_account(caller, account_id)
    account = account_store.account(tx, account_id)
    if account is None or not (caller.viewer or caller.kind == "user"):
        raise NotAllowed("You may not see the settings of this account.")
    return account


def update(tx: Tx, caller: Caller, account_id: str, if_match: str, body: UpdateSettings) -> Account:
    """Change what is given. Raises NotAllowed, EntityChanged, RequestInvalid."""
    account = get(tx, caller, account_id)
    if not caller.administrator and caller.roles.isdisjoint((OPERATOR, EDITOR)):
        raise NotAllowed("You may not change the settings of this account.")
    check_tag(account.settings_tag, if_match)
    before = read_settings_json(account.settings_json)
    given = {name: value for name, value in msgspec.structs.asdict(body).items() if value is not None}
    for name in given.keys() & _RANGES.keys():
        _check_range(name, given[name])
    if "allowed_ip_addresses" in given:
        _check_addresses(given["allowed_ip_addresses"])
    if body.user_mfa is not None:
        given["user_mfa"] = _checked_user_mfa(tx, caller, body.user_mfa)
    if body.restrict_user_domains is not None:
        given["restrict_user_domains"] = _merged_domains(
            before["restrict_user_domains"], body.restrict_user_domains
        )
    text, tag = msgspec.json.encode({**before, **given}).decode(), new_entity_tag(account.settings_tag)
    account_store.set_settings(tx, account_id, text, tag)
    params = tuple(f"{name}={_shown(value)}" for name, value in sorted(given.items()))
    record(tx, caller, Deed("account-settings.update", history_target(account_id), "UPDATE", params))
    return get(tx, caller, account_id)


def history_target(account_id: str) -> str:
    """Under what name the audit trail keeps the changes of an account's settings."""
    return f"settings:{account_id}"


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _check_range(name: str, text: str) -> None:
    lowest, highest = _RANGES[name]
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 12 else -1
    if text != NOT_SET and not lowest <= number <= highest:
        raise RequestInvalid(f"Parameter '{name}' must be a number from {lowest} to {highest}, or {NOT_SET}.")


def _check_addresses(text: str) -> None:
    if len(text) > _LONGEST_ADDRESSES:
        raise RequestInvalid("Parameter 'allowed_ip_addresses' is too long.")
    try:
        _ranges(text)
    except ValueError:
        raise RequestInvalid(
            "Parameter 'allowed_ip_addresses' must be addresses, ranges (a - b) and subnets, with commas."
        ) from None


@lru_cache(128)
def _ranges(text: str) -> tuple[tuple[Address, Address], ...]:
    """The first and last address of each entry. Raises ValueError."""
    found: list[tuple[Address, Address]] = []
    for entry in (part.strip() for part in text.split(",") if part.strip()):
        if "/" in entry:
            network = ipaddress.ip_network(entry, strict=False)
            found.append((network.network_address, network.broadcast_address))
            continue
        first, _, last = entry.partition("-")
        ends = ipaddress.ip_address(first.strip()), ipaddress.ip_address((last or first).strip())
        if ends[0].version != ends[1].version or int(ends[0]) > int(ends[1]):
            raise ValueError(entry)
        found.append(ends)
    return tuple(found)


@lru_cache(4096)
def _is_among(text: str, address: str) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    return any(
        first.version == parsed.version and int(first) <= int(parsed) <= int(last)
        for first, last in _ranges(text)
    )


def _checked_user_mfa(tx: Tx, caller: Caller, wanted: list[UserMfa]) -> list[dict[str, str]]:
    if len(wanted) > _MOST_ENTRIES:
        raise RequestInvalid(f"Parameter 'user_mfa' has more than {_MOST_ENTRIES} entries.")
    for one in wanted:
        if identity_store.in_account(tx, caller.account_id, one.iam_id) is None:
            raise RequestInvalid(f"User {one.iam_id} could not be found in the account.")
    return [{"iam_id": one.iam_id, "mfa": one.mfa or "NONE"} for one in wanted]


def _merged_domains(before: list[dict[str, Any]], wanted: list[DomainRestriction]) -> list[dict[str, Any]]:
    entries = {entry["realm_id"]: entry for entry in before}
    for one in wanted:
        checked_name(one.realm_id, "realm_id")
        patterns, restricted = one.invitation_email_allow_patterns, one.restrict_invitation
        if patterns is None and restricted is None:
            entries.pop(one.realm_id, None)
            continue
        entries[one.realm_id] = {
            "realm_id": one.realm_id,
            "invitation_email_allow_patterns": [checked_name(text, "pattern") for text in patterns or []],
            "restrict_invitation": bool(restricted),
        }
    if len(entries) > _MOST_ENTRIES:
        raise RequestInvalid(f"Parameter 'restrict_user_domains' has more than {_MOST_ENTRIES} entries.")
    return list(entries.values())
