"""How a flow fails: always with the node's name, and in the shape that `#/error` shows to a catch."""

from dataclasses import dataclass, field
from typing import Any

from lockhouse.errors import LockhouseError
from lockhouse.wire.actions import ActionProblem

REASONS = {
    400: "BadRequest", 401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 408: "RequestTimeout",
    409: "Conflict", 429: "TooManyRequests", 500: "InternalServerError", 502: "BadGateway",
    503: "ServiceUnavailable", 504: "GatewayTimeout",
}  # fmt: skip


class ActionFailed(LockhouseError):
    """A connector call failed; raised by whoever carries out calls for a flow."""

    def __init__(self, problem: ActionProblem) -> None:
        super().__init__(problem.message)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class ErrorDetails:
    """Why a node failed (flow-document.md, section 9; the fields are our choice).

    `code` is an ActionProblem's, or one of `expression_failed`, `budget`, `no_data`, `truncated`,
    `parse_failed`, `terminated`.
    """

    code: str
    message: str
    status_code: int = 500
    node: str = ""
    connector: str = ""
    data: dict[str, str] = field(default_factory=dict)
    retry_after: float | None = None

    def as_error(self) -> dict[str, Any]:
        """What `#/error` holds, the variable `errorDetails`."""
        return {
            "code": self.code,
            "message": self.message,
            "userAction": _USER_ACTIONS.get(self.code, "See the log of the flow."),
            "errorData": self.data,
            "statusCode": self.status_code,
            "nodeName": self.node,
            "connector": self.connector,
        }

    def as_answer(self) -> tuple[int, dict[str, Any]]:
        """Status and body of an API call whose flow failed."""
        status = self.status_code if 400 <= self.status_code <= 599 else 500
        name = REASONS.get(status, "Error")
        return status, {"error": {"statusCode": status, "name": name, "message": self.message}}


_USER_ACTIONS = {
    "auth_failed": "Reconnect the account of the connector.",
    "account_missing": "Create the account, or name another one in the flow.",
    "not_found": "Check that the object exists.",
    "no_data": "Allow the node to return nothing, or change its conditions.",
    "rate_limited": "Try again later.",
    "unavailable": "Try again later.",
}


class FlowFailed(LockhouseError):
    """A node failed and nothing in the flow caught it."""

    def __init__(self, details: ErrorDetails) -> None:
        where = f"{details.node}: " if details.node else ""
        super().__init__(f"{where}{details.message}")
        self.details = details
