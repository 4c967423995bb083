"""Reconciles an AIApplicationVersion: import once, resolve its runtime once, judge the nodes again and again."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from aiapp.api.conditions import Reason
from aiapp.api.meta import Condition
from aiapp.api.runtime import RuntimeSpec
from aiapp.api.version import Container
from aiapp.controller.cache import Cache
from aiapp.controller.workers import Outcome
from aiapp.controller.workqueue import Key
from aiapp.domain.conditions import Finding, State
from aiapp.domain.events import changes
from aiapp.domain.kubernetes.resources import VERSIONS, Json
from aiapp.domain.nodes.compatibility import Verdict, verdict
from aiapp.domain.nodes.facts import NodeFacts
from aiapp.domain.nodes.of_runtime import requirement, wanted_npu
from aiapp.domain.package.inspection import Inspection, Unresolved, Valid
from aiapp.domain.package.story import imported_story
from aiapp.domain.planning.pinning import name_taken, pinned_otherwise, too_many_manifests
from aiapp.domain.records import VersionRecord
from aiapp.domain.runtimes.catalogue import Resolution, Resolved, Unavailable, named_only
from aiapp.domain.runtimes.support import support
from aiapp.domain.version.drift import with_look
from aiapp.domain.version.plan import (
    Imported,
    Report,
    first_sight,
    imported,
    is_pinned,
    known_listing,
    refused,
    remembered,
    report,
)
from aiapp.domain.version.resolution import runtime_of
from aiapp.domain.version.significance import only_counts_differ
from aiapp.ports import Cluster, ObjectStore, PythonParser, Recorder
from aiapp.reconcile.conditions import conditions
from aiapp.reconcile.digests import Digests
from aiapp.reconcile.import_slots import ASK_AGAIN_SECONDS, StoreSlots, endpoint_of
from aiapp.reconcile.manifests import Manifests
from aiapp.reconcile.shared_config_maps import TakenError
from aiapp.reconcile.sources.access import AccessError, access
from aiapp.reconcile.version.drift import DriftTracker
from aiapp.reconcile.version.importing import inspect
from aiapp.reconcile.views.catalogue import Catalogue
from aiapp.reconcile.views.nodes import NodeInventoryView

COUNTS_SECONDS: Final = 300.0
"""A change of mere counts of nodes is written at most this often; other news of them at once."""
QUICK_SECONDS: Final = 2.0
"""An import that takes longer is told while it goes on; of a quicker one only the outcome is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionPorts:
    """What the reconciler of versions works with."""

    store: Cache[NodeFacts]
    cluster: Cluster
    manifests: Manifests
    digests: Digests
    recorder: Recorder
    objects: ObjectStore
    parser: PythonParser
    catalogue: Catalogue
    view: NodeInventoryView
    drifts: DriftTracker
    slots: StoreSlots
    import_seconds: float
    """For one look at a package."""
    manifest_bytes: int
    """Of all manifests of one namespace."""
    clock: Callable[[], float]
    """Monotonic seconds."""


