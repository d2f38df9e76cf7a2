"""Questions before something is done: one dialogue for all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Response

from lockhouse.console.desk import Desk
from lockhouse.console.refusals import NOTHING_REFUSED, Refusal


@dataclass(frozen=True, slots=True)
class Question:
    """A dialogue: what is asked, about what (`facts` are pairs of title and value), where the answers lead.

    `action` is posted to when the answer is `button`; `cancel` is where every other answer leads. `failed` is
    the title of what a service says against it. `danger` colours the button: what ends does not come back.
    """

    title: str
    facts: Sequence[tuple[str, str]]
    text: str
    button: str
    action: str
    cancel: str
    failed: str
    danger: bool = True


def ask(
    desk: Desk, question: Question, *, behind: str, refused: Refusal = NOTHING_REFUSED, **values: Any
) -> Response[bytes]:
    """The page `behind`, made from `values`, with the question over it."""
    status = refused.status if refused else 200
    return desk.show(
        "question.html", status=status, question=question, behind=behind, refused=refused, **values
    )
