"""The settings of an account (iam-identity-api.md 6)."""

from functools import lru_cache
from typing import Any

import msgspec

DEFAULTS: dict[str, object] = {
    "restrict_create_service_id": "NOT_SET",
    "restrict_create_platform_apikey": "NOT_SET",
    "allowed_ip_addresses": "",
    "mfa": "NONE",
    "session_expiration_in_seconds": "86400",
    "session_invalidation_in_seconds": "7200",
    "max_sessions_per_identity": "NOT_SET",
    "system_access_token_expiration_in_seconds": "3600",
    "system_refresh_token_expiration_in_seconds": "259200",
    "restrict_user_list_visibility": "NOT_RESTRICTED",
    "user_mfa": [],
    "restrict_user_domains": [],
}


@lru_cache(512)
def read_settings_json(text: str) -> dict[str, Any]:
    """The settings in an account's row. Not to be changed by whoever gets them."""
    given: dict[str, Any] = msgspec.json.decode(text)
    return DEFAULTS | given


def restricts(settings_json: str, name: str) -> bool:
    """Whether a `restrict_…` setting is on."""
    return bool(read_settings_json(settings_json)[name] == "RESTRICTED")
