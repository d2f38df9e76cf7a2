"""What the doors of all entities share: ETag, If-Match, locks at birth, history and activity in bodies."""

from typing import Annotated, Any

from litestar import Response
from litestar.params import HeaderParameter

from lockhouse.iam.errors import RequestInvalid
from lockhouse.iam.model import Change, Use
from lockhouse.wire.entities import UNSET, Activity, HistoryRecord
from lockhouse.wire.times import minutes_text

EntityLock = Annotated[str, HeaderParameter(name="Entity-Lock", required=False)]
_MESSAGES = {
    "CREATE": "The entity was created.",
    "UPDATE": "The entity was changed.",
    "LOCK": "The entity was locked.",
    "UNLOCK": "The entity was unlocked.",
    "DISABLE": "The entity was disabled.",
    "ENABLE": "The entity was enabled.",
}
IfMatch = Annotated[str, HeaderParameter(name="If-Match", required=False)]


def tagged(body: Any, status: int = 200) -> Response[Any]:
    """An answer whose ETag is the entity_tag, without quotes, as IBM's clients hand it back."""
    return Response(body, status_code=status, headers={"ETag": body.entity_tag})


def history_bodies(changes: list[Change]) -> list[HistoryRecord]:
    """An entity's history for the wire, oldest first."""
    return [
        HistoryRecord(
            timestamp=minutes_text(change.at),
            iam_id=change.actor,
            iam_id_account=change.actor_account,
            action=change.change,
            params=list(change.params),
            message=change.message or _MESSAGES.get(change.change, ""),
        )
        for change in changes
    ]


def activity_body(use: Use) -> Activity:
    """An entity's activity for the wire."""
    last = UNSET if use.last_authn is None else minutes_text(use.last_authn)
    return Activity(authn_count=use.authn_count, last_authn=last)


def header_flag(name: str, text: str) -> bool:
    """A boolean header. Raises RequestInvalid."""
    if text.lower() not in {"true", "false"}:
        raise RequestInvalid(f"Header '{name}' must be true or false.")
    return text.lower() == "true"
