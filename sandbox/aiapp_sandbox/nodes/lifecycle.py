"""Real nodes of a sandbox from start to end. What happens inside a node is in `init`."""

import errno
import os
import platform
import subprocess
from collections.abc import Sequence
from pathlib import Path

from aiapp_sandbox import network
from aiapp_sandbox.context import Context
from aiapp_sandbox.network import Network
from aiapp_sandbox.nodes import cgroups, emulation
from aiapp_sandbox.nodes.configuration import CNI_PROGRAMS
from aiapp_sandbox.nodes.launch import INIT, NAMESPACES, cgroup, emulated, launch, launch_again, program
from aiapp_sandbox.nodes.membership import Started, join, rejoin
from aiapp_sandbox.processes import PROC, Process, kill, marked
from aiapp_sandbox.profiles import RealNode
from aiapp_sandbox.progress import Progress
from aiapp_sandbox.waiting import until

GONE_SECONDS = 30
"""Bound for the kernel to bury what a killed node leaves."""

_PROGRAMS = {
    "runc": "runc",
    "iptables": "iptables",
    "ip": "iproute2",
    "mount": "mount",
    "nsenter": "util-linux",
    "unshare": "util-linux",
}
"""What a node needs of the host -> the Debian package that has it."""


def possible() -> str | None:
    """Why no real node can run here, in words for a person; None when one can."""
    if not _is_root():
        return "real nodes need root on Linux"
    missing = sorted({package for name, package in _PROGRAMS.items() if not program(name)})
    if not Path(CNI_PROGRAMS, "ptp").exists():
        missing.append("containernetworking-plugins")
    if missing:
        return f"real nodes need packages that are not installed: apt-get install {' '.join(missing)}"
    if not (cgroups.writable() and _may_have_namespaces()):
        return (
            "real nodes need namespaces and control groups, which this (unprivileged?) container does not let root have"
        )
    return None


def _is_root() -> bool:
    return platform.system() == "Linux" and os.geteuid() == 0


def _may_have_namespaces() -> bool:
    command = [program("unshare") or "unshare", *NAMESPACES, "true"]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def start(nodes: Sequence[RealNode], context: Context, net: Network, progress: Progress) -> None:
    """Start the nodes, wait for the API server, and return when all are Ready.

    A node whose processor cannot be emulated here is left out, and `progress` says so. Raises SandboxError when
    one does not become Ready.
    """
    wanted = [node for node in nodes if _can_run(node, progress)]
    started = [Started(node, launch(node, index, len(wanted), context, net)) for index, node in enumerate(wanted)]
    if started:
        join(started, context)
        progress.done(f"real nodes Ready: {', '.join(node.name for node in wanted)}")


def start_again(nodes: Sequence[RealNode], context: Context, progress: Progress) -> None:
    """Start nodes that have ended once more, as after a restart of the machine; return when all are Ready."""
    started = [Started(node, _launched_again(node, context)) for node in nodes]
    rejoin(started, context)
    progress.done(f"real nodes Ready again: {', '.join(node.name for node in nodes)}")


def _launched_again(node: RealNode, context: Context) -> Process:
    group = f"{cgroup(context.folder.path)}/{node.name}"
    what = f"the control groups of the node '{node.name}' to be empty"
    until(lambda: _group_removed(group), seconds=GONE_SECONDS, what=what)
    return launch_again(node, group, context)


def _can_run(node: RealNode, progress: Progress) -> bool:
    reason = _why_not(node)
    if reason:
        progress.done(f"without the {node.architecture} node '{node.name}': {reason}")
    return reason is None


def _why_not(node: RealNode) -> str | None:
    if not emulated(node):
        return None
    if node.architecture != "arm64":
        return "only arm64 can be emulated"
    return emulation.unavailable()


def stop(folder: Path) -> None:
    """End every node of the sandbox in `folder` at once; its pods and all else in it end with it."""
    kill([running for running in marked(folder) if INIT.encode() in _command_line(running.pid)])


def _command_line(pid: int) -> bytes:
    try:
        return (PROC / str(pid) / "cmdline").read_bytes()
    except OSError:  # ended meanwhile
        return b""


def clean(folder: Path) -> None:
    """Take away what the nodes of the sandbox in `folder` have on the host outside that folder.

    Ends them first if they still run. Nothing there is fine: it is found by name, not by a record.
    """
    if not (_is_root() and program("ip")):
        return  # no node was ever started here
    stop(folder)
    network.remove(folder)
    emulation.release()
    group = cgroup(folder)
    until(lambda: _group_removed(group), seconds=GONE_SECONDS, what="the control groups of the nodes to be empty")


def _group_removed(group: str) -> bool:
    try:
        cgroups.remove(group)
    except OSError as error:
        if error.errno != errno.EBUSY:
            raise
        return False
    return True
