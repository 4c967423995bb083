"""One OCI archive of an image for several architectures, from archives as `docker save` writes them. Runs nothing."""

import gzip
import hashlib
import json
import shutil
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any, Final

INDEX: Final = "application/vnd.oci.image.index.v1+json"
MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
CONFIG: Final = "application/vnd.oci.image.config.v1+json"
LAYER: Final = "application/vnd.oci.image.layer.v1.tar+gzip"
Descriptor = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Size:
    """What an image weighs, in bytes."""

    architecture: str
    packed: int
    """As a registry keeps it and a node pulls it."""
    unpacked: int
    """As a node keeps it."""


def write(target: Path, reference: str, archives: Sequence[Path]) -> list[Size]:
    """Write the archive of `reference`; the same archives make the same bytes. The size for each architecture."""
    with TemporaryDirectory(dir=target.parent) as folder:
        layout = _Layout(Path(folder))
        images = [_image(layout, archive) for archive in archives]
        index = layout.json(INDEX, {"schemaVersion": 2, "mediaType": INDEX, "manifests": [each for each, _ in images]})
        names = {
            "org.opencontainers.image.ref.name": reference.rpartition(":")[2],
            "io.containerd.image.name": reference,
        }
        layout.file("oci-layout", {"imageLayoutVersion": "1.0.0"})
        layout.file("index.json", {"schemaVersion": 2, "manifests": [index | {"annotations": names}]})
        layout.pack(target)
    return [size for _, size in images]


def _image(layout: "_Layout", archive: Path) -> tuple[Descriptor, Size]:
    with tarfile.open(archive) as tar:
        [image] = json.load(_member(tar, "manifest.json"))
        config = json.load(_member(tar, image["Config"]))
        unpacked = sum(tar.getmember(name).size for name in image["Layers"])
        layers = [layout.layer(_member(tar, name)) for name in image["Layers"]]
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": layout.json(CONFIG, config),
        "layers": layers,
    }
    platform = {key: config[key] for key in ("architecture", "os", "variant") if key in config}
    packed = sum(layer["size"] for layer in layers)
    return layout.json(MANIFEST, manifest) | {"platform": platform}, Size(config["architecture"], packed, unpacked)


class _Layout:
    """An OCI layout in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._blobs = folder / "blobs/sha256"
        self._blobs.mkdir(parents=True)

    def json(self, media_type: str, content: Any) -> Descriptor:
        """Add a document."""
        raw = json.dumps(content, sort_keys=True).encode()
        digest = hashlib.sha256(raw).hexdigest()
        (self._blobs / digest).write_bytes(raw)
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(raw)}

    def layer(self, content: IO[bytes]) -> Descriptor:
        """Add a layer, compressed."""
        part = self._folder / "part"
        with part.open("wb") as raw, gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed:
            shutil.copyfileobj(content, packed, 1 << 20)
        with part.open("rb") as written:
            digest = hashlib.file_digest(written, "sha256").hexdigest()
        size = part.stat().st_size
        part.replace(self._blobs / digest)
        return {"mediaType": LAYER, "digest": f"sha256:{digest}", "size": size}

    def file(self, name: str, content: Any) -> None:
        """Write a file of the layout's root."""
        (self._folder / name).write_text(json.dumps(content, sort_keys=True))

    def pack(self, target: Path) -> None:
        """Write the layout as a tar file without times and owners."""
        with tarfile.open(target, "w") as tar:
            for path in sorted(self._folder.rglob("*")):
                entry = tarfile.TarInfo(str(path.relative_to(self._folder)))
                if path.is_dir():
                    entry.type, entry.mode = tarfile.DIRTYPE, 0o755
                    tar.addfile(entry)
                else:
                    entry.size = path.stat().st_size
                    with path.open("rb") as content:
                        tar.addfile(entry, content)


def _member(tar: tarfile.TarFile, name: str) -> IO[bytes]:
    found = tar.extractfile(name)
    assert found, f"{name} is no file"
    return found
