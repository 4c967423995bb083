"""One archive of an image for several architectures."""

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any

from aiapp_sandbox.images import archive, oci
from aiapp_sandbox.images.archive import ImageConfig

CONTENT = b"program" * 1000


def written(folder: Path, name: str = "image.oci.tar") -> Path:
    layer = archive.layer_of(folder / "layer.tar", {"pause": CONTENT})
    images = []
    for architecture in ("amd64", "arm64"):
        images.append(folder / f"{architecture}.tar")
        archive.write(images[-1], "localhost/pause:1", [layer], ImageConfig(architecture))
    oci.write(folder / name, "localhost/pause:1", images)
    return folder / name


def content(file: Path) -> dict[str, bytes]:
    with tarfile.open(file) as tar:
        found = {entry.name: tar.extractfile(entry) for entry in tar if entry.isfile()}
        return {name: each.read() for name, each in found.items() if each}


def blob(files: dict[str, bytes], descriptor: dict[str, Any]) -> bytes:
    raw = files["blobs/" + descriptor["digest"].replace(":", "/")]
    assert f"sha256:{hashlib.sha256(raw).hexdigest()}" == descriptor["digest"]
    assert len(raw) == descriptor["size"]
    return raw


def test_the_index_leads_to_every_layer_by_digest_and_size(tmp_path: Path) -> None:
    files = content(written(tmp_path))
    [index] = json.loads(files["index.json"])["manifests"]
    assert index["annotations"]["org.opencontainers.image.ref.name"] == "1"
    for described in json.loads(blob(files, index))["manifests"]:
        manifest = json.loads(blob(files, described))
        config = json.loads(blob(files, manifest["config"]))
        assert config["architecture"] == described["platform"]["architecture"]
        [layer] = [gzip.decompress(blob(files, layer)) for layer in manifest["layers"]]
        assert config["rootfs"]["diff_ids"] == [f"sha256:{hashlib.sha256(layer).hexdigest()}"]
        with tarfile.open(fileobj=io.BytesIO(layer)) as tar:
            assert tar.getnames() == ["pause"]


def test_it_is_for_all_architectures(tmp_path: Path) -> None:
    assert archive.architectures(written(tmp_path)) == {"amd64", "arm64"}


def test_the_same_images_make_the_same_bytes(tmp_path: Path) -> None:
    assert written(tmp_path).read_bytes() == written(tmp_path, "again.tar").read_bytes()


def test_it_tells_what_is_pulled_and_what_a_node_keeps(tmp_path: Path) -> None:
    layer = archive.layer_of(tmp_path / "layer.tar", {"pause": CONTENT})
    archive.write(tmp_path / "amd64.tar", "localhost/pause:1", [layer], ImageConfig("amd64"))
    [size] = oci.write(tmp_path / "oci.tar", "localhost/pause:1", [tmp_path / "amd64.tar"])
    assert size.unpacked == layer.stat().st_size
    assert size.packed < len(CONTENT) < size.unpacked
