"""The images that `aiapp sandbox images` puts into a sandbox: the operator's, and a runtime of the catalogue."""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from aiapp_sandbox.errors import SandboxError
from aiapp_sandbox.images import loading, operator_image
from aiapp_sandbox.images.runtimes import SKLEARN, Runtime, built
from aiapp_sandbox.profiles import host_architecture
from aiapp_sandbox.progress import Progress
from aiapp_sandbox.state import Folder

_MACHINES = {"amd64": "x86-64", "arm64": "aarch64"}


@dataclass(frozen=True)
class InNodes:
    """An image, and the nodes that have it now."""

    reference: str
    nodes: tuple[str, ...]


def load(folder: Folder, environ: Mapping[str, str], progress: Progress) -> tuple[InNodes, ...]:
    """Build the operator's image for every real node's architecture and the runtime's for this machine's; load them.

    SandboxError when the sandbox has no real node, or a part cannot be had here.
    """
    architectures = sorted({node.plan.architecture for node in loading.running(folder)})
    if not architectures:
        raise SandboxError(f"sandbox '{folder.name}' has no real node, and simulated ones look at no image")
    runtime = runtime_for(host_architecture())
    jobs = [(operator_image.REFERENCE, partial(operator_image.built, one)) for one in architectures]
    if host_architecture() in architectures:
        jobs.append((runtime.reference, partial(built, runtime)))

    def one(job: tuple[str, partial[Path]]) -> InNodes:
        reference, build = job
        return InNodes(reference, loading.load(folder, build(environ, progress)).nodes)

    with ThreadPoolExecutor(len(jobs)) as pool:
        return tuple(pool.map(one, jobs))


def runtime_for(architecture: str) -> Runtime:
    """The image of the catalogue's scikit-learn runtime."""
    return Runtime(SKLEARN, architecture, ("scikit-learn==1.6.1",))


def patch_command() -> str:
    """What gives the image to the runtime of the catalogue."""
    name = f"sklearn-1.6.1-cpu-py-3.11-ubuntu-22.04-{_MACHINES[host_architecture()]}"
    patch = json.dumps({"spec": {"image": SKLEARN}}, separators=(",", ":"))
    return f"kubectl patch inferenceruntime {name} --type=merge -p '{patch}'"
