"""Copies of images that are under way, beside the workers: a reconcile asks how far one is, and is woken at its end.

Never decides what is copied.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from aiapp.api.conditions import Reason
from aiapp.api.image import ImageStatus
from aiapp.controller.workqueue import Key
from aiapp.domain.images.reference import Reference
from aiapp.domain.images.replica import CopyProgress
from aiapp.domain.images.status import found_again
from aiapp.oci.access import RegistryAccess
from aiapp.ports.endpoints import TenantSlots
from aiapp.ports.registry import ImageCopier, RegistryError

AT_ONCE: Final = 2
"""Of two namespaces."""
PROGRESS_SECONDS: Final = 10.0
"""How far a copy is, is said this often."""
TURN_SECONDS: Final = 600.0
"""After so long a copy stops at the end of a piece and goes on when those who wait had their turn; where a registry
sends a layer in one go or not at all, at the end of that layer.
"""
STOP_SECONDS: Final = 2.0
"""A piece that is on its way when everything ends has so long to arrive."""

Reach = Callable[[], Awaitable[RegistryAccess]]
"""How the registry is reached, as it is when a turn begins: any number of copies may wait, and logins and authorities
of each have up to a megabyte. Raises `RegistryError`.
"""


class _TurnOverError(Exception):
    """A copy stops for a while."""


@dataclass(slots=True)
class Copying:
    """A copy that is under way."""

    image: ImageStatus
    """And no more of it: configurations of images are long, and any number of copies may wait."""
    progress: CopyProgress | None = None
    """None: it waits for its turn."""


@dataclass(frozen=True, slots=True)
class _Job:
    state: Copying
    task: "asyncio.Task[Reference]"


class Copies:
    """Belongs to one event loop. `wake` is called with the key of a version whose copy has ended."""

    def __init__(
        self,
        copier: ImageCopier,
        slots: TenantSlots,
        wake: Callable[[Key], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._copier = copier
        self._slots = slots
        self._wake = wake
        self._monotonic = monotonic
        self._stops = False
        self._jobs: dict[Key, _Job] = {}

    def under_way(self, key: Key) -> ImageStatus | None:
        """The image that is copied for a version: what its tag means by now does not matter."""
        job = self._jobs.get(key)
        return job.state.image if job is not None else None

    def copied(self, key: Key, image: ImageStatus, reach: Reach) -> Copying | Reference:
        """The copy; or how far it is, which begins it. Raises `RegistryError` once for an attempt that has failed."""
        job = self._jobs.get(key)
        if job is None or job.state.image.digest != image.digest:
            self.forget(key)
            job = self._jobs[key] = self._begun(key, Copying(image), reach)
        if not job.task.done():
            return job.state
        del self._jobs[key]
        return job.task.result()

    async def holds(self, image: ImageStatus, namespace: str) -> bool:
        """Whether a copy is there. Raises `RegistryError`."""
        return await self._copier.holds(found_again(image), namespace)

    def forget(self, key: Key) -> None:
        """Ends the copy for a version that is gone."""
        job = self._jobs.pop(key, None)
        if job is not None:
            job.task.cancel()

    async def run(self) -> None:
        """Until it is cancelled; then every copy stops, and may go on in another process."""
        self._stops = False
        try:
            await asyncio.Event().wait()
        finally:
            self._stops = True
            tasks = [job.task for job in self._jobs.values()]
            self._jobs.clear()
            if tasks:
                await asyncio.wait(tasks, timeout=STOP_SECONDS)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _begun(self, key: Key, state: Copying, reach: Reach) -> _Job:
        job = _Job(state, asyncio.create_task(self._run(key, state, reach)))
        job.task.add_done_callback(partial(self._ended, key, job))
        return job

    def _ended(self, key: Key, job: _Job, task: "asyncio.Task[Reference]") -> None:
        if not task.cancelled():
            task.exception()  # seen, also where nobody asks any more
        if self._jobs.get(key) is job:
            self._wake(key)

    async def _run(self, key: Key, state: Copying, reach: Reach) -> Reference:
        """In turns, so that nobody waits for the end of what a slow registry sends."""
        while True:
            async with self._slots.slot(key.namespace):
                try:
                    return await self._turn(key, state, reach)
                except _TurnOverError:
                    if self._stops:
                        raise

    async def _turn(self, key: Key, state: Copying, reach: Reach) -> Reference:
        ends = self._monotonic() + TURN_SECONDS

        def told(progress: CopyProgress) -> None:
            state.progress = progress
            is_over = self._monotonic() > ends and progress.without_parts is None
            if self._stops or is_over:
                raise _TurnOverError

        try:
            return await self._copier.copy(found_again(state.image), await reach(), key.namespace, told)
        except (RegistryError, _TurnOverError):
            raise
        except Exception as error:
            message = f"{state.image.reference} could not be copied ({type(error).__name__})"
            raise RegistryError(Reason.INTERNAL_ERROR, message, retryable=True) from error
