"""Image archives."""

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from aiapp_sandbox.errors import SandboxError
from aiapp_sandbox.images import archive
from aiapp_sandbox.images.archive import ImageConfig


def written(folder: Path, architecture: str) -> Path:
    layer = archive.layer_of(folder / "layer.tar", {"pause": b"program"})
    target = folder / f"{architecture}.tar"
    archive.write(target, "localhost/pause:1", [layer], ImageConfig(architecture, entrypoint=["/pause"]))
    return target


def member(file: Path, name: str) -> Any:
    with tarfile.open(file) as tar:
        found = tar.extractfile(name)
        assert found
        return json.load(found)


def test_an_archive_names_its_image_and_accounts_for_every_layer(tmp_path: Path) -> None:
    file = written(tmp_path, "amd64")
    (image,) = member(file, "manifest.json")
    assert image["RepoTags"] == ["localhost/pause:1"]
    config = member(file, image["Config"])
    assert config["config"]["Entrypoint"] == ["/pause"]
    assert len(config["history"]) == len(config["rootfs"]["diff_ids"]) == len(image["Layers"]) == 1


@pytest.mark.parametrize("architecture", ["amd64", "arm64"])
def test_an_archive_tells_its_architecture(tmp_path: Path, architecture: str) -> None:
    assert archive.architectures(written(tmp_path, architecture)) == {architecture}


def test_an_oci_archive_tells_all_its_architectures(tmp_path: Path) -> None:
    blobs: dict[str, Any] = {"a": {"architecture": "amd64"}, "b": {"architecture": "arm64"}}
    blobs |= {"m": {"config": {"digest": "sha256:a"}}, "n": {"config": {"digest": "sha256:b"}}}
    blobs |= {"i": {"manifests": [{"digest": "sha256:m"}, {"digest": "sha256:n"}]}}
    files = {f"blobs/sha256/{name}": content for name, content in blobs.items()}
    files["index.json"] = {"manifests": [{"digest": "sha256:i"}]}
    with tarfile.open(tmp_path / "oci.tar", "w") as tar:
        for name, content in files.items():
            raw = json.dumps(content).encode()
            entry = tarfile.TarInfo(name)
            entry.size = len(raw)
            tar.addfile(entry, io.BytesIO(raw))
    assert archive.architectures(tmp_path / "oci.tar") == {"amd64", "arm64"}


def test_a_file_that_is_no_archive_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not an image")
    with pytest.raises(SandboxError, match=r"notes\.txt is no image archive"):
        archive.architectures(tmp_path / "notes.txt")


def test_a_missing_archive_is_named(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match=r"no image archive .*absent\.tar"):
        archive.architectures(tmp_path / "absent.tar")
