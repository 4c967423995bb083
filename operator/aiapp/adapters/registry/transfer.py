"""Carries blobs from one registry to another, piece by piece, and goes on where it stopped."""

import asyncio
import hashlib
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Final, Protocol
from weakref import WeakValueDictionary

from aiapp.adapters.registry.own_repository import OwnRepository, Upload, UploadLostError
from aiapp.adapters.registry.pieces import pieces
from aiapp.adapters.registry.repository import Repository, mismatch
from aiapp.domain.recent import Recent
from aiapp.oci.documents import Descriptor
from aiapp.oci.errors import Part
from aiapp.ports.registry import RegistryError

RESTARTS: Final = 3
"""Of one upload that the registry has lost."""
_KNOWN_BLOBS: Final = 8192
_KNOWN_UPLOADS: Final = 256


class Told(Protocol):
    """Is told how far a blob is."""

    def __call__(self, size: int, *, in_one_go: bool) -> None:
        """The own registry has `size` bytes of it; `in_one_go`: its registry sends no parts of it."""
        ...


@dataclass(slots=True)
class _Unfinished:
    """An upload that may go on."""

    upload: Upload
    hashed: "hashlib._Hash | None" = field(default_factory=hashlib.sha256)
    """Of the bytes that the registry has; None: another process sent the first ones, and only the registry verifies."""


class Transfer:
    """Remembers what lies where, and which uploads are not finished."""

    def __init__(self) -> None:
        self._where: Recent[tuple[str, str], str] = Recent(_KNOWN_BLOBS)
        """A repository of the own registry, by its tenant and the digest of a blob that it has.

        What a tenant names in a manifest of its own need not be its to read, so nothing of another one is mounted.
        """
        self._unfinished: Recent[tuple[str, str], _Unfinished] = Recent(_KNOWN_UPLOADS)
        self._locks: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    def unfinished(self) -> dict[str, str]:
        """Uploads that may go on, for `remember` of another process."""
        known = self._unfinished.items()
        return {f"{name}@{digest}": f"{one.upload.offset} {one.upload.url}" for (name, digest), one in known}

    def remember(self, uploads: Mapping[str, str]) -> None:
        """What `unfinished` of another process has told; what is no such thing is left out."""
        for key, text in uploads.items():
            name, _, digest = key.partition("@")
            offset, _, url = text.partition(" ")
            if offset.isdecimal() and url and (name, digest) not in self._unfinished:
                self._unfinished.put((name, digest), _Unfinished(Upload(url, int(offset)), None))

    async def carry(self, blob: Descriptor, source: Repository, own: OwnRepository, told: Told) -> None:
        """Until the own registry has the blob. `told` is called with the bytes that it has. Raises `RegistryError`."""
        key = (own.name, blob.digest)
        async with self._locks.setdefault(key, asyncio.Lock()):  # one upload for all who wait
            if not await own.has(blob):
                await self._begun_anew(blob, source, own, told)
        self._where.put((own.tenant, blob.digest), own.name)

    async def _begun_anew(self, blob: Descriptor, source: Repository, own: OwnRepository, told: Told) -> None:
        """Where the registry loses the upload."""
        for left in reversed(range(RESTARTS)):
            try:
                await self._uploaded(blob, source, own, told)
            except UploadLostError:
                self._unfinished.drop((own.name, blob.digest))
                if not left:
                    raise
            else:
                return

    async def _uploaded(self, blob: Descriptor, source: Repository, own: OwnRepository, told: Told) -> None:
        key = (own.name, blob.digest)
        unfinished = await self._begun(blob, source, own)
        if unfinished is None:
            return
        self._unfinished.put(key, unfinished)
        async with aclosing(pieces(blob, source, unfinished.upload.offset)) as found:
            async for piece in found:
                await self._sent(blob, own, unfinished, piece.content)
                told(unfinished.upload.offset, in_one_go=piece.in_one_go)
        hashed = unfinished.hashed
        if hashed is not None and (digest := f"sha256:{hashed.hexdigest()}") != blob.digest:
            self._unfinished.drop(key)
            await own.drop(blob, unfinished.upload)
            context = replace(source.context, part=Part.LAYER, digest=blob.digest)
            raise mismatch(f"sends another digest: {digest}", context)
        await own.end(blob, unfinished.upload)
        self._unfinished.drop(key)

    async def _begun(self, blob: Descriptor, source: Repository, own: OwnRepository) -> _Unfinished | None:
        """The upload to go on with; None: the blob could be taken from another repository of the own registry."""
        unfinished = self._unfinished.get((own.name, blob.digest))
        if unfinished is not None:
            known = await own.state(blob, unfinished.upload)
            if known.offset == unfinished.upload.offset:
                return _Unfinished(known, unfinished.hashed)
        upload = await own.begin(blob, self._mounted_from(blob, source, own))
        return _Unfinished(upload) if upload is not None else None

    def _mounted_from(self, blob: Descriptor, source: Repository, own: OwnRepository) -> str | None:
        if source.context.endpoint == own.context.endpoint:
            return source.context.reference.repository
        where = self._where.get((own.tenant, blob.digest))
        return where if where != own.name else None

    async def _sent(self, blob: Descriptor, own: OwnRepository, unfinished: _Unfinished, piece: bytes) -> None:
        """The next bytes; where it is not known whether they arrived, the registry says how many did."""
        hashed = unfinished.hashed.copy() if unfinished.hashed is not None else None
        if hashed is not None:
            await asyncio.to_thread(hashed.update, piece)
        try:
            upload = await own.send(blob, unfinished.upload, piece)
        except UploadLostError:
            raise
        except RegistryError as error:
            if not error.retryable:
                raise
            upload = await _sent_again(blob, own, unfinished.upload, piece, error)
        unfinished.upload, unfinished.hashed = upload, hashed


async def _sent_again(
    blob: Descriptor, own: OwnRepository, before: Upload, piece: bytes, error: RegistryError
) -> Upload:
    arrived = await own.state(blob, before)
    if not before.offset <= arrived.offset <= before.offset + len(piece):
        raise UploadLostError(error.reason, error.message, retryable=True) from error
    rest = piece[arrived.offset - before.offset :]
    return await own.send(blob, arrived, rest) if rest else arrived
