"""Compares pinned versions with their stores: now and then, on request, and when a fetch found something else.

Never changes what is pinned; the reconciler of versions reports the result. Writes a manifest again that was
deleted, if the store still lists exactly what was pinned.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from aiapp.api.conditions import ConditionType, Reason
from aiapp.controller.cache import Cache
from aiapp.controller.workers import Outcome
from aiapp.controller.workqueue import Key, WorkQueue
from aiapp.domain.conditions import Finding, State, unknown
from aiapp.domain.kubernetes.resources import VERSIONS
from aiapp.domain.nodes.facts import NodeFacts
from aiapp.domain.records import VersionRecord
from aiapp.domain.sources.raw import store_of
from aiapp.domain.version.drift import DriftResult, recalled
from aiapp.domain.version.status import is_pinned
from aiapp.reconcile.import_slots import ASK_AGAIN_SECONDS, StoreSlots
from aiapp.reconcile.refusals import cause
from aiapp.reconcile.sources.sources import Sources

DRIFT: Final = "Drift"
"""The kind of the keys that stand for a look at a version's store."""
AT_ONCE: Final = 4
"""Looks at the same time, of which one namespace has half: imports need the store more."""
UNKNOWN_SECONDS: Final = 600.0
"""A store that could not be asked is asked again after this long at the latest."""
SUSPICION_SECONDS: Final = 300.0
"""Failing fetches make the operator look at most this often: a pod in trouble tries every few minutes."""
JITTER: Final = 0.1


@dataclass(frozen=True, slots=True)
class DriftTiming:
    """When to look, and the sources of time (monotonic) and chance."""

    interval: float
    """Seconds between two looks at one version; 0: only on request."""
    clock: Callable[[], float]
    uniform: Callable[[], float] = random.random


@dataclass(slots=True)
class _Watched:
    """One version that is looked at."""

    asked: str | None = None
    """The request for which a look is on its way or done."""
    suspected: float | None = None
    """When a failing fetch last led to a look."""
    is_lost: bool = False
    """Whether a look is on its way because the manifest is missing."""
    checked: DriftResult | None = None


@dataclass(frozen=True, slots=True)
class DriftTracker:
    """Which versions are looked at, and what the last look of this process found. `queue` is for keys of this kind."""

    queue: WorkQueue
    timing: DriftTiming
    _watched: dict[Key, _Watched] = field(default_factory=dict)

    def checked(self, record: VersionRecord) -> DriftResult | None:
        """What the last look at this very version found."""
        watched = self._watched.get(drift_key(record))
        checked = watched.checked if watched else None
        return checked if checked is not None and checked.uid == record.uid else None

    def follow(self, record: VersionRecord, *, is_lost: bool = False) -> None:
        """Schedule looks at a pinned version; one at once if that was requested or its manifest is missing."""
        watched = self._follow(record)
        if is_lost and not watched.is_lost:
            self.queue.add(drift_key(record))
        watched.is_lost = is_lost

    def suspect(self, record: VersionRecord) -> None:
        """Look at once after a failed fetch, unless the reason is known or was just looked for."""
        known = record.condition(ConditionType.SOURCE_UNCHANGED)
        watched, now = self._follow(record), self.timing.clock()
        is_recent = watched.suspected is not None and now - watched.suspected < SUSPICION_SECONDS
        if is_recent or (known is not None and known.status == "False"):
            return
        watched.suspected = now
        self.queue.add(drift_key(record))

    def found(self, record: VersionRecord, checked: DriftResult) -> bool:
        """Keep the result of a look. Returns whether it changes the version's status."""
        watched = self._follow(record)
        watched.checked = checked
        was_lost, watched.is_lost = watched.is_lost, checked.finding.reason is Reason.MANIFEST_MISSING
        return checked.finding != recalled(record) or checked.request is not None or was_lost != watched.is_lost

    def forget(self, key: Key) -> None:
        """Drop a version that is gone."""
        ours = replace(key, kind=DRIFT)
        self._watched.pop(ours, None)
        self.queue.cancel(ours)

    def pause(self, finding: Finding) -> float | None:
        """Seconds until the next look; None: only on request."""
        if not self.timing.interval:
            return None
        longest = UNKNOWN_SECONDS if finding.state is State.UNKNOWN else self.timing.interval
        return min(longest, self.timing.interval) * (1 - JITTER * self.timing.uniform())

    def _follow(self, record: VersionRecord) -> _Watched:
        """The next look lies anywhere within the interval: after a restart, not all versions are due at once."""
        key = drift_key(record)
        watched = self._watched.get(key)
        if watched is None:
            watched = self._watched[key] = _Watched()
            if self.timing.interval:
                self.queue.add_after(key, self.timing.interval * self.timing.uniform())
        if record.request is not None and watched.asked != record.request:
            watched.asked = record.request
            self.queue.add(key)
        return watched


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftPorts:
    """What a look needs."""

    store: Cache[NodeFacts]
    sources: Sources
    drifts: DriftTracker
    slots: StoreSlots
    trigger: Callable[[Key], None]
    """Has the version reconciled: there is news for its status."""


class DriftReconciler:
    """`await reconciler(key)` looks at the store of one version; raises `ApiError` for what the queue retries."""

    def __init__(self, ports: DriftPorts) -> None:
        self._ports = ports

    async def __call__(self, key: Key) -> Outcome:
        raw = self._ports.store.get(VERSIONS, key.namespace, key.name)
        if raw is None or "deletionTimestamp" in raw["metadata"]:
            self._ports.drifts.forget(key)
            return Outcome()
        record = VersionRecord.parse(raw)
        if not is_pinned(record):
            return Outcome()
        with self._ports.slots.slot(store_of(raw), key) as granted:
            return await self._checked(record) if granted else Outcome(retry_after=ASK_AGAIN_SECONDS, waiting=True)

    async def _checked(self, record: VersionRecord) -> Outcome:
        try:
            finding = await self._ports.sources.of(record).compare()
        except Exception as error:
            if (trouble := cause(error)) is not None:
                self._report(record, unknown(ConditionType.SOURCE_UNCHANGED, trouble.reason, trouble.message), None)
            raise
        self._report(record, finding, record.request)
        is_lost = finding.reason is Reason.MANIFEST_MISSING
        return Outcome(retry_after=self._ports.drifts.pause(finding), failed=is_lost)

    def _report(self, record: VersionRecord, finding: Finding, request: str | None) -> None:
        if self._ports.drifts.found(record, DriftResult(record.uid, finding, request)):
            self._ports.trigger(Key(VERSIONS.kind, record.namespace, record.name))


def drift_key(record: VersionRecord) -> Key:
    """Stands for a look at its store."""
    return Key(DRIFT, record.namespace, record.name)
