"""What a process has used so far, read from /proc. Measures nothing by itself."""

import os
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU seconds, user and system together."""

    operator: float
    """All its threads."""
    children: float
    """Its child processes: the parser of untrusted code."""

    def __sub__(self, before: "Usage") -> "Usage":
        return Usage(self.operator - before.operator, self.children - before.children)


def usage(pid: int) -> Usage:
    """Until now. Children that have ended do not count."""
    return Usage(_seconds(Path(f"/proc/{pid}")), sum(_seconds(Path(f"/proc/{child}")) for child in _children(pid)))


def resident_mib(pid: int) -> float:
    """Memory that it occupies now."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


def peak_mib(pid: int) -> float:
    """The most that it has occupied since `reset_peak`."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


def family_mib(pid: int) -> float:
    """Memory that it and all its descendants occupy now, what they share counted once; 0 when it has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        own = next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)
        return own + sum(family_mib(int(child)) for child in _children(pid))
    except (FileNotFoundError, ProcessLookupError):
        return 0.0


def reset_peak(pid: int) -> None:
    """From now on `peak_mib` counts anew."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def _seconds(task: Path) -> float:
    fields = (task / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _children(pid: int) -> list[str]:
    return [child for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()]
