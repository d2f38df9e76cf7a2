"""What a service refused, for the form that asked: a sentence, mistakes, and which field each belongs to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lockhouse.client.transport import Problem
from lockhouse.errors import Mistakes
from lockhouse.wire.names import check_name

_REFUSED = (400, 409, 413, 422)


@dataclass(frozen=True, slots=True)
class Refusal:
    """`message` is one sentence, `mistakes` are told below it, `fields` at the fields of these names."""

    message: str = ""
    mistakes: tuple[str, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    status: int = 422

    def __bool__(self) -> bool:
        return bool(self.message or self.mistakes or self.fields)


NOTHING_REFUSED = Refusal()
NO_NAME = Refusal(fields={"name": "Enter a name."})


def name_refusal(kind: str, name: str) -> Refusal:
    """What stands against a name for a `server`, `configuration` or `bar`, before anybody is asked."""
    if not name:
        return NO_NAME
    try:
        check_name(kind, name)
    except Mistakes as error:
        return Refusal(fields={"name": error.mistakes[0].message})
    return NOTHING_REFUSED


def refusal_of(problem: Problem, *, fields: Mapping[str, str] | None = None) -> Refusal:
    """What a service said against a form. Raises the problem when it is no refusal.

    `fields` leads from the service's names of fields to the form's.
    """
    if problem.status not in _REFUSED:
        raise problem
    wanted = fields or {}
    told: dict[str, str] = {}
    listed: list[str] = []
    for mistake in _mistakes(problem.body):
        name = str(mistake.get("field", ""))
        if name in wanted:
            told[wanted[name]] = str(mistake.get("message", ""))
        else:
            listed.append(_sentence(mistake))
    # The sentence of a problem that lists its mistakes only repeats them.
    return Refusal("" if told or listed else problem.message, tuple(listed), told, problem.status)


def _mistakes(body: Any) -> list[Mapping[str, Any]]:
    error = body.get("error") if isinstance(body, dict) else None
    mistakes = error.get("mistakes") if isinstance(error, dict) else None
    return [one for one in mistakes if isinstance(one, dict)] if isinstance(mistakes, list) else []


def _sentence(mistake: Mapping[str, Any]) -> str:
    place = ":".join(str(mistake[part]) for part in ("file", "line", "column") if mistake.get(part))
    where = ": ".join(part for part in (place, str(mistake.get("field", ""))) if part)
    return f"{where}: {mistake.get('message', '')}" if where else str(mistake.get("message", ""))
