"""Lists our own kinds: where a watch of one begins, and now and then, to repair whatever watching may have lost."""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from aiapp.controller.cache import Cache
from aiapp.domain.kubernetes.child_kinds import trim_of
from aiapp.domain.kubernetes.resources import OWN, Resource
from aiapp.ports.kubernetes import ApiError, ListWatch

logger = logging.getLogger(__name__)

RETRY_SECONDS: Final = 2.0
REFUSED_SECONDS: Final = 30.0
"""Between two looks whether a namespace that may not be read may be again."""
HTTP_FORBIDDEN: Final = 403
JITTER: Final = 0.1


class Resync:
    """Fills the store from listings while `run` runs; `everything` puts every key into the queue once a period.

    `scopes`: by namespace what lists it; the empty one is all of them.
    """

    def __init__(
        self,
        scopes: Mapping[str, ListWatch],
        store: Cache[Any],
        everything: Callable[[], None],
        period: float,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.synced = asyncio.Event()
        """Set once every kind has been listed."""
        self._scopes = scopes
        self._store = store
        self._everything = everything
        self._period = period
        self._jitter = jitter
        self._kinds = list(OWN)
        self._unseen = set(OWN)
        self._due: set[Resource] = set()
        self._refused: set[Resource] = set()
        """Kinds that may not be listed in some namespace."""
        self._asked = asyncio.Event()

    def listed(self, kind: Resource) -> None:
        """A watch of that kind begins: what happened before it is listed."""
        self._due.add(kind)
        self._asked.set()

    def leave_out(self, kind: Resource) -> None:
        """Stop listing a kind that is not ours to list."""
        if kind in self._kinds:
            self._kinds.remove(kind)
            self._unseen.discard(kind)
            self._asked.set()

    async def run(self) -> None:
        """Lists until cancelled."""
        next_round = self._next_round()
        while True:
            await self._wait(next_round - time.monotonic())
            if time.monotonic() >= next_round:
                self._due.update(self._kinds)
                self._everything()
                next_round = self._next_round()
            self._due |= self._refused
            await self._list_due()

    def _next_round(self) -> float:
        return time.monotonic() + self._period * (1 - JITTER * self._jitter())

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(RETRY_SECONDS if self._due else self._patience(seconds)):
                await self._asked.wait()
        except TimeoutError:
            return

    def _patience(self, seconds: float) -> float:
        return min(seconds, REFUSED_SECONDS) if self._refused else seconds

    async def _list_due(self) -> None:
        self._asked.clear()
        due, self._due = self._due, set()
        for resource in self._kinds.copy():
            if resource in due:
                await self._list(resource)
        if not self._unseen:
            self.synced.set()

    async def _list(self, resource: Resource) -> None:
        try:
            await self._list_scopes(resource)
        except ApiError as error:
            # Kinds that are not served yet are what the CRD check is for; it says so.
            logger.info("listing %s: %s; again in %.0f s", resource.plural, error, RETRY_SECONDS)
            self._due.add(resource)
            return
        self._unseen.discard(resource)

    async def _list_scopes(self, resource: Resource) -> None:
        """Lists the kind in each namespace that may be read.

        Raises `ApiError` for the last that failed, when all others are listed.
        """
        failed: ApiError | None = None
        self._refused.discard(resource)
        for namespace, api in self._scopes.items():
            try:
                page = await api.list(resource, trim=trim_of(resource))
            except ApiError as error:
                if namespace and resource.namespaced and error.status == HTTP_FORBIDDEN:
                    self._refused.add(resource)
                else:
                    failed = error
                continue
            if not resource.namespaced:
                self._store.replace(resource, page.items, page.resource_version)
                return
            self._store.replace(resource, page.items, page.resource_version, namespace=namespace)
        if failed is not None:
            raise failed
