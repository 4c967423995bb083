"""How much memory documents of registries may take: each a little at any time, more when it is its tenant's turn."""

from contextlib import AsyncExitStack
from typing import Final

from aiapp.adapters.tenant_limiter import TenantLimiter

SMALL_BYTES: Final = 128 << 10
"""Indexes, manifests and nearly all configs have less."""
LARGE_AT_ONCE: Final = 2
"""Larger documents, of two tenants: each takes several times its size while it is read."""


class DocumentMemory:
    """For all documents of one session. Must be closed when none of them is in use any more."""

    def __init__(self, limiter: TenantLimiter, tenant: str) -> None:
        self._limiter = limiter
        self._tenant = tenant
        self._slot = AsyncExitStack()
        self._is_large = False

    async def reserve(self) -> None:
        """Waits until a document may be large."""
        if not self._is_large:
            await self._slot.enter_async_context(self._limiter.slot(self._tenant))
            self._is_large = True

    async def close(self) -> None:
        """Gives the slot back."""
        await self._slot.aclose()
