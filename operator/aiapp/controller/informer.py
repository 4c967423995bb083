"""Keeps a sink in step with one collection of the API server: list, watch, list again. Never changes the cluster."""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Protocol

from aiapp.domain.kubernetes.resources import Json, Resource
from aiapp.domain.kubernetes.trimming import without_managed_fields
from aiapp.ports.kubernetes import NOT_SERVED, ApiError, ListWatch, Trim, WatchEvent

logger = logging.getLogger(__name__)

BACKOFF_FIRST_SECONDS: Final = 0.5
BACKOFF_CAP_SECONDS: Final = 30.0
HTTP_FORBIDDEN: Final = 403
HTTP_GONE: Final = 410
ALL: Final = str(2**63 - 1)
"""As the resourceVersion of a listing: later than whatever was seen before."""


class ServedListener(Protocol):
    """Is told whether the cluster serves a kind, and lets the operator read it."""

    def __call__(self, resource: Resource, *, is_served: bool) -> None: ...


def _nobody(resource: Resource, *, is_served: bool) -> None:
    """Nobody asks whether the kind is served."""


class Sink(Protocol):
    """Takes what is seen; `Cache` is one."""

    def replace(self, resource: Resource, documents: Iterable[Json], resource_version: str) -> None: ...

    def put(self, resource: Resource, document: Json) -> None: ...

    def remove(self, resource: Resource, document: Json) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """What is watched."""

    resource: Resource
    name: str = ""
    """How people call it, where the resource's plural would not tell it apart."""
    selector: str = ""
    """Label selector."""
    fields: str = ""
    """Field selector."""
    trim: Trim = without_managed_fields
    """What is kept of an object: at least name, namespace, uid and resourceVersion; None for one without interest."""
    is_optional: bool = False
    """Whether the cluster may not serve the kind: there are none then, and it is looked for now and then."""
    is_of_one_namespace: bool = False
    """Whether the operator may not be allowed to read it: the namespace may be gone, and there are none then."""
    without: str = ""
    """What is lost where the operator may not read it, which is no fault then; empty: it is one."""

    @property
    def title(self) -> str:
        return self.name or self.resource.plural


@dataclass(frozen=True, slots=True, kw_only=True)
class InformerTiming:
    """Seconds, and the sources of time (monotonic) and chance."""

    resync: float = 600.0
    """Everything is listed again after this long, which repairs whatever a watch may have lost."""
    clock: Callable[[], float] = time.monotonic
    jitter: Callable[[], float] = random.random


class Informer:
    """One collection, kept in a sink while `run` runs."""

    def __init__(
        self,
        api: ListWatch,
        collection: Collection,
        sink: Sink,
        pace: InformerTiming | None = None,
        on_served: ServedListener = _nobody,
    ) -> None:
        """`on_served` is told after every listing whether the kind is served and may be read."""
        self.collection = collection
        self.synced = asyncio.Event()
        """Set from the first complete listing on."""
        self._api = api
        self._sink = sink
        self._pace = pace or InformerTiming()
        self._on_served = on_served
        self._contact = self._progress = self._pace.clock()
        self._version = ""
        self._failures = 0
        self._is_served = True

    def silence(self) -> float:
        """Seconds since the last message of the API server; bookmarks come every minute."""
        return self._pace.clock() - self._contact

    def idleness(self) -> float:
        """Seconds since this last heard or tried anything; an API server that is down does not count."""
        return self._pace.clock() - self._progress

    async def run(self) -> None:
        """Lists and watches until cancelled."""
        while True:
            try:
                await self._list()
                await self._follow(self._pace.clock() + self._pace.resync * (1 - 0.1 * self._pace.jitter()))
            except ApiError as error:
                await self._pause(error, logging.DEBUG if self._is_answered_by(error) else logging.INFO)

    def _is_answered_by(self, error: ApiError) -> bool:
        """Whether the error is one that means that there are none."""
        if self._is_absence(error):
            self._none()
        elif self.collection.without and error.status == HTTP_FORBIDDEN:
            self._do_without(error)
        elif self.collection.is_of_one_namespace and error.status == HTTP_FORBIDDEN:
            self._none()
        else:
            return False
        return True

    def _is_absence(self, error: ApiError) -> bool:
        return self.collection.is_optional and error.reason == NOT_SERVED

    def _none(self) -> None:
        """The kind is not served, or no longer: its objects went with it. That is an answer too."""
        self._contact = self._pace.clock()
        self._sink.replace(self.collection.resource, (), ALL)
        self._note_served(is_served=False)
        self.synced.set()

    def _note_served(self, *, is_served: bool) -> None:
        if self.collection.is_optional and is_served != self._is_served:
            logger.info(
                "%s: %s", self.collection.title, "served from now on" if is_served else "there are none for now"
            )
        self._is_served = is_served
        self._on_served(self.collection.resource, is_served=is_served)

    def _do_without(self, error: ApiError) -> None:
        if not self.synced.is_set():
            logger.warning("%s may not be read (%s): %s", self.collection.title, error.message, self.collection.without)
        self._none()

    async def _list(self) -> None:
        collection = self.collection
        page = await self._api.list(
            collection.resource, selector=collection.selector, fields=collection.fields, trim=collection.trim
        )
        self._heard(page.resource_version)
        self._sink.replace(collection.resource, page.items, page.resource_version)
        self._note_served(is_served=True)
        self.synced.set()

    async def _follow(self, until: float) -> None:
        """Watch after watch from where the last one ended, until a listing is due."""
        while self._pace.clock() < until:
            try:
                await self._watch()
            except ApiError as error:
                if error.status == HTTP_GONE:
                    logger.info("%s: too far behind, listing again", self.collection.title)
                    return
                if self._is_absence(error):
                    return
                await self._pause(error)

    async def _watch(self) -> None:
        collection = self.collection
        began = self._version
        async for event in self._api.watch(
            collection.resource,
            selector=collection.selector,
            fields=collection.fields,
            resource_version=self._version,
        ):
            self._take(event)
        if began == self._version:
            # A stream that ends without a word, again and again, must not become a busy loop.
            await asyncio.sleep(BACKOFF_FIRST_SECONDS)

    def _take(self, event: WatchEvent) -> None:
        self._heard(event.object["metadata"]["resourceVersion"])
        resource = self.collection.resource
        if event.type == "BOOKMARK":
            return
        kept = None if event.type == "DELETED" else self.collection.trim(event.object)
        if kept is None:
            self._sink.remove(resource, event.object)
        else:
            self._sink.put(resource, kept)

    def _heard(self, resource_version: str) -> None:
        self._version = resource_version
        self._contact = self._progress = self._pace.clock()
        self._failures = 0

    async def _pause(self, error: ApiError, level: int = logging.INFO) -> None:
        ceiling = min(BACKOFF_FIRST_SECONDS * 2.0**self._failures, BACKOFF_CAP_SECONDS)
        self._failures = min(self._failures + 1, 16)
        self._progress = self._pace.clock()
        wait = ceiling * (0.5 + self._pace.jitter() / 2)
        logger.log(level, "%s: %s; again in %.1f s", self.collection.title, error, wait)
        await asyncio.sleep(wait)
