"""The administrator's kubectl of a sandbox, called as a program. Never uses the user's own kubeconfig."""

import os
import subprocess
from pathlib import Path

from aiapp.sandbox import direct
from aiapp.sandbox.errors import SandboxError

SECONDS = 60


def kubectl(program: Path, kubeconfig: Path, *arguments: str, stdin: str | None = None) -> str:
    """Standard output of one call; SandboxError with what kubectl said when it fails."""
    done = subprocess.run(
        # Not below the home folder: what kubectl keeps there about a sandbox nobody would ever remove.
        [program, f"--kubeconfig={kubeconfig}", f"--cache-dir={kubeconfig.parent / 'kubectl'}", *arguments],
        env=direct.environment(os.environ),
        input=stdin,
        stdin=None if stdin is not None else subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if done.returncode:
        raise SandboxError(f"kubectl {' '.join(arguments[:3])} failed: {done.stderr.strip()}")
    return done.stdout
