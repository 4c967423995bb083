"""Places that tenants take in turn: none has more than one at a time, and the one that waits longest is next."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary


class Turns:
    """Belongs to one event loop."""

    def __init__(self, places: int) -> None:
        self._places = asyncio.Semaphore(places)
        self._tenants: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def turn(self, tenant: str) -> AsyncIterator[None]:
        """Waits for a place, and gives it back at the end of the context."""
        own = self._tenants.setdefault(tenant, asyncio.Lock())  # forgotten when nobody holds or awaits it
        async with own, self._places:
            yield
