"""Limits concurrent work: a tenant has at most one slot at a time, and the one that waits longest is next."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from weakref import WeakValueDictionary


class TenantLimiter:
    """Belongs to one event loop."""

    def __init__(self, slots: int) -> None:
        self._slots = asyncio.Semaphore(slots)
        self._tenants: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def slot(self, tenant: str) -> AsyncIterator[None]:
        """Waits for a slot, and gives it back at the end of the context."""
        own = self._tenants.setdefault(tenant, asyncio.Lock())  # forgotten when it is neither held nor awaited
        async with own, self._slots:
            yield


class LateSlot:
    """A tenant's slot that is taken once it is needed and held from then on. Must be closed."""

    def __init__(self, limiter: TenantLimiter, tenant: str) -> None:
        self._limiter = limiter
        self._tenant = tenant
        self._held = AsyncExitStack()
        self._is_held = False
        self._taking = asyncio.Lock()

    async def take(self) -> None:
        """Waits for the slot, unless it is held already: also by another task of its own, which it would wait for."""
        async with self._taking:
            if not self._is_held:
                await self._held.enter_async_context(self._limiter.slot(self._tenant))
                self._is_held = True

    async def close(self) -> None:
        """Gives the slot back."""
        await self._held.aclose()
