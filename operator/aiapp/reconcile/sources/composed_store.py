"""The package that a template makes, as a store: inspected like one that lies in a single folder.

Reads what it lists from the object store, or has it from the template. Never writes anything.
"""

import hashlib
from dataclasses import dataclass, field, replace
from typing import Final

from typing_extensions import override

from aiapp.api.conditions import Reason
from aiapp.domain.objectstore.credentials import Credentials
from aiapp.domain.objectstore.listing import Listed, Listing
from aiapp.domain.objectstore.location import Location, prefix_of
from aiapp.domain.package.refusal import Refusal
from aiapp.domain.templates.choice import Choice, FilledInput
from aiapp.domain.templates.composition import Composition, compose
from aiapp.ports.objectstore import HashingStore, ObjectChangedError, StoreError
from aiapp.reconcile.offload import offload

EMPTY: Final = Composition(())


class CompositionRefusedError(Exception):
    """The template and the inputs give no package; a user has to fix that."""

    def __init__(self, refusal: Refusal, listing: str) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal
        self.listing = listing
        """Digest of what was listed."""


@dataclass(slots=True)
class ComposedStore(HashingStore):
    """`list` raises `CompositionRefusedError` as well. The location that is asked for is the bucket of all inputs."""

    choice: Choice
    store: HashingStore
    max_objects: int
    """Of all inputs together."""
    package: Composition = field(default=EMPTY)
    """The package as it was listed last."""

    @override
    async def list(self, location: Location, credentials: Credentials | None) -> Listing:
        found = [await self._listed(filled, location, credentials) for filled in self.choice.inputs]
        self._require_few(sum(len(listing) for listing, _ in found))
        package = await offload(lambda: compose(self.choice, found))
        if isinstance(package, Refusal):
            digests = "\n".join(listing.digest for listing, _ in found)
            raise CompositionRefusedError(package, f"sha256:{hashlib.sha256(digests.encode()).hexdigest()}")
        self.package = package
        return await offload(package.listing)

    @override
    async def read(self, location: Location, credentials: Credentials | None, listed: Listed, limit: int) -> bytes:
        place = self._place(listed)
        return place if isinstance(place, bytes) else await self.store.read(location, credentials, place, limit)

    @override
    async def read_range(
        self, location: Location, credentials: Credentials | None, listed: Listed, start: int, length: int
    ) -> bytes:
        place = self._place(listed)
        if isinstance(place, bytes):
            return place[start : start + length]
        return await self.store.read_range(location, credentials, place, start, length)

    @override
    async def sha256(self, location: Location, credentials: Credentials | None, listed: Listed) -> str | None:
        place = self._place(listed)
        if isinstance(place, bytes):
            return hashlib.sha256(place).hexdigest()
        return await self.store.sha256(location, credentials, place)

    def _place(self, listed: Listed) -> Listed | bytes:
        found = self.package.find(listed.key)
        if found is None:
            raise ObjectChangedError(listed.key)
        return found.place

    async def _listed(
        self, filled: FilledInput, location: Location, credentials: Credentials | None
    ) -> tuple[Listing, str]:
        where = replace(location, prefix=prefix_of(filled.uri))
        try:
            return await self.store.list(where, credentials), where.prefix
        except StoreError as error:
            message = f"input {filled.input.name}: {error.message}"
            raise StoreError(error.reason, message, retryable=error.retryable) from error

    def _require_few(self, objects: int) -> None:
        if objects > self.max_objects:
            message = f"the inputs have {objects} objects together; at most {self.max_objects} (AIAPP_MAX_OBJECTS)"
            raise StoreError(Reason.LIMIT_EXCEEDED, message, retryable=False)
