"""The previous release, as its users have it: its charts, the operator's modules, and an image with these.

`python -m tests.support.previous_release` makes the release of this tree the previous one.
"""

import hashlib
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import yaml
from charts.generate import CRDS, OPERATOR, ROOT, RUNTIMES
from charts.helm import helm
from charts.metadata import version as present_version

_FOLDER: Final = Path(__file__).parents[1] / "data/releases"
_MODULES: Final = "app/package/aiapp"
"""Where the image has them, in its uppermost layer."""


def chart(name: str) -> Path:
    """The chart, as that release packaged it."""
    return _only(f"{name}-[0-9]*.tgz")


def version() -> str:
    """Its version, which is the tag of its image."""
    with tarfile.open(chart("aiapp-operator")) as packed:
        return str(yaml.safe_load(_content(packed, "aiapp-operator/Chart.yaml"))["version"])


def modules(folder: Path) -> Path:
    """Unpack the operator's modules below the folder, which can then be put on PYTHONPATH."""
    with tarfile.open(_only("operator-[0-9]*.tar.xz")) as packed:
        packed.extractall(folder, filter="data")
    return folder


def write_image(present: Path, repository: str, target: Path) -> None:
    """Write its image from the present one (`docker save`): the same base and libraries, with its modules."""
    with tarfile.open(present) as image, tarfile.open(target, "w") as written, TemporaryDirectory() as scratch:
        [about] = json.loads(_content(image, "manifest.json"))
        *below, uppermost = about["Layers"]
        layer = Path(scratch) / "layer.tar"
        with tarfile.open(fileobj=image.extractfile(uppermost)) as package:
            _write_layer(package, modules(Path(scratch)), layer)
        config = json.loads(_content(image, about["Config"]))
        config["rootfs"]["diff_ids"][-1] = f"sha256:{hashlib.sha256(layer.read_bytes()).hexdigest()}"
        for name in below:
            written.addfile(image.getmember(name), image.extractfile(name))
        written.add(layer, "package.tar")
        tags = [f"{repository}:{version()}"]
        _add(written, "config.json", config)
        _add(written, "manifest.json", [{"Config": "config.json", "RepoTags": tags, "Layers": [*below, "package.tar"]}])


def _write_layer(package: tarfile.TarFile, unpacked: Path, target: Path) -> None:
    with tarfile.open(target, "w") as layer:
        for entry in _others(package):
            layer.addfile(entry, package.extractfile(entry) if entry.isfile() else None)
        layer.add(unpacked / "aiapp", _MODULES)


def _others(package: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    yield from (entry for entry in package if not f"{entry.name}/".startswith(f"{_MODULES}/"))


def _add(tar: tarfile.TarFile, name: str, content: Any) -> None:
    with TemporaryDirectory() as scratch:
        file = Path(scratch) / name
        file.write_text(json.dumps(content))
        tar.add(file, name)


def _content(tar: tarfile.TarFile, name: str) -> bytes:
    found = tar.extractfile(name)
    assert found, name
    return found.read()


def _only(pattern: str) -> Path:
    [found] = _FOLDER.glob(pattern)
    return found


def keep(folder: Path) -> None:
    """Put this tree's release in the place of what is in the folder."""
    for old in folder.iterdir():
        old.unlink()
    for each in (OPERATOR, CRDS, RUNTIMES):
        helm("package", str(ROOT / each), f"--destination={folder}")
    with tarfile.open(folder / f"operator-{present_version(ROOT)}.tar.xz", "w:xz", preset=9) as packed:
        packed.add(ROOT / "operator/aiapp", "aiapp", filter=_source)


def _source(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Without what depends on who packs it."""
    entry.uid = entry.gid = entry.mtime = 0
    entry.uname = entry.gname = ""
    return None if entry.name.endswith("__pycache__") else entry


if __name__ == "__main__":
    keep(_FOLDER)
