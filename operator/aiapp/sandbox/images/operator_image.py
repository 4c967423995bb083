"""The operator's own image, built by operator/Dockerfile on a root file system of ours. Never pulls or pushes."""

import hashlib
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path

import aiapp
from aiapp.sandbox.errors import SandboxError
from aiapp.sandbox.images import archive, base, cache, libraries
from aiapp.sandbox.images.base import Base
from aiapp.sandbox.images.runtimes import owned_by_root
from aiapp.sandbox.profiles import host_architecture
from aiapp.sandbox.progress import Progress

REFERENCE = "localhost/aiapp-operator:sandbox"
"""How pods of a sandbox name it, on every architecture."""

DISTRIBUTION = "aiapp-operator"
PACKAGE = Path(aiapp.__file__).parent
SOURCES = PACKAGE.parents[1]

_COPIED = ("pyproject.toml", "requirements.lock", "README.md", "LICENSE")
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
        progress.doing(f"building the operator's image for {architecture} (once for these sources)")
        with tempfile.TemporaryDirectory(prefix="aiapp-image-") as folder:
            _build(Path(folder), root, builder, target)
        progress.done(f"built the operator's image for {architecture}")

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


def _build(folder: Path, root: Base, builder: Base, target: Path) -> None:
    buildah = _Buildah(folder / "storage")
    for one in {root.architecture: root, builder.architecture: builder}.values():
        buildah("pull", "--quiet", f"docker-archive:{_base_image(folder, one)}")
    context = _context(folder, root)
    buildah(
        *("build", "--isolation=chroot", "--pull-never", "--quiet", f"--platform=linux/{root.architecture}"),
        *(f"--build-arg=BASE={_base_reference(root)}", f"--build-arg=BUILD_BASE={_base_reference(builder)}"),
        # BuildKit knows it by itself, buildah only from 1.29 on.
        f"--build-arg=BUILDPLATFORM=linux/{builder.architecture}",
        *(f"--file={SOURCES / 'operator/Dockerfile'}", f"--tag={REFERENCE}", str(context)),
    )
    buildah("push", "--quiet", REFERENCE, f"docker-archive:{target}:{REFERENCE}")


class _Buildah:
    """buildah with a storage of its own, in a mount namespace of its own: nothing of it stays on the machine."""

    def __init__(self, storage: Path) -> None:
        self._options = [f"--root={storage / 'root'}", f"--runroot={storage / 'run'}", "--storage-driver=overlay"]

    def __call__(self, *arguments: str) -> None:
        command = ["unshare", "--mount", "buildah", *self._options, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SandboxError(f"buildah {arguments[0]} failed:\n{(done.stderr or done.stdout).strip()}")


def _base_reference(root: Base) -> str:
    return f"localhost/aiapp-base:{root.architecture}"


def _base_image(folder: Path, root: Base) -> Path:
    target = folder / f"base-{root.architecture}.tar"
    archive.write(target, _base_reference(root), [root.layer], archive.ImageConfig(root.architecture))
    return target


def _context(folder: Path, root: Base) -> Path:
    """What the Dockerfile copies, with all libraries in site.tar: the build itself needs no package index."""
    context, site = folder / "context", folder / "site"
    shutil.copytree(PACKAGE, context / "operator/aiapp", ignore=shutil.ignore_patterns("__pycache__"))
    for name in _COPIED:
        shutil.copyfile(SOURCES / name, context / name)
    lock = SOURCES / "requirements.lock"
    libraries.install(("--require-hashes", "-r", str(lock)), site, root.architecture, root.python)
    shutil.copytree(PACKAGE, site / "aiapp", ignore=shutil.ignore_patterns("__pycache__"))
    version = metadata.version(DISTRIBUTION)
    # The command line asks for its own version, as an installed distribution does.
    about = site / f"aiapp_operator-{version}.dist-info/METADATA"
    about.parent.mkdir()
    about.write_text(f"Metadata-Version: 2.4\nName: {DISTRIBUTION}\nVersion: {version}\n")
    with tarfile.open(context / "site.tar", "w") as tar:
        tar.add(site, ".", filter=owned_by_root)
    return context
