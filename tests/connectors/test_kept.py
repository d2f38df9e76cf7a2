"""What stays open between calls is shared by an account's calls, and closed in the end."""

from collections.abc import Callable

from lockhouse.connectors.kept import MOST_KEPT, Kept


class Pool:
    """Something to be kept, that notes its closing."""

    def __init__(self, closed: list["Pool"]) -> None:
        self._closed = closed

    def close(self) -> None:
        self._closed.append(self)


def maker(closed: list[Pool]) -> Callable[[], Pool]:
    return lambda: Pool(closed)


def test_the_calls_of_an_account_share_what_is_kept() -> None:
    kept, closed = Kept(), list[Pool]()

    first = kept.get(b"account", "database", maker(closed))

    assert kept.get(b"account", "database", maker(closed)) is first
    assert kept.get(b"other", "database", maker(closed)) is not first
    assert kept.get(b"account", "else", maker(closed)) is not first


def test_the_one_that_was_not_used_for_longest_is_closed_when_there_are_too_many() -> None:
    kept, closed = Kept(), list[Pool]()
    pools = [kept.get(b"%d" % number, "database", maker(closed)) for number in range(MOST_KEPT)]
    kept.get(b"0", "database", maker(closed))

    kept.get(b"new", "database", maker(closed))

    assert closed == [pools[1]]


def test_everything_is_closed_in_the_end() -> None:
    kept, closed = Kept(), list[Pool]()
    for number in range(3):
        kept.get(b"%d" % number, "database", maker(closed))

    kept.close()

    assert len(closed) == 3
