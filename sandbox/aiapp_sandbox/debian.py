"""The Debian packages that real nodes and images stand on: which are missing, and their installation. Nothing else."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from aiapp_sandbox.errors import SandboxError
from aiapp_sandbox.progress import Progress

NEEDED: Final = {
    "openssl": ("/usr/bin/openssl",),
    "runc": ("/usr/sbin/runc", "/usr/bin/runc"),
    "containernetworking-plugins": ("/usr/lib/cni/bridge",),
    "iptables": ("/usr/sbin/iptables",),
    "conntrack": ("/usr/sbin/conntrack",),
    "iproute2": ("/usr/sbin/ip", "/sbin/ip", "/usr/bin/ip"),
    "mmdebstrap": ("/usr/bin/mmdebstrap",),
    "buildah": ("/usr/bin/buildah",),
    "qemu-user-static": ("/usr/bin/qemu-aarch64-static",),
}
"""Packages and where their programs lie; the first that exists will do."""
_UPDATE: Final = ("apt-get", "update", "-qq")
_INSTALL: Final = ("apt-get", "install", "-qq", "-y", "--no-install-recommends")


def missing() -> tuple[str, ...]:
    """Packages whose programs are not on this machine."""
    return tuple(name for name, places in NEEDED.items() if not any(Path(place).exists() for place in places))


def prepare(progress: Progress) -> tuple[str, ...]:
    """Install what is missing, as root on Debian; what is still missing is returned. Raises SandboxError."""
    wanted = missing()
    if not wanted or os.geteuid() != 0 or shutil.which("apt-get") is None:
        return wanted
    progress.done(f"installing Debian packages: {' '.join(wanted)}")
    for command in (_UPDATE, (*_INSTALL, *wanted)):
        _run(command)
    return missing()


def _run(command: Sequence[str]) -> None:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SandboxError(f"{' '.join(command)} failed:\n{done.stderr.strip()}")
