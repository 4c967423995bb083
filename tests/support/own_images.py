"""Images of a user's own that serve: Python of this machine's distribution, and one small program."""

import hashlib
import io
import os
import tarfile
from pathlib import Path
from typing import Final

from tests.support import image_program
from tests.support.images import CONFIG, Image, entry, image, index

from aiapp.oci.documents import OCI_MANIFEST
from aiapp_sandbox.images import base
from aiapp_sandbox.progress import Silent

PLAIN_LAYER: Final = "application/vnd.oci.image.layer.v1.tar"
PORT: Final = 9000
UID: Final = 1001


def server(architecture: str, **variables: str) -> Image:
    """For one architecture. It serves at PORT as user UID, or as `variables` say, which its program is told."""
    layers = [python_layer(architecture), _program()]
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "PORT": str(PORT)} | variables
    return image(
        architecture,
        layers=layers,
        run={
            "Entrypoint": ["python3", "/server.py"],
            "Env": [f"{name}={value}" for name, value in environment.items()],
            "User": variables.get("USER", str(UID)),
            "ExposedPorts": {f"{variables.get('PORT', PORT)}/tcp": {}},
            "WorkingDir": "/",
        },
        media_types=(OCI_MANIFEST, CONFIG, PLAIN_LAYER),
        rootfs={"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}" for layer in layers]},
    )


def servers(*architectures: str, **variables: str) -> Image:
    """An index of the same for several architectures."""
    made = [server(architecture, **variables) for architecture in architectures]
    platforms = [{"os": "linux", "architecture": architecture} for architecture in architectures]
    return index(*map(entry, made, platforms), of=made)


def python_layer(architecture: str) -> bytes:
    """A small system with Python."""
    return base.built(architecture, os.environ, Silent()).layer.read_bytes()


def _program() -> bytes:
    """A layer with the program, and with one that no processor runs."""
    files, packed = {"server.py": Path(image_program.__file__).read_bytes(), "junk": b"\x7fELF junk"}, io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o755
            tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()
