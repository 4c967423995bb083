"""A small root file system with Python, from the packages of the distribution that this machine runs.

Packages are unpacked and never configured, so that one for another processor needs no emulation. Never names a
mirror: the machine's own package sources are used.
"""

import platform
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aiapp_sandbox.errors import SandboxError
from aiapp_sandbox.images import cache
from aiapp_sandbox.progress import Progress

PACKAGES = ("python3-minimal", "libpython3-stdlib", "libstdc++6", "libgomp1", "ca-certificates", "busybox-static")
_PREPARE = Path(__file__).with_name("prepare-root.sh")
_KEYRINGS = Path("/usr/share/keyrings")
_SOURCE_FIELDS = "$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)"
_PYTHON = re.compile(r"\./usr/bin/python(3\.\d+)")


@dataclass(frozen=True)
class Base:
    """A root file system as an uncompressed tar file."""

    layer: Path
    architecture: str

    @property
    def python(self) -> str:
        """Its Python version, major and minor."""
        with tarfile.open(self.layer) as tar:
            for entry in tar:
                if match := _PYTHON.fullmatch(entry.name):
                    return match[1]
        raise SandboxError(f"{self.layer} holds no Python; delete it and try again")


def built(architecture: str, environ: Mapping[str, str], progress: Progress) -> Base:
    """The base for `architecture` (amd64, arm64), from the cache or built now.

    SandboxError when this machine is not a Debian one with mmdebstrap.
    """
    name = f"base-{architecture}-{cache.digest([_codename(), PACKAGES, _PREPARE.read_text()])}.tar"

    def build(target: Path) -> None:
        progress.doing(f"unpacking a root file system for {architecture} (once)")
        _bootstrap(target, architecture)
        progress.done(f"made a root file system for {architecture}")

    return Base(cache.built(cache.folder(environ) / name, build), architecture)


def _bootstrap(target: Path, architecture: str) -> None:
    if not shutil.which("mmdebstrap"):
        raise SandboxError("images are built from Debian packages: apt-get install mmdebstrap (on Debian or Ubuntu)")
    with tempfile.TemporaryDirectory() as folder:
        sources = Path(folder) / "sources.list"
        sources.write_text(package_sources(_indexes(), _codename(), _distribution()))
        done = subprocess.run(
            [
                *("mmdebstrap", "--variant=extract", "--format=tar", f"--architectures={architecture}"),
                *(f"--include={','.join(PACKAGES)}", f'--extract-hook=sh {_PREPARE} "$1"'),
                *(_codename(), str(target), str(sources)),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise SandboxError(f"mmdebstrap could not make a root file system:\n{_errors(done.stderr)}")


def package_sources(indexes: str, codename: str, distribution: str) -> str:
    """An apt sources list of the distribution's own repositories, from what `apt-get indextargets` printed."""
    suites = (codename, f"{codename}-updates", f"{codename}-security")
    keyring = _KEYRINGS / f"{distribution.lower()}-archive-keyring.gpg"
    options = f"[signed-by={keyring}] " if keyring.exists() else ""
    lines = []
    for line in indexes.splitlines():
        uri, suite, component, origin = line.split(" ", 3)
        # Without package lists (`apt-get update` never ran) apt does not know the origin and leaves it as it is.
        if suite in suites and component == "main" and origin in (distribution, "$(ORIGIN)"):
            lines.append(f"deb {options}{uri} {suite} {component}")
    if not lines:
        raise SandboxError(f"no package source of {distribution} {codename} is configured (see /etc/apt)")
    return "\n".join(dict.fromkeys(lines)) + "\n"


def _indexes() -> str:
    command = ["apt-get", "indextargets", "--format", _SOURCE_FIELDS, "Created-By: Packages"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise SandboxError(f"images are built from Debian packages, and apt-get cannot be asked: {error}") from error


def _codename() -> str:
    return platform.freedesktop_os_release().get("VERSION_CODENAME", "")


def _distribution() -> str:
    return platform.freedesktop_os_release()["ID"].capitalize()


def _errors(output: str) -> str:
    lines = [line for line in output.splitlines() if line.startswith(("E:", "W:", "Err:"))]
    return "\n".join((lines or output.splitlines())[-10:])
