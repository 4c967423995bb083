"""Reads what the files of a weights folder say of themselves: of each shard the header, by a range, never a tensor.

Raises `StoreError`, as every look at a package; what the files break is a refusal.
"""

import asyncio
from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from aiapp.api.conditions import Reason
from aiapp.domain.objectstore.credentials import Credentials
from aiapp.domain.objectstore.keys import shown
from aiapp.domain.objectstore.listing import Listed, Listing
from aiapp.domain.objectstore.location import Location
from aiapp.domain.package.layout import Layout
from aiapp.domain.package.refusal import Refusal, refusal_at, together
from aiapp.domain.weights import safetensors
from aiapp.domain.weights.found import FoundWeights, is_quantized_by_ascend
from aiapp.domain.weights.license import CARD, MAX_HEAD_BYTES, stated_license
from aiapp.domain.weights.model_config import ModelConfig
from aiapp.domain.weights.safetensors import LENGTH_BYTES, MAX_HEADERS_BYTES, HeaderError, Tally
from aiapp.domain.weights.shards import (
    INDEX,
    MAX_INDEX_BYTES,
    MAX_SHARDS,
    IndexUnreadableError,
    has_tokenizer,
    license_file,
    other_weights,
    shards_by_name,
    shards_of_index,
)
from aiapp.ports.objectstore import SHORT_READ_BYTES, ObjectStore
from aiapp.reconcile.offload import offload

FIRST_BYTES: Final = 64 * 1024
"""Read of each file at first: the headers of most are no longer, so that one request does."""
FILES_AT_ONCE: Final = 4
"""Headers of so many files are read at the same time for one package."""
_MAX_NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class FilesOfPackage:
    """The files at the root of one listed package, and how they are read."""

    where: Location
    credentials: Credentials | None
    store: ObjectStore
    listing: Listing
    layout: Layout

    def listed(self, path: str) -> Listed | None:
        """The file as the store lists it."""
        return self.listing.find(f"{self.where.prefix}{self.layout.root}{path}")

    async def beginning(self, listed: Listed, length: int) -> bytes:
        """Its first bytes, or all of them where it is shorter."""
        return await self.part(listed, 0, min(length, listed.size))

    async def part(self, listed: Listed, start: int, length: int) -> bytes:
        """A store refuses a range of nothing."""
        if not length:
            return b""
        return await self.store.read_range(self.where, self.credentials, listed, start, length)


@dataclass(slots=True)
class _Headers:
    """How much has been read of all headers of a package."""

    bytes: int = 0
    long: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while a long one is in memory."""

    def add(self, length: int) -> None:
        """Raises `HeaderError` where it is too much."""
        self.bytes += length
        if self.bytes > MAX_HEADERS_BYTES:
            message = f"the headers up to this one have {self.bytes} bytes; at most {MAX_HEADERS_BYTES} are read"
            raise HeaderError(message)


async def find_weights(package: FilesOfPackage, config: ModelConfig) -> FoundWeights | Refusal:
    """What the folder with this configuration holds."""
    shards = await _shards(package)
    if isinstance(shards, Refusal):
        return shards
    files = package.layout.files
    others = {} if shards else await offload(partial(other_weights, files))
    if not shards and not others:
        return _no_weights(package.layout)
    tally = await _tally(package, shards)
    if isinstance(tally, Refusal):
        return tally
    names = await offload(lambda: [path for path in files if "/" not in path])
    return FoundWeights(
        config=config,
        tally=tally if shards else None,
        others=others,
        license=await _license(package),
        license_file=license_file(names),
        tokenizer=has_tokenizer(names),
        by_ascend=any(map(is_quantized_by_ascend, names)),
    )


async def _shards(package: FilesOfPackage) -> tuple[str, ...] | Refusal:
    """The safetensors files that are the model; none where there are none."""
    index = package.listed(INDEX)
    if index is None:
        found = await offload(partial(shards_by_name, package.layout.files))
        return found if len(found) <= MAX_SHARDS else _too_many(package.layout, len(found))
    name = package.layout.name(INDEX)
    if index.size > MAX_INDEX_BYTES:
        return refusal_at(
            Reason.WEIGHTS_INVALID, f"it has {index.size} bytes; at most {MAX_INDEX_BYTES} are read", name
        )
    data = await package.store.read(package.where, package.credentials, index, MAX_INDEX_BYTES)
    try:
        named = await offload(partial(shards_of_index, data))
    except IndexUnreadableError as error:
        return refusal_at(Reason.WEIGHTS_INVALID, str(error), name)
    absent = [path for path in named if package.listed(path) is None]
    return _absent(package.layout, absent, len(named)) if absent or not named else named


async def _tally(package: FilesOfPackage, shards: Iterable[str]) -> Tally | Refusal:
    """Of all files, or what is wrong with each of the first that are at fault."""
    slots, headers = asyncio.Semaphore(FILES_AT_ONCE), _Headers()

    async def one(path: str) -> Tally | Refusal:
        async with slots:
            return await _of_file(package, path, headers)

    found = await asyncio.gather(*map(one, shards))
    refusals = [each for each in found if isinstance(each, Refusal)]
    if refusals:
        return together(refusals[:_MAX_NAMED])
    return safetensors.together(each for each in found if isinstance(each, Tally))


async def _of_file(package: FilesOfPackage, path: str, headers: _Headers) -> Tally | Refusal:
    listed = package.listed(path)
    assert listed is not None  # its name is from the listing, or was looked up there
    try:
        return await _tally_of(package, listed, headers)
    except HeaderError as error:
        return refusal_at(Reason.WEIGHTS_INVALID, str(error), package.layout.name(path))


async def _tally_of(package: FilesOfPackage, listed: Listed, headers: _Headers) -> Tally:
    """Raises `HeaderError`."""
    first = await package.beginning(listed, FIRST_BYTES)
    length = safetensors.header_length(first, listed.size)
    headers.add(length)
    end = LENGTH_BYTES + length
    async with headers.long if length > SHORT_READ_BYTES else nullcontext():
        rest = await package.part(listed, len(first), max(end - len(first), 0))
        header = (first + rest)[LENGTH_BYTES:end]
        return await offload(partial(safetensors.tally, header, listed.size))


async def _license(package: FilesOfPackage) -> str | None:
    card = package.listed(CARD)
    return None if card is None else stated_license(await package.beginning(card, MAX_HEAD_BYTES))


def _no_weights(layout: Layout) -> Refusal:
    return Refusal(
        Reason.MODEL_FILES_MISSING,
        f"{layout.name('config.json')} is that of a model, but no weights lie beside or below it: no {INDEX}, no "
        "*.safetensors and no other file of weights",
    )


def _absent(layout: Layout, absent: list[str], named: int) -> Refusal:
    """Of the files that the index names."""
    if not named:
        return refusal_at(Reason.WEIGHTS_INVALID, "its weight_map names no file", layout.name(INDEX))
    names = ", ".join(shown(layout.name(path)) for path in absent[:_MAX_NAMED])
    more = f" and {len(absent) - _MAX_NAMED} more" if len(absent) > _MAX_NAMED else ""
    message = f"{layout.name(INDEX)} names {named} files, of which {names}{more} do not exist: upload them"
    return Refusal(Reason.MODEL_FILES_MISSING, message)


def _too_many(layout: Layout, files: int) -> Refusal:
    message = f"{files} safetensors files lie in {layout.root or './'}; at most {MAX_SHARDS} are read"
    return Refusal(Reason.LIMIT_EXCEEDED, message)
