"""The console's own files: style sheet, script, icon. Read once, named by their content."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Final

TYPES: Final = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file, and a mark that changes with its content."""

    content: bytes
    content_type: str
    digest: str


def static_files() -> Mapping[str, StaticFile]:
    """All static files by their names."""
    found = (one for one in (resources.files("aiapp.console") / "static").iterdir() if one.name[0] not in "._")
    return {one.name: _file(one.name, one.read_bytes()) for one in found}


def _file(name: str, content: bytes) -> StaticFile:
    digest = hashlib.sha256(content).hexdigest()[:16]
    return StaticFile(content, TYPES[name.rpartition(".")[2]], digest)
