"""The canonical manifest: bytes that another program can compute, and nothing else parses."""

import gzip
import hashlib
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiapp.domain.artifact import manifest as manifests
from aiapp.domain.artifact.entry import Entry, ManifestError
from aiapp.domain.artifact.manifest import Hashed
from aiapp.domain.objectstore.keys import KeyRefusedError
from aiapp.domain.objectstore.listing import Listed, Listing

REFERENCE = Path(__file__).parents[4] / "docs" / "reference" / "manifest.md"

TWO = manifests.composed([Entry("config.json", 2, "aa"), Entry("weights/model.pth", 5, "bb-2", "v1")])
TWO_BYTES = b"aiapp-manifest/1\nconfig.json\t2\taa\t-\nweights/model.pth\t5\tbb-2\tv1\n"


def test_the_canonical_form_is_one_line_a_file_after_the_tag() -> None:
    assert TWO.canonical == TWO_BYTES
    assert TWO.pin == "sha256:" + hashlib.sha256(TWO_BYTES).hexdigest()
    assert (TWO.objects, TWO.bytes) == (2, 7)


def test_a_listing_becomes_paths_below_the_prefix_sorted_by_bytes_without_markers() -> None:
    listed = [
        Listed("p/", 0, '"d41d"'),
        Listed("p/weights/", 0, '"d41d"'),
        Listed("p/weights/model.pth", 5, '"bb-2"', "v1"),
        Listed("p/é", 1, '"cc"', "null"),
        Listed("p/Z", 0, '"d41d"'),
        Listed("p/config.json", 2, '"aa"'),
    ]
    made = manifests.from_listing(Listing.of(listed), "p/")
    assert [entry.path for entry in made.entries] == ["Z", "config.json", "weights/model.pth", "é"]
    assert [entry.version_id for entry in made.entries] == [None, None, "v1", None]
    assert [entry.etag for entry in made.entries][1] == "aa"


@pytest.mark.parametrize("key", ["p/../x", "p//abs", "p/a//b", "p/a\nb"])
def test_a_listing_with_a_hostile_key_names_it(key: str) -> None:
    with pytest.raises(KeyRefusedError) as refused:
        manifests.from_listing(Listing.of([Listed("p/config.json", 2, "aa"), Listed(key, 1, "bb")]), "p/")
    assert refused.value.key == key


@pytest.mark.parametrize(
    ("canonical", "message"),
    [
        pytest.param(b"", "does not start", id="empty"),
        pytest.param(b"aiapp-manifest/3\n", "does not start", id="another format"),
        pytest.param(b"aiapp-manifest/1", "line feed", id="cut in the tag line"),
        pytest.param(TWO_BYTES[:-1], "line feed", id="cut in the last line"),
        pytest.param(TWO_BYTES + b"\n", "1 fields", id="an empty line"),
        pytest.param(TWO_BYTES.replace(b"\n", b"\r\n"), "does not start", id="CRLF"),
        pytest.param(b"aiapp-manifest/1\na\t1\tx\n", "line 2 .* 3 fields", id="a field is missing"),
        pytest.param(b"aiapp-manifest/1\na\t01\tx\t-\n", "not a number", id="leading zero"),
        pytest.param(b"aiapp-manifest/1\na\t-1\tx\t-\n", "not a number", id="negative size"),
        pytest.param("aiapp-manifest/1\na\t٣\tx\t-\n".encode(), "not a number", id="other digits"),
        pytest.param(b"aiapp-manifest/1\na\t9223372036854775808\tx\t-\n", "size", id="size of 2^63"),
        pytest.param(b"aiapp-manifest/1\na\t1\t\t-\n", "ETag", id="no ETag"),
        pytest.param(b'aiapp-manifest/1\na\t1\t"x"\t-\n', "ETag", id="quoted ETag"),
        pytest.param(b"aiapp-manifest/1\na\t1\tx\t\n", "version id", id="empty version id"),
        pytest.param(b"aiapp-manifest/1\n../a\t1\tx\t-\n", "forbidden path", id="a path that escapes"),
        pytest.param(b"aiapp-manifest/1\nb\t1\tx\t-\na\t1\tx\t-\n", "sorted", id="not sorted"),
        pytest.param(b"aiapp-manifest/1\na\t1\tx\t-\na\t1\tx\t-\n", "sorted", id="twice the same"),
        pytest.param(b"aiapp-manifest/1\nA\t1\tx\t-\na\t1\tx\t-\n", "collides", id="twins by case"),
        pytest.param(b"aiapp-manifest/1\n\xff\t1\tx\t-\n", "UTF-8", id="not UTF-8"),
    ],
)
def test_anything_but_the_canonical_form_is_refused(canonical: bytes, message: str) -> None:
    with pytest.raises(ManifestError, match=message):
        manifests.parse(canonical)


