"""The demonstration's manifests with this machine's values filled in, as files that a person can look at."""

import os
from collections.abc import Mapping
from pathlib import Path
from string import Template

MANIFESTS = Path(__file__).parent / "manifests"
ROOT = Path(__file__).parents[1]


def render(folder: str, target: Path, values: Mapping[str, str]) -> Path:
    """Write the files of `manifests/<folder>` into `target/<folder>`, which is returned; KeyError names a lack."""
    rendered = target / folder
    rendered.mkdir(parents=True, exist_ok=True)
    for source in sorted((MANIFESTS / folder).glob("*.yaml")):
        file = rendered / source.name
        file.touch(mode=0o600)  # one of them holds keys
        file.write_text(Template(source.read_text()).substitute(values))
    return rendered


def shown(path: Path) -> str:
    """`path` as a person in this folder would type it."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def relative(folder: Path, start: Path) -> str:
    """`folder` as kustomize wants it: never an absolute path."""
    return os.path.relpath(folder, start)
