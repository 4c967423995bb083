"""A process counts on no more processors than it is given."""

import os
from pathlib import Path

import pytest

from aiapp.fetch.processors import usable

ALLOWED = len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    ("quota", "expected"),
    [
        pytest.param("100000 100000\n", 1, id="paid for one"),
        pytest.param("50000 100000\n", 1, id="paid for a half"),
        pytest.param("max 100000\n", ALLOWED, id="without a limit"),
        pytest.param("99900000 100000\n", ALLOWED, id="paid for more than there are"),
        pytest.param("", ALLOWED, id="unreadable"),
        pytest.param(None, ALLOWED, id="no control group"),
    ],
)
def test_so_many_are_usable(tmp_path: Path, quota: str | None, expected: int) -> None:
    file = tmp_path / "cpu.max"
    if quota is not None:
        file.write_text(quota)
    assert usable(file) == expected


def test_those_that_it_may_run_on_count(tmp_path: Path) -> None:
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        assert usable(tmp_path / "absent") == 1
    finally:
        os.sched_setaffinity(0, before)
