"""Listing objects: request parameters, an incremental parser for responses, and pagination.

Never buffers a response, so that memory is bounded by the objects in it. Never resolves entities or document types.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, NamedTuple
from urllib.parse import unquote_plus
from xml.parsers import expat

from aiapp.domain.objectstore.listing import Listed
from aiapp.endpoints.diagnosis import UnreadableError
from aiapp.s3.etags import opaque

PAGE_OBJECTS: Final = 1000
"""Requested per page; S3 and OBS return no more."""
MAX_PAGE_BYTES: Final = 4 << 20
"""A page of the longest keys takes about 3 MB."""
MAX_PAGE_OBJECTS: Final = 10 * PAGE_OBJECTS
"""Accepted from stores that return more than requested."""

_ARCHIVED: Final = frozenset({"GLACIER", "DEEP_ARCHIVE", "COLD", "ARCHIVE"})
"""Storage classes whose objects must be restored before they can be read."""
_SIZE: Final = re.compile(r"[0-9]{1,19}")
_MAX_TEXTS: Final = 16
"""Pieces of 8 KiB between two elements: more than the longest key takes in any encoding."""
_MAX_DEPTH: Final = 16
"""Of nested elements; a listing has four levels."""


class ListingMode(Enum):
    """The three variants of the request."""

    VERSIONS = "versions"
    TOKENS = "objects by continuation token"
    MARKERS = "objects by marker"


class Cursor(NamedTuple):
    """Where a page starts."""

    mode: ListingMode
    marker: str = ""
    version_id: str = ""


@dataclass(slots=True)
class ListingPage:
    """One page of a listing."""

    objects: list[Listed] = field(default_factory=list)
    """Including noncurrent versions."""
    archived: dict[str, str] = field(default_factory=dict)
    """Storage class by key, of archived objects."""
    next_cursor: Cursor | None = None
    """None on the last page."""


def query(prefix: str, cursor: Cursor) -> dict[str, str]:
    """Returns the query parameters of the request for a page."""
    common = {"prefix": prefix, "max-keys": str(PAGE_OBJECTS), "encoding-type": "url"}
    match cursor.mode:
        case ListingMode.VERSIONS:
            return {**common, "versions": ""} | _non_empty(
                {"key-marker": cursor.marker, "version-id-marker": cursor.version_id}
            )
        case ListingMode.TOKENS:
            return {**common, "list-type": "2"} | _non_empty({"continuation-token": cursor.marker})
        case ListingMode.MARKERS:
            return common | _non_empty({"marker": cursor.marker})


def _non_empty(values: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}


class PageReader:
    """Parses the response for one cursor. `feed` and `page` raise `UnreadableError`."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self._parser = _ListingParser(
            "ListVersionsResult" if cursor.mode is ListingMode.VERSIONS else "ListBucketResult"
        )
        self._bytes = 0

    def feed(self, piece: bytes) -> None:
        """Parses the next bytes."""
        self._bytes += len(piece)
        if self._bytes > MAX_PAGE_BYTES:
            raise UnreadableError(f"answers with more than {MAX_PAGE_BYTES} bytes for one page of a listing")
        self._parser.parse(piece, final=False)

    def page(self) -> ListingPage:
        """Returns the page, after all bytes were fed."""
        self._parser.parse(b"", final=True)
        return _page(self._parser, self._cursor)


