"""Token request form, token response, grant types (iam-identity-api.md 3)."""

from collections.abc import Mapping

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


class TokenRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What `POST /identity/token` was asked; `client_id` is `default` without a client.

    `form` holds the parameters as sent: they are read once more, by the grant that needs them.
    """

    grant_type: str
    form: Mapping[str, str]
    client_id: str = DEFAULT_CLIENT
    client_secret: Secret | None = None
    tenants: tuple[str, ...] = ()

    def text(self, name: str) -> str:
        """A parameter; empty when absent."""
        return self.form.get(name, "")

    def secret(self, name: str) -> Secret | None:
        """A parameter that must not be shown."""
        value = self.form.get(name)
        return Secret(value) if value else None

    def __repr__(self) -> str:
        return f"TokenRequest(grant_type={self.grant_type!r}, client_id={self.client_id!r})"


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
