"""The operator's own image, built by operator/Dockerfile on a root file system of ours. Never pulls or pushes."""

import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from aiapp_sandbox.errors import SandboxError
from aiapp_sandbox.images import archive, base, cache, libraries
from aiapp_sandbox.images.base import Base
from aiapp_sandbox.images.runtimes import for_everybody
from aiapp_sandbox.locks import exclusive
from aiapp_sandbox.profiles import host_architecture
from aiapp_sandbox.progress import Progress

REFERENCE = f"localhost/aiapp-operator:{metadata.version('aiapp-operator')}"
"""How pods name it, on every architecture; the same as in manifests/install."""

KEPT_BUILDS = 3
"""Every change of the sources makes a new image of some 200 MB."""

_FOUND = find_spec("aiapp")
assert _FOUND is not None
assert _FOUND.origin is not None
PACKAGE = Path(_FOUND.origin).parent
"""The operator's modules, of which none is imported here."""
SOURCES = PACKAGE.parents[1]

_COPIED = ("pyproject.toml", "requirements.lock", "LICENSE")
_PROGRAMS = ("buildah", "unshare")


def built(architecture: str, environ: Mapping[str, str], progress: Progress) -> Path:
    """The image archive for `architecture` (amd64, arm64), from the cache or built now.

    SandboxError when this is no source tree, or buildah or root are missing.
    """
    _require_parts()
    root = base.built(architecture, environ, progress)
    builder = base.built(host_architecture(), environ, progress)
    name = f"operator-{architecture}-{_digest(root, builder)}.tar"

    def build(target: Path) -> None:
        libraries_tar = _libraries(root, environ, progress)
        progress.doing(f"building the operator's image for {architecture} (once for these sources)")
        with tempfile.TemporaryDirectory(prefix="aiapp-image-") as folder, _storage(environ) as storage:
            buildah = _Buildah(storage, Path(folder))
            _build(buildah, root, builder, _context(Path(folder), libraries_tar))
            buildah("push", "--quiet", REFERENCE, f"docker-archive:{target}:{REFERENCE}")
        progress.done(f"built the operator's image for {architecture}")
        cache.keep_latest(target.parent, f"operator-{architecture}-*.tar", KEPT_BUILDS)

    return cache.built(cache.folder(environ) / name, build)


def _require_parts() -> None:
    if not (SOURCES / "operator/Dockerfile").exists():
        raise SandboxError(f"the operator's image is built from its sources, and {SOURCES} does not hold them")
    if missing := [program for program in _PROGRAMS if not shutil.which(program)]:
        raise SandboxError(f"the operator's image needs {', '.join(missing)}: apt-get install buildah util-linux")


def _digest(root: Base, builder: Base) -> str:
    files = [SOURCES / "operator/Dockerfile", *(SOURCES / name for name in _COPIED), *_modules()]
    hashes = {str(file.relative_to(SOURCES)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
    return cache.digest([root.layer.name, builder.layer.name, hashes])


def _modules() -> Iterator[Path]:
    for file in sorted(PACKAGE.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            yield file


def _libraries(root: Base, environ: Mapping[str, str], progress: Progress) -> Path:
    """The locked libraries, installed and compiled, as a tar file: rebuilt only when the lock changes."""
    lock = SOURCES / "requirements.lock"
    name = f"libraries-{root.architecture}-{cache.digest([root.python, lock.read_text()])}.tar"

    def build(target: Path) -> None:
        progress.doing(f"installing the operator's libraries for {root.architecture} (once)")
        with tempfile.TemporaryDirectory(prefix="aiapp-image-") as folder:
            site = Path(folder)
            libraries.install(("--require-hashes", "-r", str(lock)), site, root.architecture, root.python)
            libraries.compile_for(root.python, site)
            with tarfile.open(target, "w") as tar:
                tar.add(site, ".", filter=for_everybody)

    return cache.built(cache.folder(environ) / name, build)


@contextmanager
def _storage(environ: Mapping[str, str]) -> Iterator[Path]:
    """The layers of earlier builds: with the same lock only the package's own layer is made anew."""
    storage = cache.folder(environ) / "layers"
    with exclusive(storage.with_suffix(".lock")):
        yield storage


def _build(buildah: "_Buildah", root: Base, builder: Base, context: Path) -> None:
    for one in {root.architecture: root, builder.architecture: builder}.values():
        if not buildah.holds(_base_reference(one)):
            buildah("pull", "--quiet", f"docker-archive:{_base_image(context.parent, one)}")
    buildah(
        *("build", "--isolation=chroot", "--layers", "--pull-never", "--quiet"),
        f"--platform=linux/{root.architecture}",
        *(f"--build-arg=BASE={_base_reference(root)}", f"--build-arg=BUILD_BASE={_base_reference(builder)}"),
        # BuildKit knows it by itself, buildah only from 1.29 on.
        f"--build-arg=BUILDPLATFORM=linux/{builder.architecture}",
        *(f"--file={SOURCES / 'operator/Dockerfile'}", f"--tag={REFERENCE}", str(context)),
    )


class _Buildah:
    """buildah with a storage of its own, in a mount namespace of its own: no mount of it outlives it."""

    def __init__(self, storage: Path, scratch: Path) -> None:
        self._options = [f"--root={storage}", f"--runroot={scratch / 'run'}", "--storage-driver=overlay"]
        self._environ = {**os.environ, "TMPDIR": str(scratch)}

    def holds(self, reference: str) -> bool:
        """Whether the storage has the image `reference`."""
        return self._run("images", "--quiet", reference).returncode == 0

    def __call__(self, *arguments: str) -> None:
        done = self._run(*arguments)
        if done.returncode:
            raise SandboxError(f"buildah {arguments[0]} failed:\n{(done.stderr or done.stdout).strip()}")

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["unshare", "--mount", "buildah", *self._options, *arguments]
        return subprocess.run(command, env=self._environ, capture_output=True, text=True, check=False)


def _base_reference(root: Base) -> str:
    return f"localhost/{root.layer.stem}:1"


def _base_image(folder: Path, root: Base) -> Path:
    target = folder / f"{root.layer.stem}.image.tar"
    archive.write(target, _base_reference(root), [root.layer], archive.ImageConfig(root.architecture))
    return target


def _context(folder: Path, libraries_tar: Path) -> Path:
    """What the Dockerfile copies."""
    context = folder / "context"
    shutil.copytree(PACKAGE, context / "operator/aiapp", ignore=shutil.ignore_patterns("__pycache__"))
    for name in _COPIED:
        shutil.copyfile(SOURCES / name, context / name)
    (context / "libraries.tar").hardlink_to(libraries_tar)
    return context
