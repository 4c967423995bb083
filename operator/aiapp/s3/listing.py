"""Listings of objects: what to ask for, what an answer says, and where the next page begins.

Never keeps an answer: it is read piece by piece as it comes, whatever its length, so that memory is bounded by
what is listed in it. Never resolves an entity or loads a document type.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, NamedTuple
from urllib.parse import unquote_plus
from xml.parsers import expat

from aiapp.domain.artifact.manifest import Listed
from aiapp.s3.etags import opaque

PAGE_OBJECTS: Final = 1000
"""What S3 and OBS give at most in one answer, and what is asked for."""
MAX_PAGE_BYTES: Final = 8 << 20
"""Of one answer; a thousand of the longest keys take about 3 MB."""
MAX_PAGE_OBJECTS: Final = 10 * PAGE_OBJECTS
"""Of one answer of a store that gives more than it is asked for."""

_ARCHIVED: Final = frozenset({"GLACIER", "DEEP_ARCHIVE", "COLD", "ARCHIVE"})
"""Storage classes of AWS, OBS and their kin whose objects have to be restored before they can be read."""
_SIZE: Final = re.compile(r"[0-9]{1,19}")
_MAX_TEXTS: Final = 16
"""Pieces of text, of 8 KiB each, between two elements: more than the longest key takes in any encoding."""
_DEEPEST: Final = 16
"""Levels of elements; a listing has four."""


class Manner(Enum):
    """The three ways to ask for a listing."""

    VERSIONS = "versions"
    TOKENS = "objects, continued by tokens"
    MARKERS = "objects, continued by keys"


class Place(NamedTuple):
    """Where a page begins: what the store gave with the page before."""

    manner: Manner
    marker: str = ""
    version_id: str = ""


class UnreadableError(Exception):
    """An answer that no listing can be made of; the text is a clause about the store: `answers with ...`."""

    def __init__(self, words: str, *, passing: bool = False) -> None:
        super().__init__(words)
        self.passing = passing
        """Whether the same request may be answered better: the answer seems to have been cut off."""


@dataclass(slots=True)
class Page:
    """One answer."""

    objects: list[Listed] = field(default_factory=list)
    """Old versions included."""
    archived: dict[str, str] = field(default_factory=dict)
    """Storage classes by key, of those objects that cannot be read as they are."""
    following: Place | None = None
    """Where the next page begins; None: this was the last one."""


def query(prefix: str, place: Place) -> dict[str, str]:
    """The parameters that ask for the page at that place."""
    wanted = {"prefix": prefix, "max-keys": str(PAGE_OBJECTS), "encoding-type": "url"}
    match place.manner:
        case Manner.VERSIONS:
            return {**wanted, "versions": ""} | _given(
                {"key-marker": place.marker, "version-id-marker": place.version_id}
            )
        case Manner.TOKENS:
            return {**wanted, "list-type": "2"} | _given({"continuation-token": place.marker})
        case Manner.MARKERS:
            return wanted | _given({"marker": place.marker})


def _given(values: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}


class PageReader:
    """Reads the answer for one place. `feed` and `page` raise `UnreadableError`."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._answer = _Answer("ListVersionsResult" if place.manner is Manner.VERSIONS else "ListBucketResult")
        self._bytes = 0

    def feed(self, piece: bytes) -> None:
        """The next bytes of the answer."""
        self._bytes += len(piece)
        if self._bytes > MAX_PAGE_BYTES:
            raise UnreadableError(f"answers with more than {MAX_PAGE_BYTES} bytes for one page of a listing")
        self._answer.parse(piece, final=False)

    def page(self) -> Page:
        """What the whole answer says."""
        self._answer.parse(b"", final=True)
        return _page(self._answer, self._place)


class _Answer:
    """The parts of a listing that matter, as text. Anything else in it is passed over.

    Called for each element, so it does as little as it can: names are told apart when their elements end.
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
            raise UnreadableError(NOT_S3, passing=final) from error
        if len(self._text) > _MAX_TEXTS:
            raise UnreadableError(NOT_S3)

    def _begin(self, tag: str, _: object) -> None:
        """The root, whose prefix the others have too."""
        prefix, colon, name = tag.rpartition(":")
        if name != self._root:
            raise UnreadableError(NOT_S3)
        self._parser.CharacterDataHandler = self._text.append
        handlers = self._handlers(f"{prefix}{colon}")
        self._parser.StartElementHandler, self._parser.EndElementHandler = handlers

    def _handlers(self, prefix: str) -> tuple[Callable[[str, object], None], Callable[[str], None]]:
        """For the start and the end of every other element."""
        of_listing, of_member = ({f"{prefix}{name}": name for name in names} for names in (_OF_LISTING, _OF_MEMBER))
        member_tag, members, fields, text = f"{prefix}{self._member}", self.members, self.fields, self._text
        member: dict[str, str] = {}
        depth = 1

        def started(_: str, __: object) -> None:
            nonlocal depth
            depth += 1
            if depth > _DEEPEST:
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
                        raise UnreadableError(f"lists more than {MAX_PAGE_OBJECTS} objects in one answer")
                member = {}
            text.clear()

        return started, ended


def _refuse(*_: object) -> None:
    """A document type: no store has one, and entities come with it."""
    raise UnreadableError(NOT_S3)


NOT_S3: Final = "answers with something that is not S3"
_OF_MEMBER: Final = frozenset({"Key", "Size", "ETag", "VersionId", "IsLatest", "StorageClass"})
_OF_LISTING: Final = frozenset(
    {"IsTruncated", "EncodingType", "NextKeyMarker", "NextVersionIdMarker", "NextContinuationToken", "NextMarker"}
)


def _page(answer: _Answer, place: Place) -> Page:
    decoded: Callable[[str], str] = unquote_plus if answer.fields.get("EncodingType") == "url" else str
    page = Page()
    for member in answer.members:
        listed = _listed(member, decoded)
        page.objects.append(listed)
        if member.get("StorageClass") in _ARCHIVED and listed.is_latest:
            page.archived[listed.key] = member["StorageClass"]
    if answer.fields.get("IsTruncated", "").strip() == "true":
        page.following = _following(answer.fields, page.objects, place, decoded)
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


def _following(
    fields: Mapping[str, str], objects: Sequence[Listed], place: Place, decoded: Callable[[str], str]
) -> Place:
    """Where the next page begins. A store that gives no place goes on behind the last object, as S3 says it may."""
    last = objects[-1] if objects else None
    if place.manner is Manner.VERSIONS:
        marker, version_id = decoded(fields.get("NextKeyMarker", "")), fields.get("NextVersionIdMarker", "")
        if not marker and last is not None:
            marker, version_id = last.key, last.version_id or ""
        following = Place(place.manner, marker, version_id)
    elif place.manner is Manner.TOKENS and (token := fields.get("NextContinuationToken")):
        following = Place(place.manner, token)
    else:  # a store that takes this for the first version of the request
        marker = decoded(fields.get("NextMarker", "")) or (last.key if last is not None else "")
        following = Place(Manner.MARKERS, marker)
    if not following.marker:
        raise UnreadableError("says that its listing goes on, but not where")
    if following == place:
        raise UnreadableError("lists the same page again and again")
    return following
