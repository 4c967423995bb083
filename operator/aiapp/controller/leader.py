"""Which of several replicas may write: the one that holds a Lease, as it knows by its own clock alone.

Times in the Lease are for people. Never stops anything itself: `leads` is asked before each write.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from aiapp.domain.kubernetes.resources import LEASES, Json
from aiapp.ports.clock import Clock
from aiapp.ports.kubernetes import Api, ApiError, ConflictError, NotFoundError

logger = logging.getLogger(__name__)

RENEW_SHARE: Final = 2 / 3
"""Share of its duration for which a lease is good for its holder; others wait for all of it."""
RETRY_SHARE: Final = 2 / 15
"""Share of its duration between two looks at the lease."""
JITTER: Final = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseSettings:
    """Which Lease, for whom, and how long it is good for."""

    namespace: str
    name: str
    identity: str
    """Of this process: no other one ever has it."""
    seconds: float


class Elector:
    """Tries to get and keep the lease while `run` runs; `on_change` is called when `leads` may have changed.

    `elapsed` gives seconds that go on while the machine sleeps and cannot be set; `clock` is for people.
    """

    def __init__(
        self,
        api: Api,
        settings: LeaseSettings,
        on_change: Callable[[], None],
        *,
        elapsed: Callable[[], float],
        clock: Clock,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._api = api
        self._settings = settings
        self._on_change = on_change
        self._elapsed = elapsed
        self._clock = clock
        self._jitter = jitter
        self._good_until: float | None = None
        self._seen = ""
        self._seen_at = 0.0
        self._reported = False
        self._answered_at: float | None = None
        self._fault = "not looked at yet"

    def leads(self) -> bool:
        """Whether this replica may write at this moment."""
        return self._good_until is not None and self._elapsed() < self._good_until

    def complaints(self) -> Iterator[str]:
        """A sentence while it is unknown who holds the lease: this replica may wait for a lead that it never gets."""
        answered_at = self._answered_at
        if answered_at is None or self._elapsed() - answered_at > self._settings.seconds:
            yield f"the Lease {self._settings.namespace}/{self._settings.name}: {self._fault}"

    async def run(self) -> None:
        """Tries until cancelled; then the lease is given back, so that another replica goes on at once."""
        try:
            while True:
                await self._round()
                self._report()
                await asyncio.sleep(self._settings.seconds * RETRY_SHARE * (1 - JITTER * self._jitter()))
                self._report()
        finally:
            await self._release()

    async def _round(self) -> None:
        began = self._elapsed()
        try:
            if await self._obtained():
                self._good_until = began + self._settings.seconds * RENEW_SHARE
        except ConflictError:
            logger.debug("the lease %s was written by another replica meanwhile", self._settings.name)
        except ApiError as error:
            logger.warning("the lease %s: %s", self._settings.name, error)
            self._fault = str(error)
            return
        self._answered_at = began

    async def _obtained(self) -> bool:
        """Whether this replica holds the lease from now on."""
        lease = await self._lease()
        if lease is None:
            await self._api.create({**_identified(self._settings), "spec": self._held({})})
        elif self._is_free(lease):
            await self._patch(lease, self._held(_spec(lease)))
        else:
            return False
        return True

    async def _lease(self) -> Json | None:
        try:
            return await self._api.get(LEASES, self._settings.namespace, self._settings.name)
        except NotFoundError:
            return None

    def _is_free(self, lease: Json) -> bool:
        """Whether no replica holds it, or this one does, or the holder has let it expire unrenewed."""
        version, spec = lease["metadata"]["resourceVersion"], _spec(lease)
        if version != self._seen:
            self._seen, self._seen_at = version, self._elapsed()
        seconds = max(float(spec.get("leaseDurationSeconds") or 0), self._settings.seconds)
        holder = spec.get("holderIdentity")
        return holder in (None, "", self._settings.identity) or self._elapsed() - self._seen_at > seconds

    async def _patch(self, lease: Json, spec: Json) -> None:
        """Raises `ConflictError` when the lease is no longer as it was seen."""
        unchanged = {"metadata": {"resourceVersion": lease["metadata"]["resourceVersion"]}}
        await self._api.patch(LEASES, self._settings.namespace, self._settings.name, {**unchanged, "spec": spec})

    def _held(self, spec: Json) -> Json:
        """The fields of the lease that change when this replica holds it."""
        now = f"{self._clock():%Y-%m-%dT%H:%M:%S.%fZ}"
        held = {"leaseDurationSeconds": max(1, round(self._settings.seconds)), "renewTime": now}
        if spec.get("holderIdentity") == self._settings.identity:
            return held
        transitions = int(spec.get("leaseTransitions") or 0) + 1 if spec else 0
        return held | {"holderIdentity": self._settings.identity, "acquireTime": now, "leaseTransitions": transitions}

    async def _release(self) -> None:
        """Gives up the lead, whatever becomes of the lease: nothing is written from here on."""
        led, self._good_until = self.leads(), None
        if not led:
            return
        try:
            lease = await self._lease()
            if lease is not None and _spec(lease).get("holderIdentity") == self._settings.identity:
                await self._patch(lease, {"holderIdentity": None})
        except ApiError as error:
            logger.info("the lease %s is not given back: %s", self._settings.name, error)

    def _report(self) -> None:
        leads = self.leads()
        if leads != self._reported:
            self._reported = leads
            logger.info("this replica %s (%s)", "leads" if leads else "does not lead any more", self._settings.identity)
            self._on_change()


def _spec(lease: Json) -> Json:
    """Empty of a lease that was made without one."""
    spec: Json = lease.get("spec") or {}
    return spec


def _identified(settings: LeaseSettings) -> Json:
    metadata = {"name": settings.name, "namespace": settings.namespace}
    return {"apiVersion": LEASES.api_version, "kind": LEASES.kind, "metadata": metadata}
