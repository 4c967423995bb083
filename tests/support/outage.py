"""Breaks a sandbox's control plane on purpose."""

import os
import signal
from pathlib import Path

from tests.support.kube import ApiError, Kube
from tests.support.sandbox import Sandbox
from tests.support.waiting import eventually

from aiapp_sandbox.processes import alive, launch

SERVER = "kube-apiserver"


def restart_api_server(sandbox: Sandbox) -> None:
    """SIGKILL, and the same command again as a supervisor would; returns when our kinds are served again."""
    process = sandbox.record.process(SERVER)
    assert process is not None
    running = _running(sandbox)
    command = Path(f"/proc/{running}/cmdline").read_bytes().decode().rstrip("\0").split("\0")
    os.kill(running, signal.SIGKILL)
    eventually(lambda: not alive(process.identity))
    log = sandbox.folder.logs / f"{SERVER}-again.log"
    started, kube = launch(command, folder=sandbox.folder.path, log=log), Kube(sandbox.kubeconfig)

    def serves() -> bool:
        nonlocal started
        if not alive(started):  # somebody who tried to connect has got its port for a moment
            started = launch(command, folder=sandbox.folder.path, log=log)
        return _serves(kube)

    eventually(serves)


def _running(sandbox: Sandbox) -> int:
    """By its port, since a restarted one is not in the record."""
    wanted = sandbox.record.server.rsplit(":", 1)[1]
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        arguments = entry.read_bytes().decode(errors="replace").split("\0")
        if arguments[0].endswith(SERVER) and f"--secure-port={wanted}" in arguments:
            return int(entry.parent.name)
    raise AssertionError(f"no {SERVER} listens on {wanted}")


def _serves(kube: Kube) -> bool:
    try:
        kube.list("aiapp.dev/v1alpha1", "AIApplication", "default")
    except (OSError, ApiError) as error:
        raise AssertionError(str(error)) from error
    return True
