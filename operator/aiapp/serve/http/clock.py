"""The time of day as text, made once a second: a busy server writes it thousands of times in one."""

from __future__ import annotations

import functools
import time


def http_date(now: float) -> str:
    """As in the header `Date`; `now` in seconds since the epoch."""
    return _http_date(int(now))


def timestamp(now: float) -> str:
    """RFC 3339 in UTC, with milliseconds."""
    seconds = int(now)
    return f"{_timestamp(seconds)}.{int((now - seconds) * 1000):03d}Z"


@functools.lru_cache(maxsize=1)
def _http_date(seconds: int) -> str:
    return time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(seconds))


@functools.lru_cache(maxsize=1)
def _timestamp(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
