"""Compares pinned versions with their stores: now and then, on request, and when a fetch found something else.

Never changes what is pinned, and never writes: what was found is told by the reconciler of versions.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from aiapp.api.conditions import ConditionType, Reason
from aiapp.api.version import ManifestReference
from aiapp.domain.desired.manifest import config_map_names, joined
from aiapp.domain.listing import Listing
from aiapp.domain.location import location
from aiapp.domain.manifest import Manifest, ManifestError, decode
from aiapp.domain.nodes.facts import NodeFacts
from aiapp.domain.planning.drift import as_imported, drift, source_unchanged, with_drift
from aiapp.domain.planning.records import VersionRecord
from aiapp.domain.planning.version import Report, is_pinned
from aiapp.domain.resources import CONFIG_MAPS, VERSIONS
from aiapp.domain.summary import Finding, State, unknown
from aiapp.ports import Cluster, ObjectHistory, StoreError
from aiapp.reconcile.access import AccessError, access
from aiapp.reconcile.loop import Outcome
from aiapp.reconcile.queue import Key, Queue
from aiapp.reconcile.store import Store

DRIFT: Final = "Drift"
"""The kind of the keys that stand for a look at a version's store."""
AT_ONCE: Final = 2
"""Looks at the same time: imports need the store more."""
UNKNOWN_SECONDS: Final = 600.0
"""A store that could not be asked is asked again after this long at the latest."""
SUSPICION_SECONDS: Final = 300.0
"""Failing fetches make the operator look at most this often: a pod in trouble tries every few minutes."""
JITTER: Final = 0.1

_SHORT_LISTING: Final = 100
"""Objects. Comparing so few takes less than a millisecond: less than a thread needs to be woken on a busy machine."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a look found."""

    uid: str
    finding: Finding
    request: str | None
    """The request that it answers."""


@dataclass(frozen=True, slots=True)
class Pace:
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
    checked: Checked | None = None


