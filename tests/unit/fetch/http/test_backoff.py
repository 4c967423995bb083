"""Rests between attempts grow, spread, and are at least what the store asks for."""

import pytest

from aiapp.fetch.http.backoff import LONGEST_RETRY_AFTER_SECONDS, LONGEST_SECONDS, Backoff


@pytest.mark.parametrize(
    ("failures", "retry_after", "seconds"),
    [
        pytest.param(1, 0.0, 0.5, id="the first"),
        pytest.param(3, 0.0, 2.0, id="doubling"),
        pytest.param(60, 0.0, LONGEST_SECONDS, id="never longer than the longest"),
        pytest.param(1, 7.0, 7.5, id="what Retry-After asks for, and something of its own"),
        pytest.param(1, 1e9, LONGEST_RETRY_AFTER_SECONDS + 0.5, id="no store can ask for ever"),
    ],
)
def test_a_rest_lasts(failures: int, retry_after: float, seconds: float) -> None:
    assert Backoff(lambda: 1.0).seconds(failures, retry_after) == seconds


def test_jitter_takes_up_to_half_of_it() -> None:
    assert Backoff(lambda: 0.0).seconds(1) == Backoff(lambda: 1.0).seconds(1) / 2


def test_nobody_rests_when_the_download_is_over() -> None:
    backoff = Backoff()
    backoff.end()
    backoff.wait(60, 1000)
    assert backoff.over
