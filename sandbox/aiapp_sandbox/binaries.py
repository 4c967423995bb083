"""Where the programs of a sandbox are: given, installed, or built. Never downloads a ready-made program."""

import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from aiapp_sandbox import build
from aiapp_sandbox.concurrently import concurrently
from aiapp_sandbox.pins import FILES, TOOLS, Module, Tool
from aiapp_sandbox.progress import Progress

ASSETS_VARIABLE = "KUBEBUILDER_ASSETS"
VERSION_SECONDS = 20


def resolve(names: Iterable[str], environ: Mapping[str, str], progress: Progress) -> dict[str, Path]:
    """An absolute path for each tool: from KUBEBUILDER_ASSETS, PATH when the version fits, the cache, or a build.

    A name of FILES stands for a folder of files. SandboxError when something must be built and cannot be.
    """
    asked = dict.fromkeys(names)
    tools = [TOOLS[name] for name in asked if name in TOOLS]
    found = {tool.name: path for tool in tools if (path := ready_made(tool, environ))}
    wanted: dict[Module, list[Tool]] = {}
    for tool in tools:
        if tool.name not in found:
            wanted.setdefault(tool.module, []).append(tool)

    def add(missing: list[Tool]) -> None:
        found.update(build.built(missing, environ, progress))

    # One compiler run fills two cores by itself; more at a time only where there are more.
    with concurrently(max(1, (os.cpu_count() or 1) // 2)) as begin:
        for missing in wanted.values():
            begin(add, missing)
    return found | {name: build.files(FILES[name], environ, progress) for name in asked if name in FILES}


def ready_made(tool: Tool, environ: Mapping[str, str]) -> Path | None:
    """The tool as somebody put it there: what KUBEBUILDER_ASSETS holds is taken as it is, PATH by version."""
    if assets := environ.get(ASSETS_VARIABLE):
        given = Path(assets).absolute() / tool.name
        if os.access(given, os.X_OK):
            return given
    installed = shutil.which(tool.name, path=environ.get("PATH"))
    return Path(installed).absolute() if installed and _fits(tool, installed) else None


def _fits(tool: Tool, path: str) -> bool:
    try:
        shown = subprocess.run(
            [path, *tool.version_arguments], capture_output=True, text=True, timeout=VERSION_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return tool.version in shown.stdout + shown.stderr
