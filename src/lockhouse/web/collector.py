"""The collector of garbage in a process that serves for a long time."""

import gc


def leave_the_start_alone() -> None:
    """What the start made stays to the end: the collector need not walk it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
