"""One call of a connector's action: the same shape in a flow's node, in HTTP bodies and in a connector."""

from typing import Any

import msgspec


class ActionCall(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a node hands over, before the connector converts anything.

    `connector`, `business_object` and `action` are spelled as in the flow document (flow-document.md,
    section 4). `input` is the map's object. `where` is the document's own filter form with its templates
    evaluated (`{"Email": "a@b"}`, `{"and": [{"Amount": {"gt": "5"}}]}`); None means no filter at all. A
    condition whose value is None came from a template that yielded nothing: it cannot be met and must never
    widen the call (section 10). `limit` is the most items wanted; an executor may fetch one more to tell
    truncation.
    `account_name` is the connector account; None means the connector's default account.
    """

    connector: str
    business_object: str
    action: str
    input: dict[str, Any] = {}
    where: dict[str, Any] | None = None
    limit: int | None = None
    account_name: str | None = None
    idempotency_key: str | None = None


class ActionResult(msgspec.Struct, frozen=True, kw_only=True):
    """What the application answered.

    `payload` is a list for retrieves, else the object the action yields. `status_code`: 200, 201 created,
    204 nothing matched, 206 more than `limit` exist (the payload is cut to it).
    """

    payload: Any = None
    status_code: int = 200


class ActionProblem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a call failed, on the wire: the body of an error answer under `error`.

    `code` is one of auth_failed, not_found, rejected, rate_limited, unavailable (the five words of
    connectors), unknown_connector, unknown_action, account_missing, cloud_key_rejected,
    cloud_instance_forbidden, cloud_instance_unreachable. `status_code` is the vendor's HTTP status, or the
    nearest one. `retry_after` is in seconds. `details` holds only ids and names, never a secret.
    """

    code: str
    message: str
    status_code: int = 500
    retry_after: float | None = None
    details: dict[str, str] = {}
