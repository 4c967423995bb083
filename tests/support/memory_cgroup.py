"""A control group that bounds the memory of a process, version 1 or 2, as the kubelet makes one for a container."""

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from tests.support.waiting import eventually

MOUNT_POINT = Path("/sys/fs/cgroup")
UNITS = {"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30}


@dataclass(frozen=True)
class MemoryCgroup:
    """A group of its own with a limit."""

    folder: Path
    version: int

    @property
    def members(self) -> Path:
        """A process id that is written here becomes a member, with all that it starts."""
        return self.folder / "cgroup.procs"

    def anonymous_bytes(self) -> int:
        """Memory of the members now that no file can give back: what a limit kills for."""
        name = "total_rss" if self.version == 1 else "anon"
        found = re.search(rf"^{name} (\d+)$", (self.folder / "memory.stat").read_text(), re.MULTILINE)
        assert found is not None
        return int(found[1])

    def peak_bytes(self) -> int:
        """The most there was at any moment, with the pages of files that were read; 0 where the kernel keeps none."""
        file = self.folder / ("memory.max_usage_in_bytes" if self.version == 1 else "memory.peak")
        return int(file.read_text()) if file.exists() else 0

    def kills(self) -> int:
        """How often the kernel killed a member for want of memory."""
        events = (self.folder / ("memory.oom_control" if self.version == 1 else "memory.events")).read_text()
        found = re.search(r"^oom_kill (\d+)$", events, re.MULTILINE)
        return int(found[1]) if found else 0


def missing() -> str | None:
    """Why no such group can be made here."""
    where = _hierarchy()
    if where is None:
        return "no control groups of memory are mounted"
    return None if os.access(where[0], os.W_OK) else f"{where[0]} is read-only"


@contextmanager
def memory_cgroup(limit_bytes: int) -> Iterator[MemoryCgroup]:
    """A new group; its members have to end before it does."""
    where = _hierarchy()
    assert where is not None
    parent, version = where
    if version == 2:
        with suppress(OSError):  # on already, or there are processes beside us that forbid it
            (parent / "cgroup.subtree_control").write_text("+memory")
    folder = parent / f"aiapp-test-{secrets.token_hex(4)}"
    folder.mkdir()
    (folder / ("memory.limit_in_bytes" if version == 1 else "memory.max")).write_text(str(limit_bytes))
    try:
        yield MemoryCgroup(folder, version)
    finally:
        eventually(lambda: _removed(folder))


def memory_limit(deployment: Path) -> int:
    """The limit of the first container in a Deployment's manifest, in bytes."""
    documents: list[dict[str, Any]] = list(yaml.safe_load_all(deployment.read_text()))
    document = next(one for one in documents if one["kind"] == "Deployment")
    limit = str(document["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["memory"])
    return int(limit[:-2]) * UNITS[limit[-2:]]


def _hierarchy() -> tuple[Path, int] | None:
    if (MOUNT_POINT / "memory").is_dir():
        return MOUNT_POINT / "memory", 1
    controllers = MOUNT_POINT / "cgroup.controllers"
    return (MOUNT_POINT, 2) if controllers.exists() and "memory" in controllers.read_text().split() else None


def _removed(folder: Path) -> bool:
    with suppress(OSError):
        folder.rmdir()
    return not folder.exists()
