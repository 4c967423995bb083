"""Helm as a program: found or built like the sandbox's. Decides nothing."""

import os
import subprocess
from functools import cache
from pathlib import Path

from aiapp_sandbox import binaries
from aiapp_sandbox.progress import Silent


@cache
def program() -> Path:
    """Where Helm is; SandboxError when it must be built and cannot be."""
    return binaries.resolve(("helm",), os.environ, Silent())["helm"]


def helm(*arguments: str) -> str:
    """What Helm prints; raises `subprocess.CalledProcessError` when it fails."""
    return subprocess.run([program(), *arguments], stdout=subprocess.PIPE, text=True, check=True).stdout
