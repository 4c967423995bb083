"""Which build of the operator this process is."""

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Final

import aiapp

_DIGITS: Final = 12
"""Of the digest of the code: enough to tell builds apart."""


@cache
def own_build() -> str:
    """Release and digest of the code, as `0.1.0+5f3c09ab12de`: another one wherever the code is."""
    return f"{version('aiapp-operator')}+{code_digest(Path(aiapp.__path__[0]))[:_DIGITS]}"


def code_digest(root: Path) -> str:
    """Over the paths and texts of all modules below a folder, in hexadecimal digits."""
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        text = path.read_bytes()
        digest.update(f"{path.relative_to(root).as_posix()} {len(text)} ".encode())
        digest.update(text)
    return digest.hexdigest()