@dataclass(frozen=True, slots=True)
class Drifts:
    """Which versions are looked at, and what the last look of this process found. `queue` is for keys of this kind."""

    queue: Queue
    pace: Pace
    _watched: dict[Key, _Watched] = field(default_factory=dict)

    def told(self, record: VersionRecord, said: Report) -> Report:
        """The report with what is known of the store; sees to it that a pinned version is looked at."""
        if not is_pinned(record):  # the import itself is the first look, and the one that was asked for
            return with_drift(said, as_imported(said), record.request or record.status.last_handled_reconcile_at)
        checked = self._follow(record).checked
        if checked is None or checked.uid != record.uid:
            return with_drift(said, _recalled(record), record.status.last_handled_reconcile_at)
        handled = checked.request or record.status.last_handled_reconcile_at
        return with_drift(said, checked.finding, handled)

    def suspect(self, record: VersionRecord) -> None:
        """A pod could not fetch what was pinned: look at once, unless the reason is known or was just looked for."""
        known = record.condition(ConditionType.SOURCE_UNCHANGED)
        watched, now = self._follow(record), self.pace.clock()
        is_recent = watched.suspected is not None and now - watched.suspected < SUSPICION_SECONDS
        if is_recent or (known is not None and known.status == "False"):
            return
        watched.suspected = now
        self.queue.add(drift_key(record))

    def found(self, record: VersionRecord, checked: Checked) -> bool:
        """Keeps what a look found; whether that is news for the version's status."""
        self._follow(record).checked = checked
        return checked.finding != _recalled(record) or checked.request is not None

    def forget(self, key: Key) -> None:
        """The version is gone."""
        self._watched.pop(replace(key, kind=DRIFT), None)

    def pause(self, finding: Finding) -> float | None:
        """Seconds until the next look; None: only on request."""
        if not self.pace.interval:
            return None
        longest = UNKNOWN_SECONDS if finding.state is State.UNKNOWN else self.pace.interval
        return min(longest, self.pace.interval) * (1 - JITTER * self.pace.uniform())

    def _follow(self, record: VersionRecord) -> _Watched:
        """The next look lies anywhere within the interval: after a restart, not all versions are due at once."""
        key = drift_key(record)
        watched = self._watched.get(key)
        if watched is None:
            watched = self._watched[key] = _Watched()
            if self.pace.interval:
                self.queue.add_after(key, self.pace.interval * self.pace.uniform())
        if record.request is not None and watched.asked != record.request:
            watched.asked = record.request
            self.queue.add(key)
        return watched


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftPorts:
    """What a look needs."""

    store: Store[NodeFacts]
    cluster: Cluster
    history: ObjectHistory
    drifts: Drifts
    tell: Callable[[Key], None]
    """Has the version reconciled: there is news for its status."""
    seconds: float
    """For one listing."""


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
        finding = await self._look(record)
        if self._ports.drifts.found(record, Checked(record.uid, finding, record.request)):
            self._ports.tell(Key(VERSIONS.kind, key.namespace, key.name))
        return Outcome(retry_after=self._ports.drifts.pause(finding))

    async def _look(self, record: VersionRecord) -> Finding:
        try:
            manifest = await self._manifest(record)
            async with asyncio.timeout(self._ports.seconds):
                return await self._compared(record, manifest)
        except (AccessError, StoreError) as error:
            return _cannot_say(error.reason, error.message)
        except TimeoutError:
            return _cannot_say(
                Reason.LIMIT_EXCEEDED, f"the listing took more than {self._ports.seconds:g} s (AIAPP_IMPORT_SECONDS)"
            )
        except ManifestError as error:
            return _cannot_say(Reason.MANIFEST_MISSING, str(error))

    async def _compared(self, record: VersionRecord, manifest: Manifest) -> Finding:
        source, found = record.spec.source.obs, record.status.source
        assert source is not None
        assert found is not None
        way = await access(source, record.namespace, self._ports.cluster)
        where = replace(way.where, prefix=location(source.model_copy(update={"uri": found.uri})).prefix)
        try:
            history = await self._ports.history.history(where, way.credentials)
        except StoreError as error:
            if error.reason is not Reason.PREFIX_EMPTY:
                raise
            history = Listing.of(())
        if max(len(history), manifest.objects) <= _SHORT_LISTING:
            return source_unchanged(manifest, drift(manifest.entries, history, where.prefix))
        found_drift = await asyncio.to_thread(drift, manifest.entries, history, where.prefix)
        return source_unchanged(manifest, found_drift)

    async def _manifest(self, record: VersionRecord) -> Manifest:
        """Read live, since nothing of a version's files is kept in memory. Raises `ManifestError`."""
        artifact = record.status.artifact
        assert artifact is not None
        payload = await self._payload(record.namespace, artifact.manifest_ref)
        manifest = await asyncio.to_thread(decode, payload)
        if manifest.pin != artifact.pin:
            name = artifact.manifest_ref.name
            raise ManifestError(f"ConfigMap {name} holds the manifest {manifest.pin}, pinned is {artifact.pin}")
        return manifest

    async def _payload(self, namespace: str, reference: ManifestReference) -> bytes:
        parts = []
        for name in config_map_names(reference):
            found = await self._ports.cluster.get(CONFIG_MAPS, namespace, name)
            if found is None:
                raise ManifestError(f"ConfigMap {name}, which holds the manifest, is gone: register the version again")
            parts.append(found)
        return joined(parts)


def drift_key(record: VersionRecord) -> Key:
    """Stands for a look at its store."""
    return Key(DRIFT, record.namespace, record.name)


def _recalled(record: VersionRecord) -> Finding | None:
    """As it was last written."""
    before = record.condition(ConditionType.SOURCE_UNCHANGED)
    if before is None:
        return None
    return Finding(ConditionType.SOURCE_UNCHANGED, State(before.status), Reason(before.reason), before.message)


def _cannot_say(reason: Reason, message: str) -> Finding:
    return unknown(ConditionType.SOURCE_UNCHANGED, reason, message)
