"""Running arm64 programs on another processor, through binfmt_misc and QEMU. Never outlives its mount namespace.

The kernel forgets a registration with the last mount of binfmt_misc. A node mounts it in its own mount
namespace, so nothing has to be undone where the host itself has it not mounted; where it has, the entry stays
until `release`. While it exists it counts for the whole machine.
"""

import fcntl
import os
import subprocess
from contextlib import suppress
from pathlib import Path

MOUNT_POINT = Path("/proc/sys/fs/binfmt_misc")
ENTRY = "aiapp-aarch64"
QEMU = (Path("/usr/libexec/qemu-binfmt/aarch64-binfmt-P"), Path("/usr/bin/qemu-aarch64-static"))
"""Where Debian puts QEMU; the first name tells it that the kernel keeps the program's own name (flag P)."""

# ELF, 64 bit, little endian, executable or shared object, machine 183 (AArch64); the OS ABI byte is free.
_MAGIC = r"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00"
_MASK = r"\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff"


def unavailable() -> str | None:
    """Why arm64 programs cannot be emulated on this machine; None when they can."""
    if not any(program.exists() for program in QEMU):
        return "QEMU for arm64 is missing; install the package qemu-user-static"
    if "binfmt_misc" not in Path("/proc/filesystems").read_text() and not MOUNT_POINT.exists():
        return "the kernel has no binfmt_misc; load it with: modprobe binfmt_misc"
    return None


def registration(interpreter: Path) -> str:
    """The line that binfmt_misc takes.

    O: open the program for QEMU; F: keep QEMU open, so that it need not exist inside containers.
    """
    flags = "POF" if interpreter.name.endswith("-P") else "OF"
    return f":{ENTRY}:M::{_MAGIC}:{_MASK}:{interpreter}:{flags}"


def serves_containers(entry: str) -> bool:
    """Whether a registration, as binfmt_misc prints it, runs arm64 programs inside containers too."""
    fields = dict(line.partition(" ")[::2] for line in entry.splitlines())
    machine = fields.get("magic", "")[36:40]
    return entry.startswith("enabled") and machine == "b700" and "F" in fields.get("flags:", "")


def register() -> int:
    """Make the kernel run arm64 programs, for as long as this mount namespace lives; OSError when it refuses.

    Keep the file descriptor that is returned open while they are needed: `release` then leaves them alone.
    """
    interpreter = next(program for program in QEMU if program.exists())
    # A lock on a file that is there anyway ends with its holder and leaves nothing behind.
    in_use = os.open(interpreter, os.O_RDONLY)
    fcntl.flock(in_use, fcntl.LOCK_SH)
    if not (MOUNT_POINT / "register").exists():
        subprocess.run(["mount", "-t", "binfmt_misc", "binfmt_misc", str(MOUNT_POINT)], check=True)
    entries = [entry.read_text() for entry in MOUNT_POINT.iterdir() if entry.name not in _CONTROLS]
    if not any(map(serves_containers, entries)):
        # Another node may have been faster.
        with suppress(FileExistsError):
            (MOUNT_POINT / "register").write_text(registration(interpreter))
    return in_use


def release() -> None:
    """Forget our registration if the host's own mount has kept it and no node on this machine needs it."""
    entry = MOUNT_POINT / ENTRY
    if not entry.exists():
        return
    with next(program for program in QEMU if program.exists()).open("rb") as interpreter:
        try:
            fcntl.flock(interpreter, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        entry.write_text("-1")


_CONTROLS = ("register", "status")
