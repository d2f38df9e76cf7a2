"""How long to wait before a crashed process is started again."""

from dataclasses import dataclass

WAITS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""Seconds before the first, second, … start after a crash; the last one repeats."""
STEADY_SECONDS = 10.0
"""A process that ran so long is not in a crash loop: the count begins anew."""
FAILED_AFTER = 3
"""So many crashes in a row, and the server shows itself Failed; it is tried again all the same."""


@dataclass(frozen=True, slots=True)
class Crashes:
    """Crashes in a row, and in all."""

    in_a_row: int = 0
    total: int = 0

    def after(self, ran_seconds: float) -> "Crashes":
        """One more crash, of a process that ran so long."""
        in_a_row = 1 if ran_seconds >= STEADY_SECONDS else self.in_a_row + 1
        return Crashes(in_a_row, self.total + 1)

    @property
    def wait(self) -> float:
        """Seconds until the next start."""
        return WAITS[min(self.in_a_row, len(WAITS)) - 1] if self.in_a_row else 0.0

    @property
    def failed(self) -> bool:
        """Whether the process is in a crash loop."""
        return self.in_a_row >= FAILED_AFTER
