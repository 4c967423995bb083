"""Reconciles an AIApplicationVersion: import once, resolve its runtime once, judge the nodes again and again."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Final, Protocol

from aiapp.api.conditions import Reason
from aiapp.api.runtime import RuntimeSpec
from aiapp.controller.cache import Cache
from aiapp.controller.workers import Outcome
from aiapp.controller.workqueue import Key
from aiapp.domain.artifact.digest_config_map import KnownContent
from aiapp.domain.artifact.manifest_config_map import config_map_names, kept_bytes, manifest_reference
from aiapp.domain.artifact.sharing import serves
from aiapp.domain.artifact.verification import vouched
from aiapp.domain.images.record import image_record, records
from aiapp.domain.kubernetes.naming import digest_config_map, image_config_map, manifest_config_map, pinned_versions
from aiapp.domain.kubernetes.resources import APPLICATIONS, CONFIG_MAPS, VERSIONS, Json
from aiapp.domain.nodes.facts import NodeFacts
from aiapp.domain.package.inspection import (
    Inspection,
    Invalid,
    Unchanged,
    Uncopied,
    Unresolved,
    Valid,
    ValidImage,
    Waiting,
)
from aiapp.domain.past_events import past_events
from aiapp.domain.provenance.config_map import is_same
from aiapp.domain.provenance.run import TrainingRun
from aiapp.domain.records import VersionRecord
from aiapp.domain.sources.raw import is_imported, store_of
from aiapp.domain.version.pinning import Shared
from aiapp.domain.version.plan import ObservedVersion, UnderWay, VersionPlan, plan
from aiapp.domain.version.status import is_pinned
from aiapp.ports.clock import Clock
from aiapp.ports.kubernetes import Cluster, Recorder
from aiapp.reconcile.conditions import conditions
from aiapp.reconcile.import_slots import ASK_AGAIN_SECONDS, StoreSlots
from aiapp.reconcile.manifests import Manifests
from aiapp.reconcile.shared_config_maps import SharedConfigMaps, TakenError
from aiapp.reconcile.sources.sources import Sources
from aiapp.reconcile.training_runs import TrainingRuns
from aiapp.reconcile.version.digests import Digests
from aiapp.reconcile.version.drift import DriftTracker
from aiapp.reconcile.views.catalogue import Catalogue
from aiapp.reconcile.views.nodes import NodeInventoryView

QUICK_SECONDS: Final = 2.0
"""An import that takes longer is reported while it goes on; of a quicker one only the outcome is written."""


class ImportObserver(Protocol):
    """Counts looks at packages, for metrics."""

    def imported(self, result: str, reason: Reason | None, seconds: float) -> None:
        """One look took `seconds`; `reason` is that of a refusal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionPorts:
    """What the reconciler of versions works with."""

    store: Cache[NodeFacts]
    cluster: Cluster
    shared: SharedConfigMaps
    manifests: Manifests
    digests: Digests
    recorder: Recorder
    sources: Sources
    catalogue: Catalogue
    view: NodeInventoryView
    drifts: DriftTracker
    runs: TrainingRuns
    slots: StoreSlots
    observer: ImportObserver
    manifest_bytes: int
    """Of all manifests of one namespace."""
    reader: str
    """This build of the operator."""
    clock: Clock


