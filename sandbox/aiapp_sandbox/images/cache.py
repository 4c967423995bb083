"""Where built images are kept, each under the digest of what it was made from. Never keeps one half written."""

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path

from aiapp_sandbox.locks import exclusive


def folder(environ: Mapping[str, str]) -> Path:
    """The cache's folder, below XDG_CACHE_HOME."""
    base = environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base).absolute() / "aiapp/images"


def digest(recipe: object) -> str:
    """Identifies the content of a recipe (anything that JSON can hold)."""
    return hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()[:16]


def built(target: Path, build: Callable[[Path], None]) -> Path:
    """`target`, built now if it is not there; racing callers wait for one build.

    `build` gets the path to write and may leave anything there when it fails.
    """
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with exclusive(target.parent / f".{target.name}.lock"):
        if not target.exists():
            part = target.with_name(f".{target.name}.part")
            part.unlink(missing_ok=True)
            build(part)
            part.replace(target)
    return target


def keep_latest(folder: Path, pattern: str, count: int) -> None:
    """Delete all but the `count` latest of the images whose names match `pattern`."""
    found = sorted(folder.glob(pattern), key=lambda file: file.stat().st_mtime, reverse=True)
    for superseded in found[count:]:
        superseded.unlink(missing_ok=True)
