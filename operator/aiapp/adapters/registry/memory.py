"""How much memory documents of registries may take: each a little at any time, more when it is its tenant's turn."""

from typing import Final

from aiapp.adapters.tenant_limiter import LateSlot

SMALL_BYTES: Final = 128 << 10
"""Indexes, manifests and nearly all configs have less."""
LARGE_AT_ONCE: Final = 2
"""Larger documents, of two tenants: each takes several times its size while it is read."""


class DocumentMemory(LateSlot):
    """For all documents of one session. Must be closed when none of them is in use any more."""

    async def reserve(self, size: int) -> None:
        """Waits until a document may be so large."""
        if size > SMALL_BYTES:
            await self.take()
