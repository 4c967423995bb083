"""The number of processors that this process may use, by its affinity and the quota of its control group.

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
    """Returns the number of processors, at least 1."""
    return max(1, min(len(os.sched_getaffinity(0)), *(_quota(cgroups, files) for files in QUOTAS)))


def _quota(cgroups: Path, files: tuple[str, ...]) -> int:
    """Returns the quota in full processors: a fraction of one would be throttled for most of each period."""
    unlimited = os.cpu_count() or 1
    try:
        time, period = map(int, " ".join((cgroups / file).read_text("ascii") for file in files).split())
    except (OSError, ValueError):
        return unlimited
    return time // period if time > 0 else unlimited
