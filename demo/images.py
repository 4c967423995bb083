"""The images of the demonstration, built on this machine without any registry. Never pulls."""

import os
import platform
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from importlib import metadata
from pathlib import Path

from aiapp_sandbox.images import operator_image
from aiapp_sandbox.images.base import built as base
from aiapp_sandbox.images.runtimes import MINDSPORE_STAND_IN, Runtime
from aiapp_sandbox.images.runtimes import built as runtime
from aiapp_sandbox.profiles import host_architecture
from aiapp_sandbox.progress import Progress

LIBRARIES = ("scikit-learn", "numpy", "scipy", "joblib")
"""In the versions that train the model here: what one scikit-learn has pickled another may read differently."""
_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}


@dataclass(frozen=True)
class Images:
    """Archives to load into the nodes, and what they are called."""

    archives: tuple[Path, ...]
    cpu_runtime: str
    """The name that the image for CPU nodes has as a runtime."""
    cpu: str
    operator: str = operator_image.REFERENCE
    mindspore: str = MINDSPORE_STAND_IN.reference

    @property
    def digest(self) -> str:
        """Changes with the operator's image."""
        return self.archives[0].stem


def build(architectures: Sequence[str], progress: Progress) -> Images:
    """Build what nodes of these architectures need, the host's first; SandboxError when a part cannot be had."""
    host = architectures[0]
    cpu_runtime = runtime_name(host, base(host, os.environ, progress).python)
    wanted = [partial(operator_image.built, architecture) for architecture in architectures]
    wanted.append(partial(runtime, Runtime(reference(cpu_runtime), host, requirements())))
    if "arm64" in architectures:
        wanted.append(partial(runtime, MINDSPORE_STAND_IN))
    with ThreadPoolExecutor(len(wanted)) as pool:
        archives = [pool.submit(make, os.environ, progress) for make in wanted]
        return Images(tuple(archive.result() for archive in archives), cpu_runtime, reference(cpu_runtime))


def not_built() -> Images:
    """The same names where nothing runs that would need the images."""
    cpu_runtime = runtime_name(host_architecture(), platform.python_version().rpartition(".")[0])
    return Images((Path("none"),), cpu_runtime, reference(cpu_runtime))


def requirements() -> tuple[str, ...]:
    """What the image for CPU nodes holds."""
    return tuple(f"{name}=={metadata.version(name)}" for name in LIBRARIES)


def runtime_name(architecture: str, python: str) -> str:
    """By the platform's grammar: engine, hardware, Python, operating system, architecture."""
    system = platform.freedesktop_os_release()
    engine = f"sklearn_{metadata.version('scikit-learn')}"
    machine = _MACHINES[architecture]
    return f"{engine}-cpu-py_{python}-{system['ID']}_{system.get('VERSION_ID', '0')}-{machine}"


def reference(runtime_: str) -> str:
    """What the image of a runtime is called here."""
    return f"localhost/{runtime_}:demo"
