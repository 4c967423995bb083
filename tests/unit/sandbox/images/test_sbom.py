"""The bill of materials of an image."""

from pathlib import Path
from typing import Any

from aiapp_sandbox.images import archive, sbom
from aiapp_sandbox.images.archive import ImageConfig

DPKG = b"""\
Package: libc6
Version: 2.36-9+deb12u14
Architecture: amd64
Status: install ok installed

Package: zlib1g
Version: 1:1.2.13.dfsg-1
Architecture: amd64
Status: install ok installed

"""
AIOHTTP = b"Metadata-Version: 2.4\nName: Aio_Http\nVersion: 3.14.5\nLicense-Expression: Apache-2.0\n\nText\n"
LONG = b"Metadata-Version: 2.1\nName: old\nVersion: 1\nLicense: Permission is\n        granted\n\n"


def document(folder: Path, **layers: dict[str, bytes]) -> dict[str, Any]:
    files = [archive.layer_of(folder / f"{name}.tar", content) for name, content in layers.items()]
    archive.write(folder / "image.tar", "localhost/o:1.2", files, ImageConfig("amd64"))
    return sbom.document(folder / "image.tar", "localhost/o:1.2")


def test_it_names_the_packages_of_all_layers(tmp_path: Path) -> None:
    found = document(
        tmp_path,
        base={"./var/lib/dpkg/status": DPKG},
        app={"app/libraries/aio_http-3.14.5.dist-info/METADATA": AIOHTTP, "app/METADATA": b"Name: none"},
    )
    assert found["metadata"]["component"] == {"type": "container", "name": "localhost/o", "version": "1.2"}
    assert [(each["purl"], each["version"]) for each in found["components"]] == [
        ("pkg:deb/debian/libc6@2.36-9+deb12u14?arch=amd64", "2.36-9+deb12u14"),
        ("pkg:deb/debian/zlib1g@1:1.2.13.dfsg-1?arch=amd64", "1:1.2.13.dfsg-1"),
        ("pkg:pypi/aio-http@3.14.5", "3.14.5"),
    ]


def test_it_names_licences_that_have_a_name(tmp_path: Path) -> None:
    files = {"a/aio_http-3.14.5.dist-info/METADATA": AIOHTTP, "a/old-1.dist-info/METADATA": LONG}
    licences = [each.get("licenses") for each in document(tmp_path, app=files)["components"]]
    assert licences == [[{"license": {"name": "Apache-2.0"}}], None]
