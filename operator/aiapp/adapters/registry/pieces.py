"""Reads a blob piece by piece, each by a request of its own; in one go where its registry sends no parts of blobs."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final, NamedTuple

from aiapp.adapters.registry.repository import RangeIgnoredError, Repository
from aiapp.oci.documents import Descriptor
from aiapp.ports.registry import RegistryError

PIECE_BYTES: Final = 8 << 20
"""Read and sent at once; two or three pieces are in memory at a time."""
ONE_GO_SECONDS: Final = 3600.0
"""A blob that comes in one go has so long; others wait for their turn meanwhile."""


class Piece(NamedTuple):
    """The next bytes of a blob."""

    content: bytes
    in_one_go: bool
    """Whether the registry sends all of it for a part, so that the blob is read anew once that is interrupted."""


async def pieces(blob: Descriptor, source: Repository, start: int) -> AsyncGenerator[Piece]:
    """The rest of a blob, read ahead by a piece. Raises `RegistryError`."""
    at = start
    try:
        async with aclosing(_by_range(blob, source, start)) as found:
            async for piece in found:
                yield Piece(piece, in_one_go=False)
                at += len(piece)
    except RangeIgnoredError:
        pass
    else:
        return
    async with aclosing(_in_one_go(blob, source, at)) as rest:
        async for piece in rest:
            yield Piece(piece, in_one_go=True)


async def _by_range(blob: Descriptor, source: Repository, start: int) -> AsyncGenerator[bytes]:
    """The next piece is read while one is sent."""
    starts = range(start, blob.size, PIECE_BYTES)
    reading: asyncio.Task[bytes] | None = None
    try:
        for at in starts:
            task = reading or asyncio.create_task(_piece(blob, source, at))
            after = at + PIECE_BYTES
            piece = await task
            reading = asyncio.create_task(_piece(blob, source, after)) if after < blob.size else None
            yield piece
    finally:
        if reading is not None:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)


async def _piece(blob: Descriptor, source: Repository, start: int) -> bytes:
    return await source.piece(blob, start, min(PIECE_BYTES, blob.size - start))


async def _in_one_go(blob: Descriptor, source: Repository, start: int) -> AsyncGenerator[bytes]:
    """From its first byte on, of which those before `start` are dropped."""
    queue: asyncio.Queue[bytes] = asyncio.Queue(1)
    reading = asyncio.create_task(source.rest(blob, start, PIECE_BYTES, queue.put, ONE_GO_SECONDS))
    try:
        while (piece := await _next(queue, reading)) is not None:
            yield piece
        await reading
    except RegistryError as error:
        raise _without_parts(error, source) from error
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


async def _next(queue: "asyncio.Queue[bytes]", reading: "asyncio.Task[None]") -> bytes | None:
    """The next piece; None: the answer has ended."""
    getting = asyncio.create_task(queue.get())
    await asyncio.wait({getting, reading}, return_when=asyncio.FIRST_COMPLETED)
    if getting.done():
        return getting.result()
    getting.cancel()
    await asyncio.gather(getting, return_exceptions=True)
    return None if queue.empty() else queue.get_nowait()


def _without_parts(error: RegistryError, source: Repository) -> RegistryError:
    why = (
        f"{source.context.host} sends no parts of layers (it ignores Range), so that each is read in one go, within "
        f"{ONE_GO_SECONDS:g} s, and anew after an interruption: {error.message}; if that happens again and again, put "
        "the image into a registry that sends parts"
    )
    return RegistryError(error.reason, why, retryable=error.retryable, after_seconds=error.after_seconds)
