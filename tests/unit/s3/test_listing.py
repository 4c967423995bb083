"""What pages of a listing say, from stores that leave things out, add things, or are no stores at all."""

import tracemalloc
from collections.abc import Iterable
from itertools import chain, repeat
from typing import Any

import botocore.session
import pytest
from botocore.parsers import create_parser

from aiapp.domain.objectstore.listing import Listed
from aiapp.endpoints.diagnosis import UnreadableError
from aiapp.s3.listing import (
    MAX_PAGE_BYTES,
    MAX_PAGE_OBJECTS,
    Cursor,
    ListingMode,
    ListingPage,
    PageReader,
    query,
)

VERSIONS, TOKENS, MARKERS = (Cursor(mode) for mode in ListingMode)
MODEL = botocore.session.get_session().get_service_model("s3")
OBJECT = "<Key>mnist/a</Key><Size>1</Size><ETag>&quot;e&quot;</ETag>"


def page_of(body: str | Iterable[bytes], cursor: Cursor = TOKENS) -> ListingPage:
    reader = PageReader(cursor)
    for piece in [body.encode()] if isinstance(body, str) else body:
        reader.feed(piece)
    return reader.page()


def objects(*members: str, more: str = "") -> str:
    listed = "".join(f"<Contents>{member}</Contents>" for member in members)
    return f'<?xml version="1.0"?><ListBucketResult>{more}{listed}</ListBucketResult>'


def versions(*members: str, more: str = "") -> str:
    listed = "".join(f"<Version>{member}</Version>" for member in members)
    return f"<ListVersionsResult>{more}{listed}</ListVersionsResult>"


