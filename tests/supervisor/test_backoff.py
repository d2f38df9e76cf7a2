"""A crashed process comes back soon, a crash loop costs little."""

from lockhouse.supervisor.backoff import FAILED_AFTER, STEADY_SECONDS, WAITS, Crashes


def test_each_crash_in_a_row_waits_longer_up_to_a_limit() -> None:
    crashes, waits = Crashes(), []
    for _ in range(len(WAITS) + 2):
        crashes = crashes.after(0.1)
        waits.append(crashes.wait)

    assert waits == [*WAITS, WAITS[-1], WAITS[-1]]
    assert waits == sorted(waits)


def test_a_process_that_ran_steadily_starts_the_count_anew_but_every_crash_counts() -> None:
    crashes = Crashes()
    for _ in range(FAILED_AFTER):
        crashes = crashes.after(0.1)
    assert crashes.failed

    crashes = crashes.after(STEADY_SECONDS)

    assert (crashes.failed, crashes.wait, crashes.total) == (False, WAITS[0], FAILED_AFTER + 1)


def test_the_first_start_waits_for_nothing() -> None:
    assert Crashes().wait == 0
