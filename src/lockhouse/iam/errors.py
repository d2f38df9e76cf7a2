"""What can happen in IAM. No HTTP here: each door has its table of answers."""

from lockhouse.errors import LockhouseError


class RequestInvalid(LockhouseError):
    """A parameter is missing or not as it must be; the text names it."""


class NotAllowed(LockhouseError):
    """The caller is known but may not do this."""


class NotFound(LockhouseError):
    """There is no such entity in what the caller may see."""


class Conflict(LockhouseError):
    """The change does not fit the entity's present state."""


class EntityLocked(Conflict):
    """A locked entity is not changed or deleted. `action` is what was refused, for the audit trail."""

    def __init__(self, kind: str, entity_id: str, action: str) -> None:
        super().__init__(f"{kind} {entity_id} is locked. Unlock it before you change or delete it.")
        self.entity_id = entity_id
        self.action = action


class EntityChanged(Conflict):
    """If-Match names another state than the present one."""


class LimitReached(Conflict):
    """No more entities of this kind may be made."""


class ApiKeyNotFound(LockhouseError):
    """No live API key has this value."""


class ApiKeyDisabled(LockhouseError):
    """The API key exists but is disabled."""


class ApiKeyExpired(LockhouseError):
    """The API key exists but its expires_at has passed."""


class IdentityDisabled(LockhouseError):
    """The identity is disabled, or is in the account no more."""


class AccountDisabled(LockhouseError):
    """The account is disabled."""


class AccountMismatch(LockhouseError):
    """The API key belongs to an account that the request excludes."""


class AddressNotAllowed(LockhouseError):
    """The account lets tokens be made from certain addresses only, and this is none of them."""


class GrantInvalid(LockhouseError):
    """The token request names an unknown grant or response type, or lacks what its grant needs."""


class GrantRefused(LockhouseError):
    """The grant type is known but this service does not offer it."""


class ProfileUnknown(LockhouseError):
    """No trusted profile is what the request names."""


class AssumptionRefused(LockhouseError):
    """The trusted profile does not let this identity in."""


class RefreshTokenInvalid(LockhouseError):
    """No live session has this refresh token."""


class RefreshTokenExpired(LockhouseError):
    """The refresh token's time is over."""


class SessionEnded(LockhouseError):
    """The session was ended, or has been inactive for too long."""


class CredentialsWrong(LockhouseError):
    """E-mail and password do not belong together."""


class CodeInvalid(LockhouseError):
    """The code that sets a password is unknown, used, or too old."""


class ClientUnknown(LockhouseError):
    """The Basic header's client and secret do not belong together, or the header is missing where it is
    needed."""

    challenge = 'Basic realm="identity"'


class TooManyTries(LockhouseError):
    """More tries than the limits allow; `retry_after` seconds to wait."""

    def __init__(self, retry_after: float) -> None:
        super().__init__("Too many requests. Wait before you try again.")
        self.retry_after = retry_after


class TokenDead(LockhouseError):
    """A token that was ours is refused now: what it stands on has ended. `reason` is a word of
    `standing.Reason`."""

    challenge = 'Bearer error="invalid_token"'

    def __init__(self, reason: str) -> None:
        super().__init__("The provided access token is no longer valid.")
        self.reason = reason
