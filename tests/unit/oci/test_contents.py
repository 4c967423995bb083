"""What is copied of an image."""

import json
import re

import pytest
from tests.support.images import LAYER, described, entry, image, index, multi, other

from aiapp.oci.contents import contents
from aiapp.oci.documents import OCI_INDEX, OCI_MANIFEST, UnsupportedError

LONE = image()


def test_of_an_index_everything_is_copied() -> None:
    attestation = entry(LONE, {"os": "unknown", "architecture": "unknown"})
    artifact = described(b"x", "application/vnd.example")
    found = contents(index(attestation, artifact).body, OCI_INDEX)
    assert [one.descriptor.digest for one in found.manifests] == [attestation["digest"], artifact["digest"]]
    assert [str(one.platform) for one in found.manifests] == ["unknown/unknown", "None"]
    assert (found.media_type, found.blobs) == (OCI_INDEX, ())


def test_of_a_manifest_config_and_layers_are_copied() -> None:
    found = contents(LONE.body, OCI_MANIFEST)
    assert ([one.digest for one in found.blobs], found.manifests) == (list(LONE.blobs), ())


@pytest.mark.parametrize(
    "media_type",
    [
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
    ],
)
def test_layers_that_no_registry_keeps_are_left_out(media_type: str) -> None:
    layers = [described(b"one", LAYER), described(b"two", media_type)]
    found = contents(other(LONE, layers=layers).body, OCI_MANIFEST)
    assert [one.media_type for one in found.blobs[1:]] == [LAYER]


def test_the_kind_is_what_the_document_or_else_the_answer_says() -> None:
    plain = json.dumps({name: value for name, value in json.loads(LONE.body).items() if name != "mediaType"}).encode()
    assert contents(plain, "application/x; charset=utf-8").media_type == "application/x"
    assert contents(plain, "").media_type == OCI_MANIFEST


@pytest.mark.parametrize(
    ("body", "says"),
    [
        pytest.param(index(entry(multi("amd64"))).body, "an index of indexes", id="nested"),
        pytest.param(other(LONE, layers=[{}]).body, "no media type, digest and size", id="no layer"),
        pytest.param(other(LONE, layers=[described(b"", LAYER)] * 1001).body, "at most 1000 parts", id="many layers"),
        pytest.param(b'{"manifests": 1}', "at most 1000 parts", id="no list"),
        pytest.param(b"[]", "not a JSON object", id="a list"),
    ],
)
def test_what_cannot_be_copied_is_named(body: bytes, says: str) -> None:
    with pytest.raises(UnsupportedError, match=re.escape(says)):
        contents(body, "")
