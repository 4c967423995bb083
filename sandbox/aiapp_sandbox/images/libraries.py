"""Python libraries for an image, installed by uv or pip with the machine's own settings. Compiles nothing."""

import compileall
import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from aiapp_sandbox.errors import SandboxError

_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
_GLIBC = ("2_28", "2_27", "2_26", "2_24", "2_17")
"""The versions of the C library that wheels are commonly built for, none newer than Debian's."""


def install(arguments: Sequence[str], target: Path, architecture: str, python: str) -> None:
    """Install wheels into the folder `target` for another architecture or Python than ours.

    `arguments` are requirements or `-r FILE`; `python` is "3.11". SandboxError when one has no fitting wheel.
    """
    done = subprocess.run(
        [*_installer(target, _MACHINES[architecture], python), *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SandboxError(f"cannot install {' '.join(arguments)} for {architecture}:\n{done.stderr.strip()}")


def compile_for(python: str, folder: Path) -> None:
    """Compile the modules in `folder` when our own Python is of that version; byte code knows no processor."""
    if python == ".".join(map(str, sys.version_info[:2])):
        compileall.compile_dir(folder, quiet=2, workers=0, stripdir=folder)


def _installer(target: Path, machine: str, python: str) -> list[str]:
    common = ["--quiet", "--only-binary=:all:", f"--target={target}", f"--python-version={python}"]
    if uv := shutil.which("uv"):
        return [uv, "pip", "install", *common, f"--python-platform={machine}-manylinux_2_28"]
    if importlib.util.find_spec("pip"):
        platforms = [f"--platform=manylinux_{version}_{machine}" for version in _GLIBC]
        platforms.append(f"--platform=manylinux2014_{machine}")
        return [sys.executable, "-m", "pip", "install", "--no-compile", *common, *platforms]
    raise SandboxError("images need Python libraries, and neither uv nor pip is installed")
