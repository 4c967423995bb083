"""Object storage in memory: one package under a prefix, with what a test makes of it."""

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Final, Literal

from typing_extensions import override

from aiapp.domain.objectstore.credentials import Credentials
from aiapp.domain.objectstore.listing import Listed, Listing, ListingPacker
from aiapp.domain.objectstore.location import Location
from aiapp.ports.objectstore import ObjectChangedError, PackageStore, PackageStores, StoreError

PACKAGE: Final[Mapping[str, bytes]] = {
    "config.json": b'{"model_algorithm": "x", "model_type": "PyTorch"}',
    "customize_service.py": b"",
    "a.pth": b"w",
}
PREFIX: Final = "mnist/1.0.0/"
PAGE: Final = 1000
"""Objects of one answer."""


class Bucket(PackageStore, PackageStores):
    """A store that answers at once and truly, unless a test sets something else."""

    def __init__(self, files: Mapping[str, bytes] = PACKAGE, prefix: str = PREFIX, hashed: Iterable[str] = ()) -> None:
        self.files = dict(files)
        self.prefix = prefix
        self.hashed = set(hashed)
        """Files of which it knows the SHA-256."""
        self.etag: Callable[[bytes], str] = lambda data: hashlib.sha256(data).hexdigest()[:32]
        self.before: dict[Literal["list", "read"], Callable[[int], None]] = {}
        """What happens just before an answer: gets the number of such answers, with this one."""
        self.fault: StoreError | None = None
        """What it answers instead."""
        self.answers = asyncio.Event()
        """While this is not set it does not answer."""
        self.answers.set()
        self.listed: list[Location] = []
        """What was listed."""
        self.asked: list[str] = []
        """The files that were read, or of which the hash was asked for."""
        self.parts: list[tuple[str, int, int]] = []
        """Files of which a range was read: its start and length."""
        self._reads = 0

    @override
    def session(self, tenant: str) -> AbstractAsyncContextManager[PackageStore]:
        return nullcontext(self)

    @override
    async def list(self, location: Location, credentials: Credentials | None) -> Listing:
        self.listed.append(location)
        await self._answer("list", len(self.listed))
        objects, packer = self.objects, ListingPacker()
        for start in range(0, len(objects), PAGE):
            packer.add(objects[start : start + PAGE])
        return packer.listing()

    @override
    async def history(self, location: Location, credentials: Credentials | None) -> Listing:
        return await self.list(location, credentials)

    @override
    async def read(self, location: Location, credentials: Credentials | None, listed: Listed, limit: int) -> bytes:
        self._reads += 1
        await self._answer("read", self._reads)
        return self._file(listed)

    @override
    async def read_range(
        self, location: Location, credentials: Credentials | None, listed: Listed, start: int, length: int
    ) -> bytes:
        self._reads += 1
        await self._answer("read", self._reads)
        part = self._file(listed)[start : start + length]
        self.parts.append((self.asked[-1], start, length))
        if len(part) != length:
            raise ObjectChangedError(listed.key)
        return part

    @override
    async def sha256(self, location: Location, credentials: Credentials | None, listed: Listed) -> str | None:
        await self._answer()
        data = self._file(listed)
        return hashlib.sha256(data).hexdigest() if self.asked[-1] in self.hashed else None

    @property
    def objects(self) -> tuple[Listed, ...]:
        """As it lists them."""
        return tuple(Listed(f"{self.prefix}{path}", len(data), self.etag(data)) for path, data in self.files.items())

    async def _answer(self, what: Literal["list", "read"] | None = None, number: int = 0) -> None:
        await self.answers.wait()
        if self.fault is not None:
            raise self.fault
        if what in self.before:
            self.before[what](number)

    def _file(self, listed: Listed) -> bytes:
        if listed not in self.objects:
            raise ObjectChangedError(listed.key)
        self.asked.append(listed.key.removeprefix(self.prefix))
        return self.files[self.asked[-1]]
