"""What an image is made of, as a CycloneDX document: its Python and Debian packages, read from its layers."""

import json
import re
import tarfile
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any, Final

Component = dict[str, Any]

_PYTHON: Final = re.compile(r"[^/]+\.dist-info/METADATA$")
_DPKG: Final = "var/lib/dpkg/status"


def document(archive: Path, reference: str) -> dict[str, Any]:
    """The bill of materials of the image in an archive as `docker save` writes it."""
    name, _, version = reference.rpartition(":")
    found = {component["purl"]: component for component in _components(archive)}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {"type": "container", "name": name, "version": version}},
        "components": [found[purl] for purl in sorted(found)],
    }


def _components(archive: Path) -> Iterator[Component]:
    with tarfile.open(archive) as image:
        [manifest] = json.load(_file(image, "manifest.json"))
        for name in manifest["Layers"]:
            with tarfile.open(fileobj=_file(image, name)) as layer:
                yield from _of_layer(layer)


def _of_layer(layer: tarfile.TarFile) -> Iterator[Component]:
    for entry in layer:
        path = entry.name.removeprefix("./")
        if entry.isfile() and _PYTHON.search(path):
            yield _python(message_from_bytes(_file(layer, entry).read()))
        elif entry.isfile() and path == _DPKG:
            packages = _file(layer, entry).read().split(b"\n\n")
            yield from (_debian(message_from_bytes(package)) for package in packages if package.strip())


def _python(about: Message) -> Component:
    name = re.sub(r"[-_.]+", "-", about["Name"]).lower()
    licence = about["License-Expression"] or about["License"] or ""
    named = {"licenses": [{"license": {"name": licence}}]} if licence and "\n" not in licence else {}
    return _component(about["Name"], about["Version"], f"pkg:pypi/{name}@{about['Version']}") | named


def _debian(about: Message) -> Component:
    name, version = about["Package"], about["Version"]
    return _component(name, version, f"pkg:deb/debian/{name}@{version}?arch={about['Architecture']}")


def _component(name: str, version: str, purl: str) -> Component:
    return {"type": "library", "name": name, "version": version, "purl": purl}


def _file(tar: tarfile.TarFile, member: str | tarfile.TarInfo) -> Any:
    found = tar.extractfile(member)
    assert found, f"{member} is no file"
    return found
