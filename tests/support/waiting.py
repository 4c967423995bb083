"""Polling in tests: a deadline is only the bound for failure, never a claim about speed."""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

EVENTUALLY_SECONDS = 120.0
EVERY_SECONDS = 0.05


def eventually(check: Callable[[], T], *, timeout: float = EVENTUALLY_SECONDS, every: float = EVERY_SECONDS) -> T:
    """The first true result of `check`, tried every so many seconds.

    An AssertionError in it counts as "not yet" and is shown when time is up.
    """
    deadline = time.monotonic() + timeout
    while True:
        late = time.monotonic() > deadline
        try:
            if result := check():
                return result
        except AssertionError:
            if late:
                raise
        if late:
            raise AssertionError(f"not within {timeout:g} s: {check}; last result: {result!r}")
        time.sleep(every)


def paced(items: Iterable[T], a_second: float) -> Iterator[T]:
    """The items, at most so many in a second: a load, not a wait for something."""
    due = time.monotonic()
    for item in items:
        time.sleep(max(0.0, due - time.monotonic()))
        due = max(due, time.monotonic() - 1) + 1 / a_second
        yield item