class _ListingParser:
    """Collects the relevant elements of a listing as text and ignores all others.

    Its handlers run for every element, so they do as little as possible.
    """

    def __init__(self, root: str) -> None:
        self.members: list[dict[str, str]] = []
        self.fields: dict[str, str] = {}
        self._text: list[str] = []
        self._root = root
        self._member = "Version" if root == "ListVersionsResult" else "Contents"
        self._parser = parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._begin
        parser.StartDoctypeDeclHandler = _refuse

    def parse(self, piece: bytes, *, final: bool) -> None:
        """Raises `UnreadableError`."""
        try:
            self._parser.Parse(piece, final)
        except (expat.ExpatError, UnicodeError, ValueError) as error:
            raise UnreadableError(NOT_S3, retryable=final) from error
        if len(self._text) > _MAX_TEXTS:
            raise UnreadableError(NOT_S3)

    def _begin(self, tag: str, _: object) -> None:
        """Handles the root element, whose namespace prefix all elements have."""
        prefix, colon, name = tag.rpartition(":")
        if name != self._root:
            raise UnreadableError(NOT_S3)
        self._parser.CharacterDataHandler = self._text.append
        handlers = self._handlers(f"{prefix}{colon}")
        self._parser.StartElementHandler, self._parser.EndElementHandler = handlers

    def _handlers(self, prefix: str) -> tuple[Callable[[str, object], None], Callable[[str], None]]:
        """Returns the handlers for the start and end of all other elements."""
        of_listing, of_member = ({f"{prefix}{name}": name for name in names} for names in (_OF_LISTING, _OF_MEMBER))
        member_tag, members, fields, text = f"{prefix}{self._member}", self.members, self.fields, self._text
        member: dict[str, str] = {}
        depth = 1

        def started(_: str, __: object) -> None:
            nonlocal depth
            depth += 1
            if depth > _MAX_DEPTH:
                raise UnreadableError(NOT_S3)
            text.clear()

        def ended(tag: str) -> None:
            nonlocal depth, member
            depth -= 1
            if depth == 2:
                if tag in of_member:
                    member[of_member[tag]] = "".join(text)
            elif depth == 1:
                if tag in of_listing:
                    fields[of_listing[tag]] = "".join(text)
                elif tag == member_tag:
                    members.append(member)
                    if len(members) > MAX_PAGE_OBJECTS:
                        raise UnreadableError(f"lists more than {MAX_PAGE_OBJECTS} objects in one page")
                member = {}
            text.clear()

        return started, ended


def _refuse(*_: object) -> None:
    """Refuses a document type, which no listing has and which could declare entities."""
    raise UnreadableError(NOT_S3)


NOT_S3: Final = "answers with something that is not S3"
_OF_MEMBER: Final = frozenset({"Key", "Size", "ETag", "VersionId", "IsLatest", "StorageClass"})
_OF_LISTING: Final = frozenset(
    {"IsTruncated", "EncodingType", "NextKeyMarker", "NextVersionIdMarker", "NextContinuationToken", "NextMarker"}
)


def _page(parsed: _ListingParser, cursor: Cursor) -> ListingPage:
    decoded: Callable[[str], str] = unquote_plus if parsed.fields.get("EncodingType") == "url" else str
    page = ListingPage()
    for member in parsed.members:
        listed = _listed(member, decoded)
        page.objects.append(listed)
        if member.get("StorageClass") in _ARCHIVED and listed.is_latest:
            page.archived[listed.key] = member["StorageClass"]
    if parsed.fields.get("IsTruncated", "").strip() == "true":
        page.next_cursor = _next_cursor(parsed.fields, page.objects, cursor, decoded)
    return page


def _listed(member: Mapping[str, str], decoded: Callable[[str], str]) -> Listed:
    key, size, etag = decoded(member.get("Key", "")), member.get("Size", ""), member.get("ETag", "")
    if not key:
        raise UnreadableError("lists an object without a key")
    if not _SIZE.fullmatch(size):
        raise UnreadableError(f"lists {key!r} without a size")
    if not etag:
        raise UnreadableError(f"lists {key!r} without an ETag, so that its content could not be pinned")
    if etag.startswith("W/"):
        etag = f'"{opaque(etag)}"'
    return Listed(key, int(size), etag, member.get("VersionId") or None, member.get("IsLatest", "true") == "true")


def _next_cursor(
    fields: Mapping[str, str], objects: Sequence[Listed], cursor: Cursor, decoded: Callable[[str], str]
) -> Cursor:
    """Returns where the next page starts: at the store's marker, else after the last object, as S3 specifies."""
    last = objects[-1] if objects else None
    if cursor.mode is ListingMode.VERSIONS:
        marker, version_id = decoded(fields.get("NextKeyMarker", "")), fields.get("NextVersionIdMarker", "")
        if not marker and last is not None:
            marker, version_id = last.key, last.version_id or ""
        next_cursor = Cursor(cursor.mode, marker, version_id)
    elif cursor.mode is ListingMode.TOKENS and (token := fields.get("NextContinuationToken")):
        next_cursor = Cursor(cursor.mode, token)
    else:  # a store that knows only the first version of the API
        marker = decoded(fields.get("NextMarker", "")) or (last.key if last is not None else "")
        next_cursor = Cursor(ListingMode.MARKERS, marker)
    if not next_cursor.marker:
        raise UnreadableError("declares its listing incomplete without a place to continue")
    if next_cursor == cursor:
        raise UnreadableError("lists the same page again and again")
    return next_cursor