class VersionReconciler:
    """`await reconciler(key)`; raises `ApiError` for what the queue retries."""

    def __init__(self, ports: VersionPorts) -> None:
        self._ports = ports
        self._counted: dict[Key, float] = {}

    async def __call__(self, key: Key) -> Outcome:
        raw = self._ports.store.get(VERSIONS, key.namespace, key.name)
        if raw is None or "deletionTimestamp" in raw["metadata"]:
            self._ports.drifts.forget(key)
            self._counted.pop(key, None)
            return Outcome()
        with self._ports.slots.slot(_wanted_store(raw), key) as granted:
            return await self._reconciled(raw) if granted else Outcome(retry_after=ASK_AGAIN_SECONDS, waiting=True)

    async def _reconciled(self, raw: Json) -> Outcome:
        record = VersionRecord.parse(raw)
        known, raw = await self._import(record)
        lost = self._ports.manifests.missing(record)
        if is_pinned(record):
            self._ports.drifts.follow(record, is_lost=bool(lost))
        said = with_look(self._report(record, known), record, self._ports.drifts.checked(record), lost)
        wait = self._damped(record, said)
        if wait is None:
            await self._write(record, raw, said)
            for event in changes(record.status.conditions, said.findings):
                self._ports.recorder.event(record.raw, *event)
        stuck = not all(finding.state is State.TRUE for finding in known.findings)
        return Outcome(retry_after=wait, failed=stuck)

    async def _import(self, record: VersionRecord) -> tuple[Imported, Json]:
        """What is known of source and package, and the object as it is after what was written of it meanwhile."""
        if is_pinned(record):
            await self._ports.manifests.hold(record)
            return await self._ports.digests.kept(record, remembered(record)), record.raw
        inspection, raw = await self._told_if_slow(record)
        known = imported(record, inspection)
        if not isinstance(inspection, Valid) or known.artifact is None:
            return known, raw
        if (objection := await self._kept(record, inspection)) is not None:
            return refused(known, objection), raw
        story = imported_story(inspection, known.findings[-1].message)
        self._ports.recorder.event(record.raw, "Normal", Reason.IMPORTED, story)
        return known, raw

    async def _kept(self, record: VersionRecord, package: Valid) -> Finding | None:
        """Manifest and digest are on record afterwards; or what stands against it."""
        manifest, namespace, limit = package.manifest, record.namespace, self._ports.manifest_bytes
        recorded = self._ports.store.config_maps_of(namespace, record.name)
        objection = pinned_otherwise(record, manifest.pin, recorded) or too_many_manifests(
            self._ports.manifests.excess(namespace, manifest, limit), limit
        )
        if objection is not None:
            return objection
        try:
            await self._ports.manifests.keep(manifest, record.raw)
            if package.content is not None:
                await self._ports.digests.record(manifest.pin, package.content, record.raw)
        except TakenError as error:
            return name_taken(error.message)
        return None

    async def _told_if_slow(self, record: VersionRecord) -> tuple[Inspection, Json]:
        raw = record.raw
        if not record.is_new:
            return await self._inspect(record), raw
        source = record.spec.source.obs
        where = f" from {source.uri}" if source else ""
        self._ports.recorder.event(
            record.raw, "Normal", Reason.IMPORT_STARTED, f"import started: reading the package{where}"
        )
        looking = asyncio.create_task(self._inspect(record))
        try:
            await asyncio.wait({looking}, timeout=QUICK_SECONDS)
            if not looking.done():
                raw = await self._write(record, raw, first_sight(record))
            return await looking, raw
        finally:
            looking.cancel()

    async def _inspect(self, record: VersionRecord) -> Inspection:
        source = record.spec.source.obs
        if source is None:
            return Unresolved(
                Reason.SPEC_INVALID, "spec.source names no source that this operator knows", retryable=False
            )
        try:
            way = await access(source, record.namespace, self._ports.cluster)
        except AccessError as error:
            return Unresolved(error.reason, error.message, retryable=False)
        found = await inspect(
            way.where,
            way.credentials,
            self._ports.objects,
            self._ports.parser,
            known_listing(record),
            deadline_seconds=self._ports.import_seconds,
        )
        if not isinstance(found, Valid):
            return found
        return replace(found, content=await self._ports.digests.known(found, record.namespace, way))

    def _report(self, record: VersionRecord, known: Imported) -> Report:
        catalogue = self._ports.catalogue.specs(self._ports.store.runtimes())
        resolution = runtime_of(record, known.model, catalogue)
        said = support(resolution.status.name, catalogue) if isinstance(resolution, Resolved) else None
        return report(record, known, resolution, self._verdict(record, resolution, catalogue), said)

    def _verdict(
        self, record: VersionRecord, resolution: Resolution | None, catalogue: Mapping[str, RuntimeSpec]
    ) -> Verdict | None:
        match resolution:
            case Resolved(runtime):
                name: str | None = runtime.name
            case Unavailable(name=named):
                name = named
            case None:
                name = None
        if name is None:
            return None
        container, view = record.spec.container or Container(), self._ports.view
        entry = catalogue.get(name) or named_only(name)
        npu = wanted_npu(container.npu, entry, container.resources)
        return verdict(requirement(entry, npu, view.tables), view.fleet, view.tables)

    def _damped(self, record: VersionRecord, said: Report) -> float | None:
        """Seconds to wait when nothing but counts of nodes changed and they were written a moment ago; None: write."""
        before = record.raw.get("status", {})
        if not only_counts_differ(before, said.status) or _words(record.status.conditions) != _words(said.findings):
            return None
        key = Key(VERSIONS.kind, record.namespace, record.name)
        last, now = self._counted.get(key), self._ports.clock()
        if last is not None and now - last < COUNTS_SECONDS:
            return last + COUNTS_SECONDS - now
        self._counted[key] = now
        return None

    async def _write(self, record: VersionRecord, raw: Json, said: Report) -> Json:
        status = said.status | {"conditions": conditions(said.findings, record.generation)}
        return await self._ports.cluster.write_status(VERSIONS, raw, status)


def _words(said: Iterable[Condition] | Iterable[Finding]) -> set[tuple[str, str]]:
    """Conditions without their messages."""
    return {(str(one.type), str(one.reason)) for one in said}


def _wanted_store(raw: Json) -> str | None:
    """The store that an import would ask; None when there is nothing to import."""
    return None if "artifact" in raw.get("status", {}) else endpoint_of(raw)
