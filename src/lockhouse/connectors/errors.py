"""How a connector's call fails: five words, and calls that name what does not exist."""

from lockhouse.connectors.reply import Reply
from lockhouse.errors import LockhouseError


class ActionFailed(LockhouseError):
    """A call did not do what it should. `status_code` is the vendor's HTTP status, or the nearest one.

    `code` is the word on the wire (wire.actions.ActionProblem). The text is made of the vendor's words and
    ours; it never holds credentials.
    """

    code = "rejected"
    usual_status = 400

    def __init__(self, message: str, *, status_code: int = 0) -> None:
        super().__init__(message)
        self.status_code = status_code or self.usual_status
        self.reply: Reply | None = None
        """The answer that was classified so: a Python action may know more about it."""


class AuthFailed(ActionFailed):
    """The vendor does not accept the account's credentials, or they do not allow the call."""

    code = "auth_failed"
    usual_status = 401


class TokenRefused(AuthFailed):
    """The vendor does not accept this token any more; a new one may do. What every 401 is, unless a rule
    says.
    """


class NotFound(ActionFailed):
    """What the call names does not exist at the vendor."""

    code = "not_found"
    usual_status = 404


class Rejected(ActionFailed):
    """The vendor, or the connector before it, refuses the call as it is; repeating it changes nothing."""


class RateLimited(ActionFailed):
    """Too many calls. `retry_after` is in seconds, None when the vendor does not say."""

    code = "rate_limited"
    usual_status = 429

    def __init__(self, message: str, *, status_code: int = 0, retry_after: float | None = None) -> None:
        super().__init__(message, status_code=status_code)
        self.retry_after = retry_after


class Unavailable(ActionFailed):
    """The vendor did not answer, or says that it cannot now.

    `nothing_sent` is true when the request never left: then even a call that must not happen twice may be
    repeated.
    """

    code = "unavailable"
    usual_status = 503

    def __init__(self, message: str, *, status_code: int = 0, nothing_sent: bool = False) -> None:
        super().__init__(message, status_code=status_code)
        self.nothing_sent = nothing_sent


class UnknownConnector(ActionFailed):
    """No connector of the catalogue has this name; the text proposes the nearest."""

    code = "unknown_connector"
    usual_status = 404


class UnknownAction(ActionFailed):
    """The connector has no such business object or action; the text proposes the nearest."""

    code = "unknown_action"
    usual_status = 404
