"""Buckets of failures."""

from lockhouse.web.limits import Buckets


def test_a_bucket_takes_its_capacity_at_once_and_then_one_at_a_time() -> None:
    buckets = Buckets(capacity=3, seconds_each=10)
    for _ in range(3):
        assert buckets.wait("a", 0) == 0
        buckets.fill("a", 0)

    assert buckets.wait("a", 0) == 10
    assert buckets.wait("a", 10) == 0
    assert buckets.wait("b", 0) == 0


def test_tries_beyond_the_limit_do_not_prolong_it() -> None:
    buckets = Buckets(capacity=2, seconds_each=10)
    for _ in range(1000):
        buckets.fill("a", 0)
    assert buckets.wait("a", 0) == 10
    assert buckets.level("a", 0) == 2
    assert buckets.level("a", 20) == 0


def test_an_emptied_bucket_is_forgotten() -> None:
    buckets = Buckets(capacity=1, seconds_each=10)
    buckets.fill("a", 0)
    buckets.empty("a")
    assert buckets.wait("a", 0) == 0


def test_memory_is_bounded() -> None:
    buckets = Buckets(capacity=1, seconds_each=10)
    for number in range(60_000):
        buckets.fill(str(number), 0)
    assert buckets.level("0", 0) == 0
    assert buckets.level("59999", 0) == 1
