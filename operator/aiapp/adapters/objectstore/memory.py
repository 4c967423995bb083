"""How much memory listings and files may take: each a little at any time, and more when it is its tenant's turn."""

from typing import Final

from aiapp.adapters.tenant_limiter import LateSlot
from aiapp.api.conditions import Reason
from aiapp.ports.objectstore import SHORT_READ_BYTES, StoreError

SMALL_BYTES: Final = 2 << 20
"""Packed. Some 40,000 objects with usual names take as much."""
MAX_BYTES: Final = 16 << 20
"""Packed. A listing with which a manifest can be kept in ConfigMaps takes less than 14 MiB."""
LARGE_AT_ONCE: Final = 2
"""Listings larger than the small ones, of two tenants: each takes several times its size while it is worked on."""


class PackageMemory(LateSlot):
    """The memory for all that one session reads. Must be closed when nothing of it is in use any more."""

    async def reserve(self, packed_bytes: int, uri: str) -> None:
        """Waits until a listing may be so large. Raises `StoreError` (LimitExceeded) if it never may."""
        if packed_bytes > MAX_BYTES:
            message = (
                f"the names under {uri} take more than {MAX_BYTES >> 20} MiB when they are compressed, so that their "
                "manifest could not be kept: pack small files together, or give them shorter names"
            )
            raise StoreError(Reason.LIMIT_EXCEEDED, message, retryable=False)
        if packed_bytes > SMALL_BYTES:
            await self.take()

    async def reserve_file(self, size: int) -> None:
        """Waits until so much of a file may be read."""
        if size > SHORT_READ_BYTES:
            await self.take()
