"""A bucket of tokens, with a clock that the test sets."""

from __future__ import annotations

from aiapp.serve.http.rate import TokenBucket

START = 1000.0


def taken(bucket: TokenBucket, now: float, times: int) -> int:
    """How many of so many requests at the same moment are let in."""
    return sum(bucket.take(now) == 0.0 for _ in range(times))


def test_after_a_pause_as_many_come_at_once_as_the_burst_says() -> None:
    assert taken(TokenBucket(rate=10, burst=3), START, 20) == 3


def test_on_average_as_many_come_as_the_rate_says() -> None:
    bucket = TokenBucket(rate=10, burst=10)
    taken(bucket, START, 100)
    assert sum(taken(bucket, START + tenths / 10, 5) for tenths in range(1, 101)) == 100


def test_a_long_pause_saves_no_more_than_the_burst() -> None:
    bucket = TokenBucket(rate=10, burst=3)
    taken(bucket, START, 20)
    assert taken(bucket, START + 3600, 20) == 3


def test_who_is_refused_is_told_when_the_next_one_may_come() -> None:
    bucket = TokenBucket(rate=4, burst=1)
    assert [bucket.take(START), bucket.take(START), bucket.take(START + 0.25)] == [0.0, 0.25, 0.0]
