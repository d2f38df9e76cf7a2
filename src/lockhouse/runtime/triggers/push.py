"""The event door's requests: whoever may, hands a flow its events, one a request. Pure functions.

`POST /events/<flow>` with the payload as JSON; the header `Event-Id` names the event, so that sending it
again after an answer that got lost does no harm.
"""

import uuid
from collections.abc import Mapping
from typing import Any

from lockhouse.documents import Limits, read_json
from lockhouse.errors import Mistake, Mistakes

EVENT_ID = "event-id"
_MOST_ID = 200
_LIMITS = Limits(bytes=2 * 1024 * 1024, nodes=200_000, depth=64)


def read_event(headers: Mapping[str, str], body: bytes) -> tuple[str, Any]:
    """The id and the payload of an event; without a name it gets one. Raises Mistakes."""
    given = headers.get(EVENT_ID, headers.get("idempotency-key", "")).strip()
    if len(given) > _MOST_ID or not given.isprintable():
        message = f"expected at most {_MOST_ID} printable characters"
        raise Mistakes([Mistake("event_id", message, field="Event-Id")])
    payload = read_json(body, file="body", limits=_LIMITS).value if body.strip() else {}
    return given or uuid.uuid4().hex, payload
