"""Object storage that packages are read from. Protocols and errors, no behaviour."""

from contextlib import AbstractAsyncContextManager
from typing import Final, Protocol

from aiapp.api.conditions import Reason
from aiapp.domain.objectstore.credentials import Credentials
from aiapp.domain.objectstore.listing import Listed, Listing
from aiapp.domain.objectstore.location import Location
from aiapp.ports.endpoints import EndpointError

SHORT_READ_BYTES: Final = 256 << 10
"""Of a file, or of a part of one: no more than nearly all code, configurations and headers of weights have. What is
longer takes ten times its size of memory while it is looked through: a store has one namespace read it at a time, and
whoever asks has one of it at a time."""


class StoreError(EndpointError):
    """Object storage did not give what was asked for."""


class ObjectChangedError(StoreError):
    """The object is no longer the one that was listed."""

    def __init__(self, key: str) -> None:
        super().__init__(
            Reason.LISTING_UNSTABLE, f"{key!r} changed or vanished while the package was read", retryable=True
        )


class ObjectStore(Protocol):
    """Reads packages in object storage. All methods raise `StoreError`."""

    async def list(self, location: Location, credentials: Credentials | None) -> Listing:
        """Every object under the location's prefix (at least one), with version ids where the store gives them."""
        ...

    async def read(self, location: Location, credentials: Credentials | None, listed: Listed, limit: int) -> bytes:
        """The bytes of exactly the object that was listed; `ObjectChangedError` when it is no longer there.

        Reads no more than `limit` bytes; a longer object is `LimitExceeded`.
        """
        ...

    async def read_range(
        self, location: Location, credentials: Credentials | None, listed: Listed, start: int, length: int
    ) -> bytes:
        """The `length` bytes from `start` of exactly the object that was listed, which has to be as long.

        `ObjectChangedError` when it is no longer there.
        """
        ...


class ObjectHistory(Protocol):
    """Knows what an object store still holds. Raises `StoreError`."""

    async def history(self, location: Location, credentials: Credentials | None) -> Listing:
        """The result of `ObjectStore.list`, with the versions that the store keeps of replaced and removed objects."""
        ...


class HashingStore(ObjectStore, Protocol):
    """An object store that may know hashes of what it holds."""

    async def sha256(self, location: Location, credentials: Credentials | None, listed: Listed) -> str | None:
        """SHA-256 of the whole object, in lower-case hex; None when the store does not know it. Raises `StoreError`."""
        ...


class PackageStore(HashingStore, ObjectHistory, Protocol):
    """Everything that is asked of object storage."""


class PackageStores(Protocol):
    """Object storage for everybody: the large listings of one tenant wait for each other."""

    def session(self, tenant: str) -> AbstractAsyncContextManager[PackageStore]:
        """For one look at a package by a namespace; no listing is kept beyond its end."""
        ...