def test_no_path_can_forge_a_line() -> None:
    with pytest.raises(KeyRefusedError):
        Entry("a\t1\tx\t-\nb", 1, "x")


def test_the_encoded_form_has_no_time_and_is_always_the_same() -> None:
    assert TWO.payload == manifests.composed(TWO.entries).payload
    assert TWO.payload[4:8] == b"\0\0\0\0"
    assert gzip.decompress(TWO.payload) == TWO_BYTES


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        pytest.param(b"", "cut short", id="empty"),
        pytest.param(TWO_BYTES, "not gzip", id="not compressed"),
        pytest.param(TWO.payload[:-3], "cut short", id="cut"),
        pytest.param(TWO.payload + b"x", "other bytes", id="followed by something"),
    ],
)
def test_a_damaged_payload_is_refused(payload: bytes, message: str) -> None:
    with pytest.raises(ManifestError, match=message):
        manifests.decode(payload)


def test_a_payload_that_inflates_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifests, "MAX_CANONICAL_BYTES", 1000)
    with pytest.raises(ManifestError, match="inflates beyond 1000 bytes"):
        manifests.decode(gzip.compress(b"a" * 100_000))


def test_a_payload_with_a_line_without_end_is_refused() -> None:
    with pytest.raises(ManifestError, match="a line of more than 4096 bytes"):
        manifests.decode(gzip.compress(b"aiapp-manifest/1\n" + b"a" * 200_000))


def test_a_payload_of_many_pieces_is_read_to_the_last_line() -> None:
    many = manifests.composed(Entry(f"{number:06d}", number, f"{number:032x}") for number in range(20_000))
    read = manifests.decode(many.payload)
    assert (read, read.objects, read.bytes) == (many, 20_000, sum(range(20_000)))
    assert [entry.path for entry in read.entries] == [f"{number:06d}" for number in range(20_000)]
    assert Entry("000007", 7, f"{7:032x}") in read.entries


def test_any_make_of_gzip_gives_the_same_manifest() -> None:
    assert manifests.decode(gzip.compress(TWO_BYTES, compresslevel=1)) == TWO


def test_entries_out_of_order_make_no_manifest() -> None:
    with pytest.raises(ManifestError, match="not sorted"):
        manifests.composed([Entry("b", 1, "x"), Entry("a", 1, "x")])


def test_the_content_digest_does_not_depend_on_the_order() -> None:
    one, two = Hashed("a", 1, "0" * 64), Hashed("b", 2, "1" * 64)
    assert manifests.content_digest([one, two]) == manifests.content_digest([two, one])
    assert manifests.content_digest([one]) != manifests.content_digest([one, two])


@pytest.mark.parametrize(
    "files",
    [
        pytest.param([Hashed("a", 1, "0" * 64), Hashed("a", 1, "0" * 64)], id="a path twice"),
        pytest.param([Hashed("a", 1, "F" * 64)], id="a hash in capitals"),
        pytest.param([Hashed("a", 1, "0" * 63)], id="a hash that is too short"),
    ],
)
def test_a_content_digest_over_nonsense_is_refused(files: list[Hashed]) -> None:
    with pytest.raises(ManifestError):
        manifests.content_digest(files)


def test_the_worked_example_of_the_reference_is_what_the_code_computes() -> None:
    text = REFERENCE.read_text()
    blocks = re.findall(r"```text\n(.*?)```", text, flags=re.DOTALL)
    canonical, content = (block.replace("→", "\t") for block in blocks)
    digests = re.findall(r"sha256:[0-9a-f]{64}", text)
    parsed = manifests.parse(canonical.encode())
    hashed = [line.split("\t") for line in content.splitlines()[1:]]
    assert parsed.pin == digests[0]
    assert manifests.content_digest(Hashed(p, int(size), sha) for p, size, sha in hashed) == digests[1]


@given(st.binary())
def test_bytes_whatever_raise_only_the_manifests_own_error(data: bytes) -> None:
    for read in (manifests.parse, manifests.decode):
        try:
            read(data)
        except ManifestError:
            continue
    try:
        parsed = manifests.parse(b"aiapp-manifest/1\n" + data)
    except ManifestError:
        return
    assert parsed.canonical == b"aiapp-manifest/1\n" + data


NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20)
TOKENS = st.text("abcdef0123456789-", min_size=2, max_size=20)
LISTED = st.builds(Listed, NAMES, st.integers(0, 2**63 - 1), TOKENS, st.none() | TOKENS)


@given(st.lists(LISTED, max_size=6))
def test_every_manifest_survives_the_round_trip(listed: list[Listed]) -> None:
    try:
        made = manifests.from_listing(Listing.of(listed), "")
    except (KeyRefusedError, ManifestError):
        return
    assert manifests.parse(made.canonical) == made
    assert manifests.decode(made.payload) == made
    assert list(manifests.decode(made.payload).entries) == list(made.entries)
