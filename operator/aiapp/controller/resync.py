"""Lists our own kinds now and then: the first complete view, and a repair of whatever watching them may have lost."""

import asyncio
import logging
import random
from collections.abc import Callable
from typing import Any, Final

from aiapp.controller.cache import Cache
from aiapp.domain.kubernetes.child_kinds import trim_of
from aiapp.domain.kubernetes.resources import OWN
from aiapp.ports import Api, ApiError

logger = logging.getLogger(__name__)

RETRY_SECONDS: Final = 2.0
JITTER: Final = 0.1


class Resync:
    """Fills the store from listings while `run` runs; `everything` puts every key into the queue after each."""

    def __init__(
        self,
        api: Api,
        store: Cache[Any],
        everything: Callable[[], None],
        period: float,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.synced = asyncio.Event()
        """Set from the first complete listing on."""
        self._api = api
        self._store = store
        self._everything = everything
        self._period = period
        self._jitter = jitter

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self._list()
            except ApiError as error:
                # Kinds that are not served yet are what the CRD check is for; it says so.
                logger.info("listing our kinds: %s; again in %.0f s", error, RETRY_SECONDS)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            self.synced.set()
            self._everything()
            await asyncio.sleep(self._period * (1 - JITTER * self._jitter()))

    async def _list(self) -> None:
        for resource in OWN:
            page = await self._api.list(resource, trim=trim_of(resource))
            self._store.replace(resource, page.items, page.resource_version)
