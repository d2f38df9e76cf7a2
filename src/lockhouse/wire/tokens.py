"""Token request form, token response, grant types (iam-identity-api.md 3)."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from lockhouse.sealing import Secret

APIKEY_GRANT = "urn:ibm:params:oauth:grant-type:apikey"
ASSUME_GRANT = "urn:ibm:params:oauth:grant-type:assume"
CR_TOKEN_GRANT = "urn:ibm:params:oauth:grant-type:cr-token"  # noqa: S105 - the name of a grant
DELEGATED_GRANT = "urn:ibm:params:oauth:grant-type:delegated-refresh-token"
REFRESH_GRANT = "refresh_token"
PASSWORD_GRANT = "password"  # noqa: S105 - the name of a grant
SCOPE = "ibm openid"
NO_REFRESH_TOKEN = "not_supported"  # noqa: S105 - what the field says when there is none
DEFAULT_CLIENT = "default"
CONSOLE_CLIENT = "console"


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """What `POST /identity/token` was asked. Texts are empty when absent; `client_id` is `default` without Basic."""

    grant_type: str
    client_id: str = DEFAULT_CLIENT
    client_secret: Secret | None = None
    apikey: Secret | None = None
    refresh_token: Secret | None = None
    access_token: Secret | None = None
    username: str = ""
    password: Secret | None = None
    response_type: str = ""
    scope: str = ""
    account: str = ""
    profile_id: str = ""
    profile_crn: str = ""
    profile_name: str = ""
    tenants: tuple[str, ...] = ()

    @classmethod
    def from_form(
        cls,
        form: Mapping[str, str],
        *,
        client_id: str = DEFAULT_CLIENT,
        client_secret: Secret | None = None,
        tenants: tuple[str, ...] = (),
    ) -> "TokenRequest":
        """The request that a form makes."""
        get = form.get
        return cls(
            grant_type=get("grant_type", ""),
            client_id=client_id,
            client_secret=client_secret,
            apikey=_secret(get("apikey")),
            refresh_token=_secret(get("refresh_token")),
            access_token=_secret(get("access_token")),
            username=get("username", ""),
            password=_secret(get("password")),
            response_type=get("response_type", ""),
            scope=get("scope", ""),
            account=get("account", ""),
            profile_id=get("profile_id", ""),
            profile_crn=get("profile_crn", ""),
            profile_name=get("profile_name", ""),
            tenants=tenants,
        )


class TokenPair(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The answer. `expires_in` is seconds; `expiration` is Unix seconds and equals the token's `exp`."""

    access_token: str
    refresh_token: str
    token_type: str
    expires_in: int
    expiration: int
    scope: str
    session_id: str = ""

    def __repr__(self) -> str:
        return f"TokenPair(expiration={self.expiration})"


def _secret(text: str | None) -> Secret | None:
    return Secret(text) if text else None
