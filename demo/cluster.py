"""The sandbox that the demonstration runs on: brought up, looked at and taken down by `aiapp sandbox`."""

import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from aiapp_sandbox import state
from aiapp_sandbox.context import Context
from aiapp_sandbox.images import loading
from aiapp_sandbox.profiles import host_architecture
from aiapp_sandbox.state import Folder, Service
from demo.errors import DemoError
from demo.terminal import Terminal


def up(name: str, terminal: Terminal) -> Context:
    """Start the sandbox, or take the one that is up already."""
    _aiapp(terminal, "sandbox", "up", "--name", name, "--nodes", "demo", "--with", "s3")
    folder = state.folder(os.environ, name)
    record = folder.require()
    return Context(folder=folder, host=record.host, server=record.server, binaries=record.binaries)


def down(name: str, terminal: Terminal) -> None:
    """Take the sandbox down with all that is in it."""
    _aiapp(terminal, "sandbox", "down", "--name", name)


def store(folder: Folder) -> Service:
    """The S3 server of a sandbox."""
    return folder.present().services["s3"]


def load(folder: Folder, archives: Sequence[Path], terminal: Terminal) -> None:
    """Put image archives into the nodes that run their architecture."""
    for archive in archives:
        terminal.command(["aiapp", "sandbox", "load", "--name", folder.name, str(archive)])
    with terminal.busy("loading images"), ThreadPoolExecutor(len(archives)) as pool:
        for finished in [pool.submit(loading.load, folder, archive) for archive in archives]:
            finished.result()


def architectures(folder: Folder) -> tuple[str, ...]:
    """Of the nodes that really run pods, this machine's first."""
    found = {node.plan.architecture for node in loading.running(folder)}
    return tuple(sorted(found, key=lambda architecture: (architecture != host_architecture(), architecture)))


def _aiapp(terminal: Terminal, *arguments: str) -> None:
    terminal.command(["aiapp", *arguments])
    # Its own report goes to the terminal; what it prints as next steps would come too early here.
    process = subprocess.Popen([sys.executable, "-m", "aiapp", *arguments], stdout=subprocess.DEVNULL)
    try:
        code = process.wait()
    except KeyboardInterrupt:
        # The terminal has interrupted it as well, and it takes away what it has begun.
        process.wait()
        raise
    if code:
        raise DemoError(f"aiapp {' '.join(arguments)} ended with exit code {code}")
