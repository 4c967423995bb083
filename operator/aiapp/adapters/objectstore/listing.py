"""Iterates over the pages of a listing, with version ids where the store has them. Never reads an object."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Final

import aiohttp

from aiapp.adapters.objectstore.client import Client, ResponseError, StoreRequest, UnreadableResponseError
from aiapp.api.conditions import Reason
from aiapp.domain.objectstore.credentials import Credentials
from aiapp.domain.objectstore.listing import Listed
from aiapp.domain.objectstore.location import Location
from aiapp.ports.objectstore import StoreError
from aiapp.s3.errors import RequestContext
from aiapp.s3.listing import Cursor, ListingMode, ListingPage, PageReader, query

_PIECE_BYTES: Final = 64 << 10
"""Parsed without a break, which blocks the event loop for two milliseconds."""
_UNSUPPORTED: Final = frozenset({400, 403, 405, 501})
"""Statuses of stores that do not support, or do not allow, listing versions."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one listing."""

    objects: int
    bytes: int
    """Total size of the objects."""
    listing_bytes: int
    """Total size of keys, ETags and version ids, which a listing takes in memory before it is compressed."""


@dataclass(slots=True)
class ListingUsage:
    """Counts what was listed so far."""

    limits: Limits
    objects: int = 0
    bytes: int = 0
    listing_bytes: int = 0

    def add(self, page: Sequence[Listed], location: Location) -> int:
        """Returns the bytes of its names. Raises `StoreError` (LimitExceeded) once a limit is exceeded."""
        self.objects += sum(one.is_latest for one in page)
        self.bytes += sum(one.size for one in page if one.is_latest)
        listing_bytes = sum(len(f"{one.key}{one.etag}{one.version_id or ''}".encode()) for one in page)
        self.listing_bytes += listing_bytes
        checks = (
            (self.objects, self.limits.objects, "objects", "AIAPP_MAX_OBJECTS"),
            (self.bytes, self.limits.bytes, "bytes", "AIAPP_MAX_BYTES"),
            (self.listing_bytes, self.limits.listing_bytes, "bytes of names", "AIAPP_MAX_LISTING_BYTES"),
        )
        for number, limit, what, setting in checks:
            if number > limit:
                message = f"{location.uri} holds at least {number} {what}; the operator allows {limit} ({setting})"
                raise StoreError(Reason.LIMIT_EXCEEDED, message, retryable=False)
        return listing_bytes


async def pages(client: Client, context: RequestContext, credentials: Credentials | None) -> AsyncIterator[ListingPage]:
    """Yields every page, including noncurrent versions where the store lists them. Raises `StoreError`.

    Versions are requested first, which takes one request for versioned and unversioned buckets alike. Falls back to
    plain objects for stores that do not support or allow that.
    """
    try:
        page = await _page(client, context, credentials, Cursor(ListingMode.VERSIONS))
    except StoreError as error:
        if not _denies_versions_only(error):
            raise
        page = await _page(client, context, credentials, Cursor(ListingMode.TOKENS))
    yield page
    while (cursor := page.next_cursor) is not None:
        page = await _page(client, context, credentials, cursor)
        yield page


async def _page(
    client: Client, context: RequestContext, credentials: Credentials | None, cursor: Cursor
) -> ListingPage:
    async def read(response: aiohttp.ClientResponse) -> ListingPage:
        reader = PageReader(cursor)
        async for piece in response.content.iter_chunked(_PIECE_BYTES):
            reader.feed(piece)
            await asyncio.sleep(0)  # reading does not yield to the event loop while data is buffered
        return reader.page()

    return await client.execute(
        StoreRequest(context=context, credentials=credentials, query=query(context.location.prefix, cursor)), read
    )


def _denies_versions_only(error: StoreError) -> bool:
    """Returns True if listing plain objects may still work."""
    if isinstance(error, ResponseError):
        return error.response.status in _UNSUPPORTED and error.reason is not Reason.BUCKET_NOT_FOUND
    return isinstance(error, UnreadableResponseError)
