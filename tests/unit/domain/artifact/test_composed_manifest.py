"""The second form of the manifest, whose lines say where each file lies; the first one stays what it is."""

import hashlib

import pytest

from aiapp.domain.artifact import manifest as manifests
from aiapp.domain.artifact.entry import MAX_INLINE_BYTES, Entry, ManifestError, inline_entry
from aiapp.domain.artifact.manifest import COMPOSED_TAG, composed
from aiapp.domain.objectstore.keys import KeyRefusedError

SHA256 = hashlib.sha256(b"{}").hexdigest()
GOLDEN = (
    f"aiapp-manifest/2\nconfig.json\t2\t{SHA256}\t-\tinline:e30=\nmodel.pkl\t5\tbb\tv1\tobject:runs/7/best.pkl\n"
).encode()
ENTRIES = [inline_entry("config.json", b"{}"), Entry("model.pkl", 5, "bb", "v1", key="runs/7/best.pkl")]


def test_each_line_says_where_the_file_lies() -> None:
    made = composed(ENTRIES, COMPOSED_TAG)
    assert made.canonical == GOLDEN
    assert made.pin == "sha256:f80653e1f11e27e78a9b9e5d969c610a9be459487647419f75b150ce6ef26722"


def test_it_is_read_as_it_was_written() -> None:
    made = composed(ENTRIES, COMPOSED_TAG)
    assert manifests.parse(GOLDEN) == made
    assert list(manifests.read_pinned(made.payload, made.pin).entries) == ENTRIES


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("a\t2\tbb\t-", "4 fields, not 5"),
        ("a\t2\tbb\t-\tsomewhere:x", "does not say where 'a' lies"),
        (f"a\t2\t{SHA256}\tv1\tinline:e30=", "does not say where 'a' lies"),
        (f"a\t2\t{SHA256}\t-\tinline:e30", "not in base64"),
        (f"a\t2\t{SHA256}\t-\tinline:e31=", "not in the one form of base64"),
        (f"a\t3\t{SHA256}\t-\tinline:e30=", "not the one of that size and SHA-256"),
        ("a\t2\tbb\t-\tinline:e30=", "not the one of that size and SHA-256"),
        ("a\t2\tbb\t-\tobject:", "1 to 1024 bytes"),
        (f"a\t2\tbb\t-\tobject:{'k' * 1025}", "1 to 1024 bytes"),
        ("a\t2\tbb\t-\tobject:\x07", "control character"),
        ("../a\t2\tbb\t-\tobject:k", "'..'"),
    ],
)
def test_a_line_of_another_form_is_refused(line: str, words: str) -> None:
    with pytest.raises(ManifestError, match=words):
        manifests.parse(f"{COMPOSED_TAG}\n{line}\n".encode())


def test_a_line_without_an_end_is_not_read_on() -> None:
    with pytest.raises(ManifestError, match="a line of more than 91477 bytes"):
        manifests.parse(COMPOSED_TAG.encode() + b"\n" + bytes(2 * MAX_INLINE_BYTES))


def test_the_forms_do_not_mix() -> None:
    with pytest.raises(ManifestError, match="cannot stand in aiapp-manifest/1"):
        composed(ENTRIES)
    with pytest.raises(ManifestError, match="cannot stand in aiapp-manifest/2"):
        composed([Entry("a", 1, "bb")], COMPOSED_TAG)
    with pytest.raises(ManifestError, match="5 fields, not 4"):
        manifests.parse(GOLDEN.replace(b"manifest/2", b"manifest/1"))


def test_a_file_in_the_manifest_is_a_small_one() -> None:
    assert inline_entry("a", bytes(MAX_INLINE_BYTES)).size == MAX_INLINE_BYTES
    with pytest.raises(ManifestError, match="at most 65536 may lie in a manifest"):
        inline_entry("a", bytes(MAX_INLINE_BYTES + 1))
    whole = composed([inline_entry("a", bytes(MAX_INLINE_BYTES))], COMPOSED_TAG)
    assert manifests.decode(whole.payload) == whole


def test_a_key_that_could_forge_a_line_is_refused() -> None:
    with pytest.raises(KeyRefusedError):
        Entry("a", 1, "bb", key="x\ny")
