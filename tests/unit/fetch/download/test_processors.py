"""A process counts on no more processors than it is given."""

import os
from pathlib import Path

import pytest

from aiapp.fetch.download.processors import usable

ALLOWED = len(os.sched_getaffinity(0))
QUOTA, PERIOD = "cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param({"cpu.max": "100000 100000\n"}, 1, id="paid for one"),
        pytest.param({"cpu.max": "50000 100000\n"}, 1, id="paid for a half"),
        pytest.param({"cpu.max": "max 100000\n"}, ALLOWED, id="without a limit"),
        pytest.param({"cpu.max": "99900000 100000\n"}, ALLOWED, id="paid for more than there are"),
        pytest.param({"cpu.max": ""}, ALLOWED, id="unreadable"),
        pytest.param({QUOTA: "100000\n", PERIOD: "100000\n"}, 1, id="version 1, paid for one"),
        pytest.param({QUOTA: "-1\n", PERIOD: "100000\n"}, ALLOWED, id="version 1, without a limit"),
        pytest.param({QUOTA: "100000\n"}, ALLOWED, id="version 1, without a period"),
        pytest.param({}, ALLOWED, id="no control group"),
    ],
)
def test_so_many_are_usable(tmp_path: Path, files: dict[str, str], expected: int) -> None:
    (tmp_path / "cpu").mkdir()
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    assert usable(tmp_path) == expected


def test_those_that_it_may_run_on_count(tmp_path: Path) -> None:
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        assert usable(tmp_path) == 1
    finally:
        os.sched_setaffinity(0, before)
