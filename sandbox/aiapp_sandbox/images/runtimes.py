"""Runtime images of a sandbox: what a model's pods run in. Never the vendor's; a stand-in says that it is one."""

import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aiapp_sandbox.images import archive, base, cache, libraries
from aiapp_sandbox.images.base import Base
from aiapp_sandbox.progress import Progress


@dataclass(frozen=True)
class Runtime:
    """An image with Python and some libraries."""

    reference: str
    """How pods name it."""
    architecture: str
    requirements: tuple[str, ...]
    note: str = ""
    """What a person should know about it; also a label of the image."""


SKLEARN = "localhost/sklearn:1.6.1"
"""How pods name the image of the catalogue's scikit-learn runtime."""

MINDSPORE_STAND_IN = Runtime(
    reference="localhost/mindspore_2.0.0-cann_6.3.0-py_3.7-euler_2.8.3-aarch64:stand-in",
    architecture="arm64",
    requirements=("numpy",),
    note="Stands in for the runtime of that name: arm64, Python and numpy, but neither CANN nor MindSpore.",
)


def built(runtime: Runtime, environ: Mapping[str, str], progress: Progress) -> Path:
    """The archive of `runtime`, from the cache or built now; SandboxError when a part cannot be had here."""
    root = base.built(runtime.architecture, environ, progress)
    recipe = [root.layer.name, runtime.reference, runtime.architecture, runtime.requirements, runtime.note]
    name = f"runtime-{runtime.architecture}-{cache.digest(recipe)}.tar"

    def build(target: Path) -> None:
        progress.doing(f"building the image {runtime.reference} (once)")
        _build(target, runtime, root)
        progress.done(f"built the image {runtime.reference}")

    return cache.built(cache.folder(environ) / name, build)


def _build(target: Path, runtime: Runtime, root: Base) -> None:
    with tempfile.TemporaryDirectory() as folder:
        site, layer = Path(folder) / "site", Path(folder) / "layer.tar"
        libraries.install(runtime.requirements, site, runtime.architecture, root.python)
        libraries.compile_for(root.python, site)
        with tarfile.open(layer, "w") as tar:
            tar.add(site, f"usr/local/lib/python{root.python}/dist-packages", filter=for_everybody)
        config = archive.ImageConfig(
            architecture=runtime.architecture,
            command=["python3"],
            env=["PYTHONUNBUFFERED=1", "PYTHONDONTWRITEBYTECODE=1"],
            working_dir="/home/ma-user",
            labels={"org.opencontainers.image.description": runtime.note} if runtime.note else {},
        )
        archive.write(target, runtime.reference, [root.layer, layer], config)


def for_everybody(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """`entry` as root's and readable by all, whatever the builder's user and umask are."""
    entry.mode |= 0o555 if entry.isdir() else 0o444
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry
