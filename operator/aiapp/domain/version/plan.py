"""AIApplicationVersion: from what was observed to the writes, events and looks at the source. Pure.

The plan is made by steps, each of which adds what it knows: the import, the digest of the content, the runtime, the
nodes, and what became of the source.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from typing import Final, NamedTuple

from aiapp.api.artifact import PackageArtifact
from aiapp.api.conditions import Reason
from aiapp.api.runtime import RuntimeSpec
from aiapp.domain.application.serving_compatibility import required
from aiapp.domain.artifact.content import Content
from aiapp.domain.artifact.digest_config_map import KnownContent
from aiapp.domain.artifact.manifest import Manifest
from aiapp.domain.artifact.verification import FetchReport, is_known, learnt, unconfirmed
from aiapp.domain.conditions import Finding, State
from aiapp.domain.events import Event, changes
from aiapp.domain.kubernetes.naming import digest_config_map, image_config_map, manifest_config_map
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.nodes.choice import verdict_of
from aiapp.domain.nodes.compatibility import Verdict
from aiapp.domain.nodes.inventory import NodeInventory
from aiapp.domain.nodes.requirement import Requirement
from aiapp.domain.nodes.tables import Tables
from aiapp.domain.package.inspection import Inspection, Uncopied, Unresolved, Valid, ValidImage, Waiting
from aiapp.domain.package.messages import import_message
from aiapp.domain.past_events import steps
from aiapp.domain.provenance.run import TrainingRun
from aiapp.domain.records import VersionRecord
from aiapp.domain.runtimes.catalogue import Resolution, Resolved, Unavailable, named_only
from aiapp.domain.runtimes.support import support
from aiapp.domain.sources.imported import (
    NOTHING_KNOWN,
    Imported,
    imported,
    refused,
    remembered,
    with_artifact,
    with_doubt,
)
from aiapp.domain.sources.variants import contents
from aiapp.domain.version.drift import DriftResult, DriftState, drift_state, with_drift
from aiapp.domain.version.origin import UNKNOWN, Origin, origin
from aiapp.domain.version.pinning import Shared, name_taken, pinned_otherwise, too_many_manifests
from aiapp.domain.version.resolution import runtime_of
from aiapp.domain.version.significance import only_counts_differ
from aiapp.domain.version.status import Report, first_sight, report, with_origin, with_users

COUNTS_SECONDS: Final = 300.0
"""A change of mere counts of nodes is written at most this often; other news of them at once."""
CLEANED_SECONDS: Final = 1.0
"""Until what a status names no more is deleted, which is after that has been written."""

UNCHECKED: Final = DriftState(None, None)


@dataclass(frozen=True, slots=True)
class UnderWay:
    """In place of the result of an import that goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedVersion:
    """What a pass over a version knows."""

    now: datetime
    record: VersionRecord
    inspection: Inspection | UnderWay | None
    """What the import found; None when the version is pinned, so that nothing is imported."""
    reader: str
    """This build of the operator."""
    shared: Shared
    """The ConfigMaps of manifests and digests that concern it."""
    manifest_bytes: int
    """What a namespace may keep of manifests."""
    catalogue: Mapping[str, RuntimeSpec]
    inventory: NodeInventory
    tables: Tables
    fetched: FetchReport | None = None
    """What a pod of ours found when it had fetched everything, if that confirms or teaches something."""
    vouched: KnownContent | None = None
    """The digest in another version's status of the same pin."""
    checked: DriftResult | None = None
    """What the last look at the store found."""
    counted: datetime | None = None
    """When mere counts were last written."""
    taken: str | None = None
    """Why a ConfigMap could not be written: its name is taken."""
    run: TrainingRun | None = None
    """Its training job as it was just seen."""
    used_by: tuple[str, ...] = ()
    """Names of the applications that are to serve it."""
    reported: bool = False
    """Whether it was reported in this pass already that its import is under way."""


class Recording(NamedTuple):
    """The digest of the content behind a pin."""

    pin: str
    known: KnownContent


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionPlan:
    """What to do, in this order: ConfigMaps, status, Events, a look at the store, and when to come back."""

    keep: Manifest | None = None
    """A manifest that is to exist, with the version among its owners."""
    keep_origin: Json | None = None
    """A ConfigMap with its provenance that is to exist."""
    put_on_record: Recording | None = None
    """A digest that is to be on record."""
    record_image: str | None = None
    """The digest of an image that is to be on record."""
    share: tuple[str, ...] = ()
    """ConfigMaps of which the version is to be an owner."""
    release: tuple[str, ...] = ()
    """ConfigMaps that it no longer uses."""
    report: Report
    writes_status: bool = True
    """False: only counts of nodes differ, and those were written a moment ago."""
    counted: datetime | None
    """When mere counts were last written."""
    events: tuple[Event, ...] = ()
    past: tuple[Event | Json, ...] = ()
    """What the status is to remember, in the order in which it happened."""
    follows: bool = False
    """Whether the store is to be looked at now and then."""
    is_lost: bool = False
    """Whether the manifest is gone, so that the store is to be looked at at once."""
    retry_after: float | None = None
    failed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A plan under construction, to which each step adds."""

    known: Imported = NOTHING_KNOWN
    keep: Manifest | None = None
    put_on_record: KnownContent | None = None
    resolution: Resolution | None = None
    verdict: Verdict | None = None
    support: Finding | None = None
    drift: DriftState = UNCHECKED
    origin: Origin = UNKNOWN
    story: str | None = None
    """Summary of a finished import, for an Event."""


Step = Callable[[ObservedVersion, Draft], Draft]


def plan(observed: ObservedVersion) -> VersionPlan:
    """What is to be done about the version."""
    if isinstance(observed.inspection, UnderWay):
        return _under_way(observed)
    return _planned(observed, reduce(lambda draft, step: step(observed, draft), STEPS, Draft()))


def import_step(observed: ObservedVersion, draft: Draft) -> Draft:
    """Adds the result of the import, and whether it may be pinned. What is pinned stays as it was."""
    record, package = observed.record, observed.inspection
    if package is None or isinstance(package, UnderWay):
        return replace(draft, known=remembered(record))
    known = imported(record, package, observed.reader)
    if not isinstance(package, Valid | ValidImage) or known.artifact is None:
        return replace(draft, known=known)
    if (objection := _objection(observed, package)) is not None:
        return replace(draft, known=refused(known, objection))
    if isinstance(package, ValidImage):
        return replace(draft, known=known)
    story = import_message(package, known.findings[-1].message)
    if package.content is None:
        known = _doubted(known, package.manifest.pin, observed.shared)
    return replace(draft, known=known, keep=package.manifest, put_on_record=package.content, story=story)


def metrics_step(observed: ObservedVersion, draft: Draft) -> Draft:
    """Adds what the training job reports of the model's quality, where config.json says nothing of it."""
    model, run = draft.known.model, observed.run
    if model is None or model.metrics or run is None or not run.metrics:
        return draft
    return replace(draft, known=replace(draft.known, model=model.model_copy(update={"metrics": dict(run.metrics)})))


def digest_step(observed: ObservedVersion, draft: Draft) -> Draft:
    """Adds what is known by now of a pinned version's content; a known digest is to be on record."""
    artifact, fetched = draft.known.artifact, observed.fetched
    if observed.inspection is not None or not isinstance(artifact, PackageArtifact):
        return draft
    if observed.taken is not None:
        return replace(draft, known=with_doubt(draft.known, observed.taken))
    name, learns = digest_config_map(artifact.pin), None
    if is_known(artifact):
        learns = KnownContent(Content(artifact.digest or ""), artifact.digest_from or "Fetch")
    else:
        learns = observed.vouched or (KnownContent(fetched.content, "Fetch") if fetched else None)
    if learns is None:
        return replace(draft, known=_doubted(draft.known, artifact.pin, observed.shared))
    is_recorded = is_known(artifact) and observed.shared.is_held(name)
    known = with_artifact(draft.known, learnt(artifact, learns, fetched))
    return replace(draft, known=known, put_on_record=None if is_recorded else learns)


def runtime_step(observed: ObservedVersion, draft: Draft) -> Draft:
    """Adds the runtime that it gets, and whether that is maintained. An image of its own needs none."""
    if draft.known.image is not None or observed.record.spec.source.image is not None:
        return draft
    resolution = runtime_of(observed.record, draft.known.model, observed.catalogue)
    supported = support(resolution.status.name, observed.catalogue) if isinstance(resolution, Resolved) else None
    return replace(draft, resolution=resolution, support=supported)


def nodes_step(observed: ObservedVersion, draft: Draft) -> Draft:
    """Adds the verdict over the nodes."""
    needs = _requirements(observed, draft)
    return replace(draft, verdict=verdict_of(needs, observed.inventory, observed.tables)) if needs else draft


def _requirements(observed: ObservedVersion, draft: Draft) -> tuple[Requirement, ...]:
    """What its pods would ask of a node, with one image or another; none: it is not known yet what serves it."""
    server = draft.known.image or _runtime(observed, draft)
    if server is None:
        return ()
    return required(observed.record.spec, None, None, server, observed.tables, draft.known.model)


def _runtime(observed: ObservedVersion, draft: Draft) -> RuntimeSpec | None:
    """The catalogue's entry for the runtime that it gets, or that is named and not to be had."""
    match draft.resolution:
        case Resolved(runtime):
            name: str | None = runtime.name
        case Unavailable(name=named):
            name = named
        case None:
            name = None
    return None if name is None else observed.catalogue.get(name) or named_only(name)


def source_step(observed: ObservedVersion, draft: Draft) -> Draft:
    """Adds whether the source still holds what was pinned."""
    return replace(
        draft, drift=drift_state(observed.record, draft.known.artifact, observed.checked, observed.shared.lost)
    )


def origin_step(observed: ObservedVersion, draft: Draft) -> Draft:
    """Adds where the model comes from."""
    known = draft.known
    return replace(draft, origin=origin(observed.record, observed.run, known.source, known.artifact))


STEPS: Final[tuple[Step, ...]] = (
    import_step,
    metrics_step,
    digest_step,
    runtime_step,
    nodes_step,
    source_step,
    origin_step,
)


def _doubted(imported: Imported, pin: str, shared: Shared) -> Imported:
    """`imported` with the doubt about a digest that is on record without anything that confirms it."""
    name = digest_config_map(pin)
    return with_doubt(imported, unconfirmed(name)) if name in shared else imported


def _objection(observed: ObservedVersion, inspection: Valid | ValidImage) -> Finding | None:
    if observed.taken is not None:
        return name_taken(observed.taken)
    if (other := pinned_otherwise(observed.record, config_maps_of(inspection), observed.shared)) is not None:
        return other
    if isinstance(inspection, ValidImage):
        return None
    excess = observed.shared.excess(inspection.manifest, observed.manifest_bytes)
    return too_many_manifests(excess, observed.manifest_bytes)


def config_maps_of(inspection: Valid | ValidImage) -> tuple[str, ...]:
    """The ConfigMaps that stand for what it is to be pinned to."""
    manifests = (manifest_config_map(inspection.manifest.pin),) if isinstance(inspection, Valid) else ()
    return (*manifests, *((image_config_map(inspection.image.digest),) if inspection.image else ()))


def _image_record(observed: ObservedVersion, imported: Imported) -> str | None:
    """The digest that is to be on record and is not: of the image that is pinned, or about to be."""
    if imported.artifact is None or imported.image is None:
        return None
    name = image_config_map(imported.image.digest)
    return None if observed.shared.is_held(name) else imported.image.digest


def _planned(observed: ObservedVersion, draft: Draft) -> VersionPlan:
    record, shared = observed.record, observed.shared
    without_drift = report(record, draft.known, draft.resolution, draft.verdict, draft.support)
    reported = with_users(with_origin(with_drift(without_drift, draft.drift), draft.origin.status), observed.used_by)
    counted, wait = _damped(observed, reported)
    asked = (
        observed.inspection.after_seconds if isinstance(observed.inspection, Unresolved | Waiting | Uncopied) else None
    )
    is_written = wait is None
    events = _events(record, draft, reported) if is_written else ()
    if is_written and draft.origin.is_replaced:
        wait = CLEANED_SECONDS
    return VersionPlan(
        keep=draft.keep,
        keep_origin=draft.origin.record,
        put_on_record=_recording(draft),
        record_image=_image_record(observed, draft.known),
        share=shared.unshared,
        release=shared.unused,
        report=reported,
        writes_status=is_written,
        counted=counted,
        events=events,
        past=_past(observed, reported, events) if is_written else (),
        follows=record.status.artifact is not None,
        is_lost=bool(shared.lost),
        retry_after=wait if asked is None else asked,
        failed=asked is None
        and not isinstance(observed.inspection, Waiting)
        and not all(finding.state is State.TRUE for finding in draft.known.findings),
    )


def _recording(draft: Draft) -> Recording | None:
    artifact, known = draft.known.artifact, draft.put_on_record
    return Recording(artifact.pin, known) if isinstance(artifact, PackageArtifact) and known else None


def _under_way(observed: ObservedVersion) -> VersionPlan:
    began = _began(observed.record)
    return VersionPlan(
        report=with_users(first_sight(observed.record), observed.used_by),
        counted=observed.counted,
        events=(began,),
        past=(began,),
    )


def _began(record: VersionRecord) -> Event:
    return Event("Normal", Reason.IMPORT_STARTED, f"import started: reading {contents(record.spec.source)}")


def _past(observed: ObservedVersion, reported: Report, events: Sequence[Event]) -> tuple[Event | Json, ...]:
    """A quick import is told of from its start, although no Event was sent of that."""
    record = observed.record
    began = (_began(record),) if record.is_new and not observed.reported else ()
    return (*began, *steps(record.status.conditions, reported.findings, events, observed.now), *events)


def _events(record: VersionRecord, draft: Draft, reported: Report) -> tuple[Event, ...]:
    """A version that an import makes Normal has one Event for both."""
    changed = tuple(changes(record.status.conditions, reported.findings))
    if draft.story is None:
        return changed
    story = Event("Normal", Reason.IMPORTED, draft.story)
    if reported.ready.state is not State.TRUE:
        return (story, *changed)
    others = (event for event in changed if event.reason is not reported.ready.reason)
    return (Event("Normal", reported.ready.reason, f"{reported.ready.message}; {draft.story}"), *others)


def _damped(observed: ObservedVersion, reported: Report) -> tuple[datetime | None, float | None]:
    """When mere counts of nodes were last written, and seconds to wait before they are again; None: write."""
    record, now, last = observed.record, observed.now, observed.counted
    before = {(condition.type, condition.reason) for condition in record.status.conditions}
    after = {(str(finding.type), str(finding.reason)) for finding in reported.findings}
    if not only_counts_differ(record.raw.get("status") or {}, reported.status) or before != after:
        return last, None
    left = 0.0 if last is None else COUNTS_SECONDS - (now - last).total_seconds()
    return (last, left) if left > 0 else (now, None)
