"""The record of a content: read as it was written, by nobody else."""

from typing import Any

import pytest
from tests.support.documents import changed
from tests.support.records import PIN

from aiapp.domain.artifact.content import MAX_RECORDED_BYTES, Content
from aiapp.domain.artifact.digest_config_map import KnownContent, digest_object, recorded
from aiapp.domain.kubernetes.naming import digest_config_map

KNOWN = KnownContent(Content(f"sha256:{'d1' * 32}", bytes(range(64))), "SHA256SUMS")
WRITTEN = digest_object(PIN, KNOWN)


def test_it_is_read_as_it_was_written() -> None:
    assert recorded(WRITTEN) == KNOWN


def test_it_lies_beside_the_manifest_and_cannot_be_changed() -> None:
    assert WRITTEN["metadata"]["name"] == digest_config_map(PIN) == f"aiapp-manifest-{'4b' * 16}-digest"
    assert WRITTEN["immutable"] is True


def test_more_hashes_than_fit_are_left_out() -> None:
    known = KnownContent(Content(KNOWN.content.digest, bytes(MAX_RECORDED_BYTES + 32)), "Fetch")
    written = digest_object(PIN, known)
    assert "binaryData" not in written
    assert recorded(written) == KnownContent(Content(KNOWN.content.digest), "Fetch")


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"metadata__labels": {}}, id="that somebody else made"),
        pytest.param({"data__digest": "sha256:1"}, id="without a digest"),
        pytest.param({"data": {}}, id="without data"),
        pytest.param({"data__from": "Hearsay"}, id="of unknown origin"),
        pytest.param({"binaryData__hashes": "%"}, id="whose hashes are no base64"),
    ],
)
def test_nothing_is_read_from_a_config_map(changes: dict[str, Any]) -> None:
    assert recorded(changed(WRITTEN, **changes)) is None
