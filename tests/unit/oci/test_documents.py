"""Indexes and manifests: what is an image, for which platforms, and what is none."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.images import CONFIG, LAYER, described, entry, image, index, multi, other

from aiapp.domain.images.registry_image import Platform
from aiapp.oci.documents import (
    DOCKER_INDEX,
    DOCKER_MANIFEST,
    MAX_BYTES,
    OCI_INDEX,
    OCI_MANIFEST,
    Index,
    Manifest,
    UnsupportedError,
    document,
    platform,
)

LINUX = {"os": "linux", "architecture": "amd64"}
FORMER = "application/vnd.docker.distribution.manifest.v1"
LONE = image()


def read_index(body: bytes, content_type: str = OCI_INDEX) -> Index:
    found = document(body, content_type)
    assert isinstance(found, Index)
    return found


@pytest.mark.parametrize(
    ("media_types"),
    [
        pytest.param((OCI_MANIFEST, CONFIG, LAYER), id="OCI"),
        pytest.param(
            (
                DOCKER_MANIFEST,
                "application/vnd.docker.container.image.v1+json",
                "application/vnd.docker.image.rootfs.diff.tar.gzip",
            ),
            id="Docker",
        ),
    ],
)
def test_a_manifest_names_its_parts(media_types: tuple[str, str, str]) -> None:
    pushed = image(layers=[b"one", b"three"], media_types=media_types)
    found = document(pushed.body, pushed.media_type)
    assert isinstance(found, Manifest)
    assert (found.media_type, [part.digest for part in found.parts]) == (media_types[0], list(pushed.blobs))
    assert found.bytes == sum(map(len, pushed.blobs.values()))


@pytest.mark.parametrize("media_type", [OCI_INDEX, DOCKER_INDEX])
def test_an_index_names_its_platforms(media_type: str) -> None:
    found = read_index(other(multi("amd64", "arm64/v8"), mediaType=media_type).body, media_type)
    assert [str(each.platform) for each in found.entries] == ["linux/amd64", "linux/arm64/v8"]
    assert found.media_type == media_type


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        pytest.param("application/json", LONE.body, id="the document says it"),
        pytest.param(
            f"{OCI_MANIFEST}; charset=utf-8",
            json.dumps({name: value for name, value in json.loads(LONE.body).items() if name != "mediaType"}).encode(),
            id="the header says it",
        ),
        pytest.param(
            "text/plain",
            json.dumps({name: value for name, value in json.loads(LONE.body).items() if name != "mediaType"}).encode(),
            id="its form says it",
        ),
    ],
)
def test_a_document_is_what_it_says_or_looks_like(content_type: str, body: bytes) -> None:
    assert document(body, content_type).media_type == OCI_MANIFEST


@pytest.mark.parametrize(
    ("skipped"),
    [
        pytest.param(entry(LONE, {"os": "unknown", "architecture": "unknown"}), id="no real platform"),
        pytest.param(
            entry(LONE, LINUX, annotations={"vnd.docker.reference.type": "attestation-manifest"}), id="an attestation"
        ),
        pytest.param(entry(LONE, LINUX, artifactType="application/vnd.example"), id="an artifact"),
        pytest.param(described(b"x", "application/vnd.example", platform=LINUX), id="another kind of document"),
    ],
)
def test_what_is_no_image_in_an_index_is_no_platform(skipped: dict[str, Any]) -> None:
    wanted = entry(image("arm64"), {"os": "linux", "architecture": "arm64"})
    assert [str(each.platform) for each in read_index(index(skipped, wanted).body).entries] == ["linux/arm64"]


def test_an_entry_may_leave_its_platform_to_the_image() -> None:
    assert [each.platform for each in read_index(index(entry(LONE)).body).entries] == [None]


@pytest.mark.parametrize(
    ("stated", "found"),
    [
        pytest.param(LINUX, Platform("linux", "amd64"), id="as it is"),
        pytest.param({"os": "Linux", "architecture": "x86_64"}, Platform("linux", "amd64"), id="another name"),
        pytest.param(
            {"os": "linux", "architecture": "aarch64", "variant": "8"}, Platform("linux", "arm64", "v8"), id="8"
        ),
        pytest.param({**LINUX, "variant": "v3"}, Platform("linux", "amd64", "v3"), id="a variant"),
        pytest.param({**LINUX, "variant": ["x"]}, Platform("linux", "amd64"), id="a variant that is none"),
        pytest.param({"os": "linux"}, None, id="half"),
        pytest.param({"os": "linux", "architecture": "a/b"}, None, id="a slash"),
        pytest.param({"os": "linux", "architecture": "a" * 65}, None, id="too long"),
        pytest.param("linux/amd64", None, id="a text"),
        pytest.param(None, None, id="nothing"),
    ],
)
def test_a_platform_is_read_as_nodes_name_theirs(stated: object, found: Platform | None) -> None:
    assert platform(stated) == found


@pytest.mark.parametrize(
    ("body", "content_type", "says"),
    [
        pytest.param(b'{"schemaVersion": 1}', "application/json", "first format (schema 1)", id="schema 1"),
        pytest.param(
            b"{}", "application/vnd.docker.distribution.manifest.v1+prettyjws", "schema 1", id="signed schema 1"
        ),
        pytest.param(index(entry(multi("amd64"))).body, OCI_INDEX, "an index of indexes", id="nested"),
        pytest.param(other(LONE, manifests=[]).body, OCI_MANIFEST, "at the same time", id="two kinds at once"),
        pytest.param(other(LONE, mediaType=OCI_INDEX).body, OCI_INDEX, "is not the application", id="a wrong kind"),
        pytest.param(other(LONE, mediaType="application/zip").body, OCI_MANIFEST, "another kind", id="a zip"),
        pytest.param(
            image(media_types=(OCI_MANIFEST, "application/vnd.cncf.helm.config.v1+json", LAYER)).body,
            OCI_MANIFEST,
            "no container image but 'application/vnd.cncf.helm.config.v1+json'",
            id="a chart",
        ),
        pytest.param(
            other(LONE, artifactType="application/x").body, OCI_MANIFEST, "no container image", id="an artifact"
        ),
        pytest.param(
            other(LONE, artifactType=["application/x"]).body, OCI_MANIFEST, "no container image", id="a list for a kind"
        ),
        pytest.param(other(LONE, layers={}).body, OCI_MANIFEST, "not a list", id="no list of layers"),
        pytest.param(other(LONE, layers=[{}] * 1001).body, OCI_MANIFEST, "at most 1000 layers", id="many layers"),
        pytest.param(index(*[entry(LONE, LINUX)] * 1001).body, OCI_INDEX, "at most 1000 manifests", id="many images"),
        pytest.param(other(LONE, config=None).body, OCI_MANIFEST, "no media type", id="no config"),
        pytest.param(
            other(LONE, config={"mediaType": CONFIG, "digest": "sha512:00", "size": 1}).body,
            OCI_MANIFEST,
            "not identified by SHA-256",
            id="another digest",
        ),
        pytest.param(
            other(LONE, config={"mediaType": CONFIG, "digest": "../../../etc", "size": 1}).body,
            OCI_MANIFEST,
            "not identified by SHA-256",
            id="a path for a digest",
        ),
        pytest.param(
            other(LONE, config={**described(b"", CONFIG), "size": -1}).body, OCI_MANIFEST, "size", id="a size below 0"
        ),
        pytest.param(b"[]", OCI_MANIFEST, "not a JSON object", id="a list"),
        pytest.param(b"[" * 100_000, OCI_MANIFEST, "not a JSON object", id="deep nesting"),
        pytest.param(b"<html>", "text/html", "not a JSON object", id="a page"),
        pytest.param(b" " * (MAX_BYTES + 1), OCI_MANIFEST, "more than 1048576 bytes", id="long"),
    ],
)
def test_what_is_no_image_is_named(body: bytes, content_type: str, says: str) -> None:
    with pytest.raises(UnsupportedError, match=re.escape(says)):
        document(body, content_type)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["manifests", "config", "layers", "mediaType", "digest", "size", "platform", "annotations"]
            ),
            inner,
            max_size=4,
        )
    ),
)


@given(JSON, st.sampled_from([OCI_INDEX, DOCKER_MANIFEST, "", "x"]))
def test_any_json_is_read_or_refused(value: Any, content_type: str) -> None:
    for body in (value, {"manifests": value}, {"config": value, "layers": value}):
        try:
            document(json.dumps(body).encode(), content_type)
        except UnsupportedError:
            continue