class VersionReconciler:
    """`await reconciler(key)`; raises `ApiError` for what the queue retries. Decides nothing itself."""

    def __init__(self, ports: VersionPorts) -> None:
        self._ports = ports
        self._counted: dict[Key, datetime] = {}

    async def __call__(self, key: Key) -> Outcome:
        raw = self._ports.store.get(VERSIONS, key.namespace, key.name)
        if raw is None or "deletionTimestamp" in raw["metadata"]:
            self._ports.drifts.forget(key)
            self._ports.sources.forget(key)
            self._counted.pop(key, None)
            return Outcome()
        with self._ports.slots.slot(_wanted_store(raw), key) as granted:
            if not granted:
                return Outcome(retry_after=ASK_AGAIN_SECONDS, waiting=True)
            return await self._reconciled(key, VersionRecord.parse(raw))

    async def _reconciled(self, key: Key, record: VersionRecord) -> Outcome:
        inspection, raw = await self._imported(key, record)
        observed = replace(await self._gather(key, record, inspection), reported=raw is not record.raw)
        wanted = plan(observed)
        taken = await self._write_config_maps(record, wanted)
        if taken is not None:
            wanted = plan(replace(observed, taken=taken))
        await self._carry_out(key, record, raw, wanted)
        return Outcome(retry_after=wanted.retry_after, failed=wanted.failed)

    # Gather

    async def _imported(self, key: Key, record: VersionRecord) -> tuple[Inspection | None, Json]:
        """The result of the import, and the object as it is after the status that was written meanwhile."""
        if is_pinned(record):
            return None, record.raw
        looking = asyncio.create_task(self._inspect(record))
        raw = record.raw
        try:
            await asyncio.wait({looking}, timeout=QUICK_SECONDS if record.is_new else None)
            if not looking.done():
                raw = await self._carry_out(key, record, raw, plan(await self._gather(key, record, UnderWay())))
            return await looking, raw
        finally:
            looking.cancel()

    async def _inspect(self, record: VersionRecord) -> Inspection:
        started = self._ports.clock()
        source = self._ports.sources.of(record, self._runtimes())
        found = await source.inspect(partial(self._vouched, record.namespace))
        reason = found.reason if isinstance(found, Unresolved | Invalid | Uncopied) else None
        seconds = (self._ports.clock() - started).total_seconds()
        self._ports.observer.imported(_result(found), reason, seconds)
        return found

    async def _gather(
        self, key: Key, record: VersionRecord, inspection: Inspection | UnderWay | None
    ) -> ObservedVersion:
        ports, package = self._ports, record.package
        return ObservedVersion(
            now=ports.clock(),
            record=record,
            inspection=inspection,
            reader=ports.reader,
            shared=self._shared(record, inspection),
            manifest_bytes=ports.manifest_bytes,
            catalogue=self._runtimes(),
            inventory=ports.view.inventory,
            tables=ports.view.tables,
            fetched=await ports.digests.fetched(record),
            vouched=self._vouched(record.namespace, package.pin) if package else None,
            checked=ports.drifts.checked(record),
            counted=self._counted.get(key),
            run=await self._run(record, inspection),
            used_by=tuple(one["metadata"]["name"] for one in self._served_by(record)),
        )

    def _runtimes(self) -> Mapping[str, RuntimeSpec]:
        return self._ports.catalogue.specs(self._ports.store.runtimes())

    async def _run(self, record: VersionRecord, inspection: Inspection | UnderWay | None) -> TrainingRun | None:
        """The training job whose output is imported, as it is seen along with that."""
        if inspection is None or isinstance(inspection, UnderWay):
            return None
        return await self._ports.runs.run_of(record, inspection)

    def _shared(self, record: VersionRecord, inspection: Inspection | UnderWay | None) -> Shared:
        store, namespace, package = self._ports.store, record.namespace, record.package
        found = [*store.config_maps_of(namespace, record.name), *store.config_maps_of(namespace, record.uid)]
        names = [*config_map_names(package.manifest_ref), digest_config_map(package.pin)] if package else []
        image, total = record.pinned_image, 0
        if isinstance(inspection, Valid):
            manifest = inspection.manifest
            names += [*config_map_names(manifest_reference(manifest)), digest_config_map(manifest.pin)]
            total = kept_bytes(store.config_maps(namespace))
        if isinstance(inspection, Valid | ValidImage):
            image = inspection.image
        names += [image_config_map(image.digest)] if image else []
        found += filter(None, (store.get(CONFIG_MAPS, namespace, name) for name in names))
        return Shared(record=record, config_maps={one["metadata"]["name"]: one for one in found}, namespace_bytes=total)

    def _vouched(self, namespace: str, pin: str) -> KnownContent | None:
        manifest = self._ports.store.get(CONFIG_MAPS, namespace, manifest_config_map(pin))
        names = pinned_versions(manifest["metadata"].get("labels") or {}) if manifest else ()
        versions = (self._ports.store.get(VERSIONS, namespace, name) for name in names)
        return vouched(pin, filter(None, versions))

    # Carry out

    async def _write_config_maps(self, record: VersionRecord, wanted: VersionPlan) -> str | None:
        """Writes and releases ConfigMaps. Returns why one could not be written: its name is taken."""
        shared, raw = self._ports.shared, record.raw
        await shared.share(wanted.share, raw)
        await shared.release(wanted.release, raw)
        try:
            if wanted.keep is not None:
                await self._ports.manifests.keep(wanted.keep, raw, *self._served_by(record))
            if wanted.keep_origin is not None:
                await self._keep_origin(wanted.keep_origin, raw)
            if wanted.put_on_record is not None:
                await self._ports.digests.record(wanted.put_on_record, raw)
            if wanted.record_image is not None:
                await self._record_image(wanted.record_image, raw, *self._served_by(record))
        except TakenError as error:
            return error.message
        return None

    async def _keep_origin(self, record: Json, user: Json) -> None:
        """Raises `TakenError`."""
        what = "the provenance of this version"
        await self._ports.shared.keep(record, user, what=what, is_same=lambda found: is_same(found, record))

    async def _record_image(self, digest: str, user: Json, *others: Json) -> None:
        """Raises `TakenError`."""
        record, what = image_record(digest), f"the digest {digest}"
        await self._ports.shared.keep(record, user, *others, what=what, is_same=lambda found: records(found, digest))

    def _served_by(self, record: VersionRecord) -> list[Json]:
        """The application that is to serve the version, if there is one."""
        found = self._ports.store.get(APPLICATIONS, record.namespace, record.spec.application)
        return [found] if found is not None and serves(found, record.spec.version) else []

    async def _carry_out(self, key: Key, record: VersionRecord, raw: Json, wanted: VersionPlan) -> Json:
        """The object as it is afterwards."""
        if wanted.writes_status:
            findings = conditions(wanted.report.findings, record.generation)
            past = past_events(raw, wanted.past, self._ports.clock())
            status = wanted.report.status | past | {"conditions": findings}
            raw = await self._ports.cluster.write_status(VERSIONS, raw, status)
        for event in wanted.events:
            self._ports.recorder.event(record.raw, event.type, event.reason, event.message)
        if wanted.follows:
            self._ports.drifts.follow(record, is_lost=wanted.is_lost)
        if wanted.counted is not None:
            self._counted[key] = wanted.counted
        return raw


def _wanted_store(raw: Json) -> str | None:
    """The store that an import would ask; None when there is nothing to import."""
    return None if is_imported(raw) else store_of(raw)


def _result(inspection: Inspection) -> str:
    """The result as a label of metrics."""
    match inspection:
        case Valid() | ValidImage():
            return "valid"
        case Invalid():
            return "invalid"
        case Uncopied():
            return "uncopied"
        case Waiting():
            return "waiting"
        case Unresolved():
            return "unresolved"
        case Unchanged():
            return "unchanged"
