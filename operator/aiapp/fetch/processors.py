"""How many processors this process may use: those it may run on, and no more than its control group pays for.

Reads only; what cannot be read limits nothing.
"""

import os
from pathlib import Path
from typing import Final

QUOTA: Final = Path("/sys/fs/cgroup/cpu.max")
"""Of the container's own group: microseconds of processor time, or `max`, in a period of so many microseconds."""


def usable(quota: Path = QUOTA) -> int:
    """At least one."""
    return max(1, min(len(os.sched_getaffinity(0)), _paid(quota)))


def _paid(quota: Path) -> int:
    """Whole processors: a part of one would stand still for most of each period."""
    try:
        time, period = quota.read_text("ascii").split()
        return int(time) // int(period)
    except (OSError, ValueError):
        return os.cpu_count() or 1
