"""The image that holds a pod's namespaces, compiled from our own source. Never taken from a registry."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from aiapp_sandbox.errors import SandboxError
from aiapp_sandbox.images import archive, cache
from aiapp_sandbox.nodes.configuration import PAUSE_IMAGE
from aiapp_sandbox.pins import MODULES

SOURCE = MODULES / "pause"


def image(architecture: str, environ: Mapping[str, str]) -> Path:
    """An image archive for `architecture`, from the cache or built now; SandboxError without Go."""
    source = b"".join(file.read_bytes() for file in sorted(SOURCE.iterdir()) if file.is_file())
    name = f"pause-{architecture}-{hashlib.sha256(source).hexdigest()[:16]}.tar"
    return cache.built(cache.folder(environ) / name, lambda target: _build(target, architecture, environ))


def _build(target: Path, architecture: str, environ: Mapping[str, str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "pause"
        _compile(program, architecture, environ)
        layer = archive.layer_of(Path(folder) / "layer.tar", {"pause": program.read_bytes()})
        config = archive.ImageConfig(architecture=architecture, entrypoint=["/pause"], user="65535:65535")
        archive.write(target, PAUSE_IMAGE, [layer], config)


def _compile(program: Path, architecture: str, environ: Mapping[str, str]) -> None:
    go = shutil.which("go", path=environ.get("PATH"))
    if go is None:
        raise SandboxError("Go is needed to build the pause image of the real nodes: install Go and try again")
    target = {"GOOS": "linux", "GOARCH": architecture, "CGO_ENABLED": "0", "GOFLAGS": "", "GOWORK": "off"}
    done = subprocess.run(
        [go, "build", "-buildvcs=false", "-trimpath", "-ldflags", "-s -w", "-o", program, "."],
        cwd=SOURCE,
        env={**os.environ, **environ, **target},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SandboxError(f"go could not build {SOURCE}:\n{done.stderr.strip()}")
