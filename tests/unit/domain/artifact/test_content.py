"""What is known of a content: kept whole, told apart from what is not, and never believed half."""

import base64
import hashlib
import json

import pytest

from aiapp.domain.artifact.content import Content, content, reported_content
from aiapp.domain.artifact.entry import Entry

ENTRIES = (Entry("a.txt", 1, "e1"), Entry("b/c.bin", 2, "e2"))
HASHES = {"a.txt": hashlib.sha256(b"a").hexdigest(), "b/c.bin": hashlib.sha256(b"bc").hexdigest()}
KNOWN = content(ENTRIES, HASHES)


def message(**changes: object) -> str:
    said = {"digest": KNOWN.digest, "hashes": base64.b64encode(KNOWN.hashes).decode(), "files": 2} | changes
    return json.dumps({key: value for key, value in said.items() if value is not None})


def test_the_hash_of_each_file_is_found_again_by_its_path() -> None:
    assert KNOWN.by_path(ENTRIES) == HASHES


@pytest.mark.parametrize(
    "known",
    [
        pytest.param(Content(KNOWN.digest), id="only the digest is known"),
        pytest.param(Content(KNOWN.digest, KNOWN.hashes[::-1]), id="they are not those of the digest"),
        pytest.param(Content(KNOWN.digest, KNOWN.hashes[:-1]), id="one is cut short"),
        pytest.param(Content(KNOWN.digest, KNOWN.hashes[:32]), id="one is missing"),
    ],
)
def test_no_hash_is_believed_when(known: Content) -> None:
    assert known.by_path(ENTRIES) == {}


def test_a_fetchers_message_tells_digest_and_hashes() -> None:
    assert reported_content(message(), 2) == KNOWN


def test_a_fetchers_message_may_tell_the_digest_alone() -> None:
    assert reported_content(message(hashes=None), 2) == Content(KNOWN.digest)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("killed", id="no JSON"),
        pytest.param("[" * 4096, id="deep nesting"),
        pytest.param("[]", id="no object"),
        pytest.param(message(digest=None), id="no digest"),
        pytest.param(message(digest=5), id="a number as digest"),
        pytest.param(message(digest="sha256:" + "AB" * 32), id="capitals"),
        pytest.param(message(digest=KNOWN.digest + "\n"), id="a line feed behind the digest"),
        pytest.param(message(hashes="%%"), id="hashes that are no base64"),
        pytest.param(message(hashes=7), id="hashes that are no text"),
        pytest.param(message(hashes="é"), id="hashes beyond ASCII"),
        pytest.param(message(hashes=base64.b64encode(bytes(32)).decode()), id="hashes of another number of files"),
    ],
)
def test_a_message_is_not_believed_that_is(text: str) -> None:
    assert reported_content(text, 2) is None
