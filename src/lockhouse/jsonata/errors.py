"""What can be wrong with an expression: when it is read, and when it is evaluated."""

from lockhouse.errors import LockhouseError


class ExpressionMistake(LockhouseError):
    """The text is no JSONata. `code` is JSONata's own (`S0201`), `position` counts characters from 0."""

    def __init__(self, message: str, *, text: str, code: str, position: int) -> None:
        super().__init__(message)
        self.text = text
        self.code = code
        self.position = position


class ExpressionFailed(LockhouseError):
    """An evaluation failed: JSONata's own code (`T2001`, `D3030`), or `budget` when a limit was met."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code
