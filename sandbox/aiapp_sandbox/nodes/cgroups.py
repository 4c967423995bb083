"""The control groups of a sandbox's nodes, version 1 and 2. Never touches a group outside the sandbox's own."""

import os
from collections.abc import Iterator
from pathlib import Path

MOUNT_POINT = Path("/sys/fs/cgroup")
CONTROLLERS = ("cpu", "cpuset", "io", "memory", "pids", "hugetlb")


def writable(mount_point: Path = MOUNT_POINT) -> bool:
    """Whether groups can be made here: containers often see the hierarchies read-only, or none."""
    found = list(_hierarchies(mount_point))
    return bool(found) and all(os.access(hierarchy, os.W_OK) for hierarchy in found)


def create(group: str, mount_point: Path = MOUNT_POINT) -> None:
    """Make `group` (an absolute path, "/a/b") in every hierarchy, ready to have groups below it."""
    for hierarchy in _hierarchies(mount_point):
        folder = hierarchy
        for part in Path(group).parts[1:]:
            _delegate(folder)
            parent, folder = folder, folder / part
            folder.mkdir(exist_ok=True)
            _inherit_cpus(parent, folder)
        _delegate(folder)


def remove(group: str, mount_point: Path = MOUNT_POINT) -> None:
    """Take `group` and all below it away; OSError (EBUSY) while a process is left in one of them."""
    for hierarchy in _hierarchies(mount_point):
        top = hierarchy / group.strip("/")
        if top.is_dir():
            for folder in sorted((entry for entry in top.rglob("*") if entry.is_dir()), reverse=True):
                folder.rmdir()
            top.rmdir()


def _hierarchies(mount_point: Path) -> Iterator[Path]:
    """Version 2 mounts one hierarchy, version 1 one for each controller, some of them twice by links."""
    if not mount_point.is_dir():
        return
    if (mount_point / "cgroup.procs").exists():
        yield mount_point
        return
    for folder in sorted(mount_point.iterdir()):
        if folder.is_dir() and not folder.is_symlink() and (folder / "cgroup.procs").exists():
            yield folder


def _delegate(folder: Path) -> None:
    """Version 2: let the groups below have controllers."""
    control = folder / "cgroup.subtree_control"
    if control.exists():
        available = (folder / "cgroup.controllers").read_text().split()
        enabled = control.read_text().split()
        for controller in CONTROLLERS:
            if controller in available and controller not in enabled:
                control.write_text(f"+{controller}")


def _inherit_cpus(parent: Path, folder: Path) -> None:
    """Version 1: a new cpuset is empty and takes no process before it has processors and memory."""
    for name in ("cpuset.cpus", "cpuset.mems"):
        own = folder / name
        if own.exists() and not own.read_text().strip() and not (folder / "cgroup.subtree_control").exists():
            own.write_text((parent / name).read_text())
