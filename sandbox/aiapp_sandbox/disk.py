"""What stays on this machine when sandboxes are gone: built programs and images. Removes nothing that is in use."""

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from aiapp_sandbox import build, pins, state
from aiapp_sandbox.errors import SandboxError
from aiapp_sandbox.images import cache


def clean(environ: Mapping[str, str], *, programs: bool) -> dict[Path, int]:
    """Delete built images and superseded programs, with `programs` the current ones too; bytes by path.

    SandboxError when programs are asked for while there is a sandbox, which runs them.
    """
    if programs and (names := [folder.name for folder in state.folders(environ)]):
        raise SandboxError(f"programs of sandbox '{names[0]}' are in use; first: aiapp sandbox down --all")
    removed = {path: size(path) for path in _removable(environ, programs=programs)}
    for path in removed:
        _remove(path)
    return removed


def _removable(environ: Mapping[str, str], *, programs: bool) -> Iterator[Path]:
    images, built = cache.folder(environ), build.cache(environ)
    if images.exists():
        yield images
    current = {f"{module.name}-{build.digest(module, build.platform_name())}" for module in _modules()}
    in_use = {path.parent for folder in state.folders(environ) for path in _programs(folder)}
    for path in sorted(built.glob("[!.]*-*")) if built.exists() else ():
        if path not in in_use and (programs or path.name not in current):
            yield path


def _modules() -> set[pins.Module]:
    return {tool.module for tool in pins.TOOLS.values()}


def _programs(folder: state.Folder) -> list[Path]:
    record = folder.read()
    return list(record.binaries.values()) if record else []


def size(path: Path) -> int:
    """The bytes of all files below a folder."""
    return sum(os.lstat(Path(base, name)).st_size for base, _, names in os.walk(path) for name in names)


def _remove(path: Path) -> None:
    # Layers of images hold folders without the right to write.
    shutil.rmtree(path, ignore_errors=True)
    if path.exists():
        shutil.rmtree(path)
