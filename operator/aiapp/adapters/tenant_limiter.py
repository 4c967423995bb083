"""Limits concurrent work: a tenant has at most one slot at a time, and the one that waits longest is next."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
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
