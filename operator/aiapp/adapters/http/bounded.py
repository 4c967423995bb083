"""Reads bodies of answers up to a bound, whatever their headers claim. Never holds more than that and one chunk."""

from collections.abc import AsyncIterator

import aiohttp


class TooLongError(Exception):
    """There is more to read than the bound."""


async def read(stream: aiohttp.StreamReader, limit: int) -> bytes:
    """All of it. Raises `TooLongError`."""
    chunks, size = [], 0
    async for chunk in stream.iter_any():
        chunks.append(chunk)
        size += len(chunk)
        if size > limit:
            raise TooLongError
    return b"".join(chunks)


async def beginning(stream: aiohttp.StreamReader, limit: int) -> bytes:
    """Its first bytes, about `limit` of them at most: for an answer that is only shown in a message."""
    return await part(stream, 0, limit)


async def part(stream: aiohttp.StreamReader, skipped: int, size: int) -> bytes:
    """So many bytes after those that are skipped; fewer where there are no more."""
    found, size_found = [], 0
    async for chunk in stream.iter_any():
        rest = chunk[skipped:]
        skipped -= len(chunk) - len(rest)
        found.append(rest[: size - size_found])
        size_found += len(found[-1])
        if size_found == size:
            break
    return b"".join(found)


async def pieces(stream: aiohttp.StreamReader, skipped: int, size: int, total: int) -> AsyncIterator[bytes]:
    """`total` bytes after those that are skipped, `size` of them at a time; fewer where there are no more."""
    found = bytearray()
    async for chunk in stream.iter_any():
        rest = chunk[skipped:]
        skipped -= len(chunk) - len(rest)
        found += rest[:total]
        total -= len(rest[:total])
        while len(found) >= size:
            yield bytes(found[:size])
            del found[:size]
        if not total:
            break
    if found:
        yield bytes(found)


async def lines(stream: aiohttp.StreamReader, limit: int) -> AsyncIterator[bytes]:
    """Lines without their ends; a cut one at the end comes as it is. Raises `TooLongError` for a longer line."""
    rest = bytearray()
    async for chunk in stream.iter_any():
        first, *others = chunk.split(b"\n")
        rest += first
        for line in others:
            yield bytes(rest)
            rest = bytearray(line)
        if len(rest) > limit:
            raise TooLongError
    if rest.strip():
        yield bytes(rest)
