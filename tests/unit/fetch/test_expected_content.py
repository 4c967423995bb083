"""What a fetch demands of the content: what is recorded, what the source states, nothing while neither is known."""

import hashlib
from pathlib import Path

import pytest

from aiapp.api.conditions import Reason
from aiapp.domain.artifact.content import content
from aiapp.domain.artifact.entry import Entry
from aiapp.domain.artifact.manifest import Hashed, composed
from aiapp.fetch.expected_content import ExpectedContent, expected_content
from aiapp.fetch.failures import FetchError

MANIFEST = composed([Entry("a", 1, "e"), Entry("b", 1, "e")])
HASHES = {path: hashlib.sha256(path.encode()).hexdigest() for path in ("a", "b")}
KNOWN = content(MANIFEST.entries, HASHES)
OTHER = f"sha256:{'00' * 32}"


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """The mounted record of the content, with the hashes of its files."""
    (tmp_path / "digest").write_text(KNOWN.digest)
    (tmp_path / "hashes").write_bytes(KNOWN.hashes)
    return tmp_path


def test_nothing_is_expected_while_nothing_is_known(tmp_path: Path) -> None:
    for folder in (None, tmp_path, tmp_path / "absent"):
        expected = expected_content(folder, None, MANIFEST)
        assert expected == ExpectedContent(None, None, {})
        assert expected.verify(OTHER) == "ETag"


def test_the_record_is_expected_file_by_file(record: Path) -> None:
    expected = expected_content(record, None, MANIFEST)
    assert expected == ExpectedContent(KNOWN.digest, None, HASHES)
    assert expected.verify(KNOWN.digest) == "SHA256"


def test_hashes_that_are_not_those_of_the_record_are_not_used(record: Path) -> None:
    (record / "hashes").write_bytes(bytes(64))
    assert expected_content(record, None, MANIFEST) == ExpectedContent(KNOWN.digest, None, {})


def test_a_complete_file_that_is_known_to_be_another_is_not_kept(record: Path) -> None:
    files = {"a": Hashed("a", 1, HASHES["a"]), "b": Hashed("b", 1, "00" * 32)}
    assert expected_content(record, None, MANIFEST).kept(files) == {"a": files["a"]}


def test_another_content_than_recorded_is_a_change() -> None:
    with pytest.raises(FetchError, match=f"the content is {OTHER}, recorded is {KNOWN.digest}") as failed:
        ExpectedContent(KNOWN.digest, None, {}).verify(OTHER)
    assert failed.value.reason is Reason.CONTENT_CHANGED


def test_another_content_than_stated_has_a_name_of_its_own() -> None:
    with pytest.raises(FetchError, match=f"source states {KNOWN.digest}") as failed:
        ExpectedContent(None, KNOWN.digest, {}).verify(OTHER)
    assert failed.value.reason is Reason.DIGEST_MISMATCH


def test_a_record_of_another_content_than_stated_is_said_before_anything_is_fetched(record: Path) -> None:
    with pytest.raises(FetchError) as failed:
        expected_content(record, OTHER, MANIFEST)
    assert failed.value.reason is Reason.DIGEST_MISMATCH


def test_a_record_that_holds_no_digest_fails_the_fetch(record: Path) -> None:
    (record / "digest").write_text("sha256:")
    with pytest.raises(FetchError, match="holds no digest"):
        expected_content(record, None, MANIFEST)
