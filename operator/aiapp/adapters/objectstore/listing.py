"""Listings page by page, with version ids where the store gives them. Never reads an object."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Final

import aiohttp

from aiapp.adapters.objectstore.client import AnswerError, Client, Request, UnreadableAnswerError
from aiapp.api.conditions import Reason
from aiapp.domain.artifact.manifest import Listed
from aiapp.domain.objectstore.credentials import Credentials
from aiapp.domain.objectstore.location import Location
from aiapp.ports import StoreError
from aiapp.s3.listing import Manner, Page, PageReader, Place, query
from aiapp.s3.meaning import Asked

_PIECE_BYTES: Final = 64 << 10
"""Read at once: what the event loop is kept for stays within milliseconds."""
_UNSUPPORTED: Final = frozenset({400, 403, 405, 501})
"""Statuses with which stores answer a request for versions that they do not offer or do not allow."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one listing."""

    objects: int
    bytes: int
    """Of the objects together."""
    listing_bytes: int
    """Of keys, ETags and version ids together: what a listing costs in memory, before it is packed."""


@dataclass(slots=True)
class Tally:
    """How much was listed so far."""

    limits: Limits
    objects: int = 0
    bytes: int = 0
    listing_bytes: int = 0

    def add(self, page: Sequence[Listed], where: Location) -> None:
        """Raises `StoreError` (LimitExceeded) when it is more than the settings allow."""
        self.objects += sum(one.is_latest for one in page)
        self.bytes += sum(one.size for one in page if one.is_latest)
        self.listing_bytes += sum(len(f"{one.key}{one.etag}{one.version_id or ''}".encode()) for one in page)
        checks = (
            (self.objects, self.limits.objects, "objects", "AIAPP_MAX_OBJECTS"),
            (self.bytes, self.limits.bytes, "bytes", "AIAPP_MAX_BYTES"),
            (self.listing_bytes, self.limits.listing_bytes, "bytes of names", "AIAPP_MAX_LISTING_BYTES"),
        )
        for number, limit, what, setting in checks:
            if number > limit:
                message = f"{where.uri} holds at least {number} {what}; the operator allows {limit} ({setting})"
                raise StoreError(Reason.LIMIT_EXCEEDED, message, retryable=False)


async def pages(client: Client, asked: Asked, credentials: Credentials | None) -> AsyncIterator[Page]:
    """Every page of the listing, old versions included where the store tells them.

    The versions are asked for at once, since that costs one request for a versioned and for an unversioned
    bucket; a store that has none, or denies them, is asked for the objects alone. Raises `StoreError`.
    """
    try:
        page = await _page(client, asked, credentials, Place(Manner.VERSIONS))
    except StoreError as error:
        if not _denies_versions_only(error):
            raise
        page = await _page(client, asked, credentials, Place(Manner.TOKENS))
    yield page
    while (place := page.following) is not None:
        page = await _page(client, asked, credentials, place)
        yield page


async def _page(client: Client, asked: Asked, credentials: Credentials | None, place: Place) -> Page:
    async def read(answer: aiohttp.ClientResponse) -> Page:
        reader = PageReader(place)
        async for piece in answer.content.iter_chunked(_PIECE_BYTES):
            reader.feed(piece)
            await asyncio.sleep(0)  # whatever else is due: pieces that have come already are not waited for
        return reader.page()

    return await client.make(
        Request(asked=asked, credentials=credentials, query=query(asked.where.prefix, place)), read
    )


def _denies_versions_only(error: StoreError) -> bool:
    """Whether the plain listing is worth a try: versions are refused, or the answer about them made no sense."""
    if isinstance(error, AnswerError):
        return error.answer.status in _UNSUPPORTED and error.reason is not Reason.BUCKET_NOT_FOUND
    return isinstance(error, UnreadableAnswerError)