@pytest.mark.parametrize("namespace", ["", ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'], ids=["bare", "named"])
@pytest.mark.parametrize("prefix", ["", "s3:"], ids=["plain", "with a prefix"])
def test_a_page_says_what_botocore_reads_in_it(namespace: str, prefix: str) -> None:
    if prefix:
        namespace = namespace.replace("xmlns", "xmlns:s3") or ' xmlns:s3="x"'
    names = ("mnist/a&amp;b.txt", "mnist/模型 1", "mnist/x%2By")
    members = "".join(
        f"<Version><Key>{name}</Key><VersionId>v{number}</VersionId><IsLatest>{str(number > 0).lower()}</IsLatest>"
        f"<ETag>&quot;e{number}&quot;</ETag><Size>{number}</Size><Owner><ID>o</ID></Owner>"
        "<StorageClass>STANDARD</StorageClass></Version>"
        for number, name in enumerate(names)
    )
    body = f"<ListVersionsResult{namespace}><IsTruncated>false</IsTruncated>{members}</ListVersionsResult>"
    sent = body.replace("<", f"<{prefix}").replace(f"<{prefix}/", f"</{prefix}") if prefix else body
    shape: Any = MODEL.operation_model("ListObjectVersions").output_shape
    answer: dict[str, Any] = {"status_code": 200, "headers": {}, "body": body.encode()}
    expected = create_parser("rest-xml").parse(answer, shape)["Versions"]
    assert page_of(sent, VERSIONS).objects == [
        Listed(one["Key"], one["Size"], one["ETag"], one["VersionId"], one["IsLatest"]) for one in expected
    ]


def test_it_does_not_matter_where_pieces_of_an_answer_end() -> None:
    body = objects(OBJECT, more="<IsTruncated>false</IsTruncated>").encode()
    assert page_of(body[at : at + 1] for at in range(len(body))) == page_of(body.decode())


@pytest.mark.parametrize(
    ("written", "key"),
    [
        pytest.param("mnist/a%2Bb", "mnist/a+b", id="a plus"),
        pytest.param("mnist/a+b", "mnist/a b", id="a space as AWS writes it"),
        pytest.param("mnist/a%20b", "mnist/a b", id="a space as others do"),
        pytest.param("mnist/100%2525", "mnist/100%25", id="a percent sign"),
        pytest.param("mnist/a%01b", "mnist/a\x01b", id="what XML cannot hold"),
        pytest.param("mnist/%E6%A8%A1", "mnist/模", id="any script"),
    ],
)
def test_keys_are_decoded_where_the_answer_says_that_they_are_encoded(written: str, key: str) -> None:
    member = f"<Key>{written}</Key><Size>1</Size><ETag>e</ETag>"
    assert page_of(objects(member, more="<EncodingType>url</EncodingType>")).objects[0].key == key
    assert page_of(objects(member)).objects[0].key == written


@pytest.mark.parametrize(
    ("cursor", "body", "next_cursor"),
    [
        pytest.param(VERSIONS, versions(OBJECT), None, id="nothing declares that more follows"),
        pytest.param(
            VERSIONS,
            versions(
                OBJECT,
                more="<IsTruncated>true</IsTruncated><NextKeyMarker>k</NextKeyMarker>"
                "<NextVersionIdMarker>v</NextVersionIdMarker>",
            ),
            Cursor(ListingMode.VERSIONS, "k", "v"),
            id="versions",
        ),
        pytest.param(
            VERSIONS,
            versions(f"{OBJECT}<VersionId>null</VersionId>", more="<IsTruncated>true</IsTruncated>"),
            Cursor(ListingMode.VERSIONS, "mnist/a", "null"),
            id="versions without a marker go on behind the last one",
        ),
        pytest.param(
            TOKENS,
            objects(OBJECT, more="<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>"),
            Cursor(ListingMode.TOKENS, "t"),
            id="a token",
        ),
        pytest.param(
            TOKENS,
            objects(OBJECT, more="<IsTruncated>true</IsTruncated><NextMarker>k</NextMarker>"),
            Cursor(ListingMode.MARKERS, "k"),
            id="a marker of a store that knows no tokens",
        ),
        pytest.param(
            TOKENS,
            objects(OBJECT, more="<IsTruncated>true</IsTruncated>"),
            Cursor(ListingMode.MARKERS, "mnist/a"),
            id="neither: it goes on behind the last key",
        ),
        pytest.param(
            MARKERS,
            objects(
                OBJECT,
                more="<EncodingType>url</EncodingType><IsTruncated>true</IsTruncated><NextMarker>a%2Bb</NextMarker>",
            ),
            Cursor(ListingMode.MARKERS, "a+b"),
            id="an encoded marker",
        ),
    ],
)
def test_the_next_page_begins_where_the_answer_says_or_implies(
    cursor: Cursor, body: str, next_cursor: Cursor | None
) -> None:
    assert page_of(body, cursor).next_cursor == next_cursor


def test_places_become_parameters() -> None:
    common = {"prefix": "mnist/", "max-keys": "1000", "encoding-type": "url"}
    assert query("mnist/", VERSIONS) == {**common, "versions": ""}
    assert query("mnist/", Cursor(ListingMode.VERSIONS, "k", "v"))["version-id-marker"] == "v"
    assert query("mnist/", Cursor(ListingMode.TOKENS, "t")) == {**common, "list-type": "2", "continuation-token": "t"}
    assert query("mnist/", Cursor(ListingMode.MARKERS, "k")) == {**common, "marker": "k"}


@pytest.mark.parametrize(
    ("cursor", "body", "words"),
    [
        pytest.param(TOKENS, "<!DOCTYPE html><html><p>Sign in<br></html>", "not S3", id="HTML"),
        pytest.param(TOKENS, "<html><body><p>Sign in</p></body></html>", "not S3", id="XHTML"),
        pytest.param(TOKENS, '{"ok": true}', "not S3", id="JSON"),
        pytest.param(TOKENS, "", "not S3", id="nothing"),
        pytest.param(TOKENS, "<ListBucketResult>", "not S3", id="half of it"),
        pytest.param(TOKENS, versions(OBJECT), "not S3", id="another listing"),
        pytest.param(
            TOKENS,
            f'<!DOCTYPE x [<!ENTITY a "{"b" * 99}">]>{objects("<Key>&a;</Key><Size>1</Size><ETag>e</ETag>")}',
            "not S3",
            id="entities",
        ),
        pytest.param(TOKENS, f"<ListBucketResult>{'<a>' * 99}", "not S3", id="a tower of elements"),
        pytest.param(TOKENS, objects("<Size>1</Size><ETag>e</ETag>"), "without a key", id="no key"),
        pytest.param(TOKENS, objects("<Key>k</Key><ETag>e</ETag>"), "'k' without a size", id="no size"),
        pytest.param(TOKENS, objects("<Key>k</Key><Size>-1</Size><ETag>e</ETag>"), "without a size", id="no number"),
        pytest.param(TOKENS, objects("<Key>k</Key><Size>1</Size>"), "'k' without an ETag", id="no ETag"),
        pytest.param(TOKENS, objects("<Key>k\x7f</Key><Size>1</Size>"), r"'k\x7f' without", id="a key that is shown"),
        pytest.param(
            TOKENS,
            objects(more="<IsTruncated>true</IsTruncated>"),
            "without a place to continue",
            id="more, and no way to it",
        ),
        pytest.param(
            Cursor(ListingMode.TOKENS, "t"),
            objects(OBJECT, more="<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>"),
            "the same page again",
            id="the token that was asked with",
        ),
        pytest.param(
            Cursor(ListingMode.MARKERS, "mnist/a"),
            objects(OBJECT, more="<IsTruncated>true</IsTruncated>"),
            "the same page again",
            id="the last key that was asked with",
        ),
        pytest.param(
            TOKENS, objects(*[OBJECT] * (MAX_PAGE_OBJECTS + 1)), "more than 10000 objects", id="far more than asked for"
        ),
    ],
)
def test_what_is_no_listing_is_reported(cursor: Cursor, body: str, words: str) -> None:
    with pytest.raises(UnreadableError) as unreadable:
        page_of(body, cursor)
    assert words in str(unreadable.value)


def test_only_what_seems_cut_off_is_worth_another_try() -> None:
    for body, retryable in (("<ListBucketResult>", True), ("<html></html>", False), ("<a></b>", False)):
        with pytest.raises(UnreadableError) as unreadable:
            page_of(body)
        assert unreadable.value.retryable is retryable


def test_weak_etags_are_listed_as_strong_ones() -> None:
    listed = page_of(objects("<Key>k</Key><Size>1</Size><ETag>W/&quot;e&quot;</ETag>")).objects[0]
    assert listed.etag == '"e"'


def test_objects_in_an_archive_are_told() -> None:
    classes = {"cold": "COLD", "deep": "DEEP_ARCHIVE", "warm": "WARM", "instant": "GLACIER_IR", "plain": "STANDARD"}
    members = (
        f"<Key>{key}</Key><Size>1</Size><ETag>e</ETag><StorageClass>{name}</StorageClass>"
        for key, name in classes.items()
    )
    assert page_of(objects(*members)).archived == {"cold": "COLD", "deep": "DEEP_ARCHIVE"}


@pytest.mark.parametrize(
    ("piece", "words"),
    [
        pytest.param(b"<a/>" * 16384, f"more than {MAX_PAGE_BYTES} bytes", id="elements that were not asked for"),
        pytest.param(b" " * 65536, "not S3", id="white space"),
    ],
)
def test_an_endless_answer_costs_no_memory_and_has_an_end(piece: bytes, words: str) -> None:
    tracemalloc.start()
    with pytest.raises(UnreadableError, match=words):
        page_of(chain([b"<ListBucketResult>"], repeat(piece)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < MAX_PAGE_BYTES / 2
