"""How many processors this process may use: those it may run on, and no more than its control group pays for.

Reads only; what cannot be read limits nothing.
"""

import os
from pathlib import Path
from typing import Final

CGROUPS: Final = Path("/sys/fs/cgroup")
"""Where the container's own control group is mounted."""
QUOTAS: Final = (("cpu.max",), ("cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us"))
"""By version 2 and by version 1, on which many Ascend hosts are: microseconds of processor time (`max` or -1: without
limit) in a period of so many microseconds."""


def usable(cgroups: Path = CGROUPS) -> int:
    """At least one."""
    return max(1, min(len(os.sched_getaffinity(0)), *(_paid(cgroups, files) for files in QUOTAS)))


def _paid(cgroups: Path, files: tuple[str, ...]) -> int:
    """Whole processors: a part of one would stand still for most of each period."""
    unlimited = os.cpu_count() or 1
    try:
        time, period = map(int, " ".join((cgroups / file).read_text("ascii") for file in files).split())
    except (OSError, ValueError):
        return unlimited
    return time // period if time > 0 else unlimited
