"""Image archives: written from ready layers as `docker save` does, and read. Runs nothing."""

import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiapp_sandbox.errors import SandboxError


@dataclass(frozen=True)
class ImageConfig:
    """What an image says about itself."""

    architecture: str
    """As Kubernetes and OCI write it: amd64, arm64."""
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    env: list[str] = field(default_factory=list)
    user: str = ""
    working_dir: str = "/"
    labels: dict[str, str] = field(default_factory=dict)


def write(target: Path, reference: str, layers: list[Path], config: ImageConfig) -> None:
    """Write an image of `layers` (uncompressed tar files, lowest first) called `reference`."""
    raw = json.dumps(_config(config, [_digest(layer) for layer in layers]), sort_keys=True).encode()
    config_name = f"{hashlib.sha256(raw).hexdigest()}.json"
    names = [f"layer-{number}.tar" for number in range(len(layers))]
    manifest = json.dumps([{"Config": config_name, "RepoTags": [reference], "Layers": names}]).encode()
    with tarfile.open(target, "w") as tar:
        _add(tar, "manifest.json", manifest)
        _add(tar, config_name, raw)
        for name, layer in zip(names, layers, strict=True):
            tar.add(layer, arcname=name)


def layer_of(target: Path, files: dict[str, bytes]) -> Path:
    """A layer of executable files, each owned by root."""
    with tarfile.open(target, "w") as tar:
        for name, content in files.items():
            _add(tar, name, content, mode=0o755)
    return target


def _config(config: ImageConfig, digests: list[str]) -> dict[str, Any]:
    return {
        "architecture": config.architecture,
        # arm64 is arm64/v8 to containerd and buildah alike, but buildah finds no image that leaves it out.
        **({"variant": "v8"} if config.architecture == "arm64" else {}),
        "os": "linux",
        "config": {
            "Entrypoint": config.entrypoint,
            "Cmd": config.command,
            "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", *config.env],
            "User": config.user,
            "WorkingDir": config.working_dir,
            "Labels": config.labels,
        },
        # buildah refuses to build on an image whose history does not account for every layer.
        "history": [{"created_by": "aiapp sandbox"} for _ in digests],
        "rootfs": {"type": "layers", "diff_ids": digests},
    }


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return f"sha256:{hashlib.file_digest(stream, 'sha256').hexdigest()}"


def _add(tar: tarfile.TarFile, name: str, content: bytes, mode: int = 0o644) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), mode
    tar.addfile(entry, io.BytesIO(content))


def architectures(archive: Path) -> frozenset[str]:
    """The architectures that an image archive (`docker save` or OCI layout) is for; SandboxError when it is none."""
    try:
        with tarfile.open(archive) as tar:
            names = frozenset(tar.getnames())
            if "manifest.json" in names:
                return frozenset(
                    _member(tar, image["Config"])["architecture"] for image in _member(tar, "manifest.json")
                )
            return frozenset(_oci_architectures(tar, _member(tar, "index.json")))
    except FileNotFoundError:
        raise SandboxError(f"no image archive {archive}") from None
    except (tarfile.TarError, KeyError, ValueError) as error:
        raise SandboxError(f"{archive} is no image archive as `docker save` or `buildah push` write it") from error


def _oci_architectures(tar: tarfile.TarFile, index: dict[str, Any]) -> Iterator[str]:
    for descriptor in index["manifests"]:
        content = _blob(tar, descriptor)
        if "manifests" in content:
            yield from _oci_architectures(tar, content)
        else:
            yield _blob(tar, content["config"])["architecture"]


def _blob(tar: tarfile.TarFile, descriptor: dict[str, Any]) -> Any:
    return _member(tar, "blobs/" + descriptor["digest"].replace(":", "/"))


def _member(tar: tarfile.TarFile, name: str) -> Any:
    file = tar.extractfile(name)
    if file is None:
        raise KeyError(name)
    return json.load(file)
