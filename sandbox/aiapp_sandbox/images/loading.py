"""Puts image archives into the real nodes of a running sandbox. Never pulls."""

import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from aiapp_sandbox.errors import SandboxError
from aiapp_sandbox.images.archive import architectures
from aiapp_sandbox.nodes.launch import PLAN_FILE, home, process_name, program
from aiapp_sandbox.nodes.plan import CONTAINERD_SOCKET, Plan
from aiapp_sandbox.processes import PROC, alive
from aiapp_sandbox.state import Folder
from aiapp_sandbox.waiting import until

STARTED_SECONDS = 30


@dataclass(frozen=True)
class RunningNode:
    """A real node, as it is reached from the host."""

    plan: Plan
    pid: int
    """A process inside it."""


@dataclass(frozen=True)
class Loaded:
    """What came of loading an image."""

    nodes: tuple[str, ...]
    """Those that have it now."""
    left_out: tuple[str, ...]
    """A sentence on each that has not, because it runs another architecture."""


def load(folder: Folder, archive: Path, nodes: Sequence[str] = ()) -> Loaded:
    """Load an image archive (`docker save` or OCI layout) into the real nodes that run its architecture.

    With `nodes` only into those. SandboxError when there is none, or the file is no image.
    """
    found = running(folder)
    held = architectures(archive)
    wanted = chosen([node.plan for node in found], held, nodes, archive.name)
    with ThreadPoolExecutor(len(wanted)) as pool:
        targets = [node for node in found if node.plan.name in wanted]
        for finished in [pool.submit(_import, node, archive.absolute()) for node in targets]:
            finished.result()
    return Loaded(wanted, left_out([node.plan for node in found], held, nodes, archive.name))


def chosen(plans: Sequence[Plan], architecture: frozenset[str], names: Sequence[str], image: str) -> tuple[str, ...]:
    """The names of the nodes that are to have an image of this `architecture`."""
    if unknown := sorted(set(names) - {plan.name for plan in plans}):
        known = ", ".join(plan.name for plan in plans) or "none"
        raise SandboxError(f"no real node is called {', '.join(unknown)}; real nodes: {known}")
    fitting = tuple(
        plan.name for plan in plans if plan.architecture in architecture and (not names or plan.name in names)
    )
    if not fitting:
        raise SandboxError(f"{image} is for {', '.join(sorted(architecture))}: no real node of the sandbox runs that")
    return fitting


def left_out(plans: Sequence[Plan], held: frozenset[str], names: Sequence[str], image: str) -> tuple[str, ...]:
    """A sentence on each node among `names`, or of all, that an image of these architectures is not for."""
    return tuple(
        f"not into {plan.name}, which runs {plan.architecture}: {image} is for {', '.join(sorted(held))}"
        for plan in plans
        if plan.architecture not in held and (not names or plan.name in names)
    )


def running(folder: Folder) -> list[RunningNode]:
    """The real nodes of a sandbox."""
    record = folder.present()
    found = []
    for file in sorted(home(folder.path).glob(f"*/{PLAN_FILE}")):
        plan = Plan.read(file)
        process = record.process(process_name(plan.name))
        if process and alive(process.identity):
            found.append(RunningNode(plan, _inside(process.identity.pid)))
    return found


def _inside(launcher: int) -> int:
    """The first process of the node: `unshare`, which started it, has stayed outside."""
    return int((PROC / f"{launcher}/task/{launcher}/children").read_text().split()[0])


def _import(node: RunningNode, archive: Path) -> None:
    socket = PROC / str(node.pid) / "root" / CONTAINERD_SOCKET.lstrip("/")
    until(socket.exists, seconds=STARTED_SECONDS, what=f"containerd of the node '{node.plan.name}'")
    enter = [program("nsenter") or "nsenter", f"--target={node.pid}", "--mount", "--pid", "--net"]
    done = subprocess.run([*enter, *node.plan.import_image, str(archive)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SandboxError(f"the node '{node.plan.name}' cannot load {archive}: {done.stderr.strip()}")
