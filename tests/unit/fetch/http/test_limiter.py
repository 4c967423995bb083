"""The number of requests under way follows what the machine and the store can do."""

from dataclasses import dataclass

from aiapp.fetch.http.limiter import FEWEST, LOOK_SECONDS, MOST, RELIEF_SECONDS, RequestLimiter


@dataclass
class Times:
    """Clock and processor time, set by the test."""

    now: float = 0.0
    used: float = 0.0

    def limiter(self) -> RequestLimiter:
        return RequestLimiter(lambda: self.now, lambda: self.used)


def requests(limiter: RequestLimiter, times: Times, number: int, *, busy: float) -> None:
    """One after another, each a look apart; `busy`: share of one processor."""
    for _ in range(number):
        times.now += LOOK_SECONDS * 1.01
        times.used += LOOK_SECONDS * 1.01 * busy
        with limiter:
            pass


def test_more_requests_are_made_while_they_only_wait_for_the_network() -> None:
    times = Times()
    limiter = times.limiter()
    requests(limiter, times, 100, busy=0.1)
    assert limiter.allowed == MOST


def test_no_more_are_made_when_the_processor_is_busy_with_them() -> None:
    times = Times()
    limiter = times.limiter()
    requests(limiter, times, 100, busy=1.0)
    assert limiter.allowed == FEWEST


def test_a_busy_store_gets_half_as_many_once_and_then_slowly_more() -> None:
    times = Times()
    limiter = times.limiter()
    requests(limiter, times, 100, busy=0.1)
    for _ in range(5):
        limiter.slow_down()
    assert limiter.allowed == MOST // 2
    requests(limiter, times, 10, busy=0.1)
    assert limiter.allowed == MOST // 2
    times.now += RELIEF_SECONDS
    requests(limiter, times, 2, busy=0.1)
    assert limiter.allowed > MOST // 2


def test_a_store_that_is_always_busy_still_gets_one() -> None:
    times = Times()
    limiter = times.limiter()
    for _ in range(20):
        limiter.slow_down()
        times.now += 2 * RELIEF_SECONDS
    assert limiter.allowed == 1
