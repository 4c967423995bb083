"""Makes `serve.pyz` from the sources of the server and of the reader of packages; the same give the same bytes.

The one module here that runs in the operator's image, not in the runtime's.
"""

from __future__ import annotations

import io
import os
import tempfile
import zipfile
from pathlib import Path

from .package.shims import TOP_LEVEL_NAMES

PACKAGE_IN_ARCHIVE = "aiapp_serve"
"""Holds the packages of ours that are shipped; not called `aiapp`, so that it never hides that one."""
_SHIPPED = ("modelarts", "serve")
_ROOT = Path(__file__).parents[1]
_SHEBANG = b"#!/usr/bin/env python3\n"
_MAIN = f"""\
import sys

if sys.version_info < (3, 7):
    sys.stderr.write("ServerFailed: Python 3.7 or newer is needed, this is " + sys.version.split()[0] + "\\n")
    sys.exit(4)
from {PACKAGE_IN_ARCHIVE}.serve.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], sys.argv[0]))
"""
_STAND_IN = f"""\
from {PACKAGE_IN_ARCHIVE}.serve.package.shims import stand_in

stand_in(__name__)
"""
_EPOCH = (1980, 1, 1, 0, 0, 0)


def bundle() -> bytes:
    """The zipapp. Stored, not compressed: it loads faster and does not depend on a zlib version."""
    buffer = io.BytesIO()
    buffer.write(_SHEBANG)
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        _add(archive, "__main__.py", _MAIN.encode())
        for name in TOP_LEVEL_NAMES:
            _add(archive, f"{name}.py", _STAND_IN.encode())
        _add(archive, f"{PACKAGE_IN_ARCHIVE}/__init__.py", b"")
        for source in sources():
            _add(archive, f"{PACKAGE_IN_ARCHIVE}/{source.relative_to(_ROOT).as_posix()}", source.read_bytes())
    return buffer.getvalue()


def sources() -> list[Path]:
    """The files that are shipped, in the order of the archive."""
    found = (path for name in _SHIPPED for path in sorted((_ROOT / name).rglob("*.py")))
    return [path for path in found if path != Path(__file__)]


def write(path: Path) -> None:
    """Puts the zipapp at `path`, complete or not at all, readable by every user."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(bundle())
        Path(name).chmod(0o755)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.create_system = 3
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, content)
