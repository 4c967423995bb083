"""Reconciles an AIApplication: gather, plan, apply, report. Decides nothing itself."""

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain

from aiapp.api.artifact import PackageArtifact
from aiapp.controller.cache import Cache
from aiapp.controller.workers import Outcome
from aiapp.controller.workqueue import Key
from aiapp.domain.application.adoption import called, name_taken, new_owners, orphans, taken_back
from aiapp.domain.application.candidate import RenderContext
from aiapp.domain.application.mounts import is_awaited, templates, unused
from aiapp.domain.application.observed import (
    Children,
    ObservedApplication,
    is_unfinished,
    ready_by_version,
    version_of,
)
from aiapp.domain.application.outline import VersionOutline
from aiapp.domain.application.plan import ApplicationPlan, holding, plan, without_manifest
from aiapp.domain.application.pod_start import newest_ready
from aiapp.domain.application.rollout import Rendered, Rollout, Running
from aiapp.domain.application.status import Assessment, assess, noteworthy_pods
from aiapp.domain.application.traffic.advance import Advance, advance
from aiapp.domain.application.traffic.situation import checked_versions, step_checks
from aiapp.domain.artifact.manifest_config_map import config_map_names
from aiapp.domain.conditions import Trouble
from aiapp.domain.events import Event
from aiapp.domain.exeml.access import KnownTickets
from aiapp.domain.kubernetes.child_kinds import OF_ONE_APPLICATION
from aiapp.domain.kubernetes.naming import digest_config_map, image_config_map
from aiapp.domain.kubernetes.resources import (
    APPLICATIONS,
    CONTROLLER_REVISIONS,
    DEPLOYMENTS,
    HTTP_ROUTES,
    LIMIT_RANGES,
    PODS,
    SERVICES,
    Json,
    Resource,
    resource_of,
)
from aiapp.domain.nodes.facts import NodeFacts
from aiapp.domain.past_events import past_events
from aiapp.domain.records import ApplicationRecord, read_versions
from aiapp.domain.rendering.limits import bounds
from aiapp.domain.rendering.pod.delivery import Fetcher
from aiapp.domain.rendering.pod.dependencies import DEFAULT_PIP, Pip
from aiapp.domain.version.drift import suspects
from aiapp.ports.clock import Clock
from aiapp.ports.kubernetes import ApiError, Applied, ApplyResult, Cluster, Recorder, StaleError
from aiapp.reconcile.conditions import conditions
from aiapp.reconcile.refusals import refusal
from aiapp.reconcile.replica_sets import ReplicaSets
from aiapp.reconcile.shared_config_maps import SharedConfigMaps
from aiapp.reconcile.sources.access import AccessError
from aiapp.reconcile.sources.sources import Sources
from aiapp.reconcile.step_checks import StepChecks
from aiapp.reconcile.version.drift import DriftTracker
from aiapp.reconcile.views.catalogue import Catalogue
from aiapp.reconcile.views.nodes import NodeInventoryView
from aiapp.reconcile.views.remembered import Remembered


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationPorts:
    """What the reconciler of applications works with."""

    store: Cache[NodeFacts]
    cluster: Cluster
    sources: Sources
    shared: SharedConfigMaps
    recorder: Recorder
    replica_sets: ReplicaSets
    catalogue: Catalogue
    view: NodeInventoryView
    drifts: DriftTracker
    fetcher: Callable[[], Fetcher]
    """The init container of new rollouts."""
    pip: Pip = DEFAULT_PIP
    tickets: KnownTickets = field(default_factory=KnownTickets)
    """Where new pods ask for models of ExeML."""
    rollout_started: Callable[[], None]
    """Counts a version that was rendered for a rollout, for metrics."""
    step_checks: StepChecks
    clock: Clock


@dataclass(frozen=True, slots=True)
class CarriedOut:
    """What became of a plan."""

    applied: Sequence[Applied]
    resized: Sequence[Json]
    deleted: Sequence[Json]
    refused: Sequence[Trouble]

    @property
    def trouble(self) -> Trouble | None:
        """The first reason why not everything exists that should."""
        taken = [a.object for a in self.applied if a.result is ApplyResult.NAME_TAKEN]
        return name_taken(taken) if taken else next(iter(self.refused), None)


class ApplicationReconciler:
    """`await reconciler(key)`; raises `ApiError` for what the queue retries."""

    def __init__(self, ports: ApplicationPorts) -> None:
        self._ports = ports
        self._met: dict[Key, datetime] = {}
        """Applications that have no status yet, and since when they are known."""
        self._outlines: dict[Key, Remembered[VersionOutline]] = defaultdict(lambda: Remembered(_outline))
        """Of each application's versions: of a thousand, reading takes far longer than everything else in a look."""

    async def __call__(self, key: Key) -> Outcome:
        raw = self._ports.store.get(APPLICATIONS, key.namespace, key.name)
        if raw is None or "deletionTimestamp" in raw["metadata"]:
            self._met.pop(key, None)
            self._outlines.pop(key, None)
            return Outcome()
        application = ApplicationRecord.parse(raw)
        sent = await self._take_back(application)
        observed = await self._gather(application)
        wanted = await self._with_manifests(observed, await self._with_access(observed, plan(observed)))
        carried_out = await self._carry_out(observed, wanted)
        self._send(application, wanted.events)
        sent += wanted.events
        after = _after(observed, carried_out)
        await self._release(after, wanted.rollouts)
        self._suspect(observed)
        ahead = await self._advance(after)
        assessment = assess(after, wanted, carried_out.trouble, ahead)
        if assessment.retry_after is None:
            self._met.pop(key, None)
            await self._report(application, assessment, sent)
        times = (assessment.retry_after, wanted.again_after, ahead.look_again)
        again = min((seconds for seconds in times if seconds is not None), default=None)
        return Outcome(retry_after=again, failed=carried_out.trouble is not None or wanted.must_retry)

    async def _advance(self, after: ObservedApplication) -> Advance:
        """How far its rollout in steps is, with the step's checks where it ends but for them."""
        ahead, asks = advance(after), self._ports.step_checks
        if not ahead.asks:
            return ahead
        checks = step_checks(after, asks.offered)
        return advance(after, await asks.verdict(checks, namespace=after.application.namespace))

    async def _take_back(self, application: ApplicationRecord) -> tuple[Event, ...]:
        """Takes back children that have lost their owner, before anything is judged by what the application owns."""
        if application.parsed.spec.serving is None:
            return ()
        place = (application.namespace, application.name)
        children = [child for kind in OF_ONE_APPLICATION for child in self._ports.store.children(kind, *place)]
        found = list(orphans(application, children))
        if found:
            await self._require_living(application)
        for orphan in found:
            await self._ports.cluster.take_back(orphan, new_owners(application, orphan))
            self._send(application, [taken_back(orphan)])
        return tuple(map(taken_back, found))

    async def _require_living(self, application: ApplicationRecord) -> None:
        """Raises `StaleError`: what a deleted application leaves behind would go with it, if it were its own again."""
        live = await self._ports.cluster.get(APPLICATIONS, application.namespace, application.name)
        metadata = {} if live is None else live["metadata"]
        if metadata.get("uid") != application.uid or "deletionTimestamp" in metadata:
            raise StaleError(f"AIApplication {application.namespace}/{application.name} is gone or going")

    async def _gather(self, application: ApplicationRecord) -> ObservedApplication:
        store, place = self._ports.store, (application.namespace, application.name)
        key, known = Key(APPLICATIONS.kind, *place), store.versions(*place)
        owned = {kind: _owned(store.children(kind, *place), application.uid) for kind in OF_ONE_APPLICATION}
        deployments, revisions = owned.pop(DEPLOYMENTS), owned.pop(CONTROLLER_REVISIONS)
        versions, unreadable = read_versions(_in_use(known, application, deployments))
        every_pod = store.children(PODS, *place)
        pods = noteworthy_pods(every_pod, deployments, versions, checked_versions(application))
        children = Children(
            deployments=deployments,
            revisions=revisions,
            others=tuple(chain(*owned.values())),
            pods=await self._ports.replica_sets.pods_of(deployments, pods),
            unfinished=sum(map(is_unfinished, every_pod)),
            ready=ready_by_version(every_pod) if _is_routed(application) else None,
            newest_ready=newest_ready(every_pod),
        )
        now = self._ports.clock()
        return ObservedApplication(
            now=now,
            met=self._met.setdefault(key, now),
            application=application,
            versions=versions,
            unreadable=unreadable,
            outlines=self._outlines[key].of(known),
            children=children,
            is_gateway_api_served=store.is_served(HTTP_ROUTES, application.namespace),
            context=RenderContext(
                runtimes=self._ports.catalogue.specs(store.runtimes()),
                inventory=self._ports.view.inventory,
                tables=self._ports.view.tables,
                in_use=self._ports.view.in_use,
                leaving=self._ports.view.leaving,
                fetcher=self._ports.fetcher(),
                pip=self._ports.pip,
                tickets=self._ports.tickets.access,
                granted=bounds(one for one in store.all(LIMIT_RANGES) if _is_in(one, application.namespace)),
            ),
        )

    async def _with_access(self, observed: ObservedApplication, wanted: ApplicationPlan) -> ApplicationPlan:
        """The plan without new pods that may not have what they need to reach their source."""
        denied = {}
        for one in wanted.rollouts:
            if not isinstance(one, Rendered):
                continue
            try:
                await self._ports.sources.of(one.candidate.record).require_access()
            except AccessError as error:
                denied[one.served.version] = Trouble(error.reason, error.message)
        return holding(observed, wanted, denied)

    async def _with_manifests(self, observed: ObservedApplication, wanted: ApplicationPlan) -> ApplicationPlan:
        """Makes the application an owner of the manifests that its pods mount; without one, nothing is made from it.

        And of the records of the images that they run.
        """
        running = [one for one in wanted.rollouts if isinstance(one, Running)]
        for image in filter(None, (one.candidate.record.pinned_image for one in running)):
            await self._ports.shared.share_known(image_config_map(image.digest), observed.application.raw)
        packages = [(one, artifact) for one in running if (artifact := one.candidate.record.package) is not None]
        lost = [one for one in packages if not await self._share(observed, one[1])]
        held = {one.served.version: without_manifest(one, artifact) for one, artifact in lost}
        return holding(observed, wanted, held)

    async def _share(self, observed: ObservedApplication, artifact: PackageArtifact) -> bool:
        shared, raw = self._ports.shared, observed.application.raw
        await shared.share_known(digest_config_map(artifact.pin), raw)
        return not await shared.share(config_map_names(artifact.manifest_ref), raw)

    async def _release(self, after: ObservedApplication, rollouts: Iterable[Rollout]) -> None:
        """Gives up manifests that no pod may need any more; one without a user is deleted."""
        raw = after.application.raw
        held = [one["metadata"]["name"] for one in self._ports.shared.held(raw) if not is_awaited(one, after)]
        await self._ports.shared.release(unused(held, templates(after.children, rollouts)), raw)

    async def _carry_out(self, observed: ObservedApplication, wanted: ApplicationPlan) -> CarriedOut:
        """Carries out as much of the plan as the API server accepts; nothing is made for a version after a refusal."""
        applied, refused = await self._apply_all(observed, wanted.apply)
        if refused:
            return CarriedOut(applied, (), (), refused)
        resized = [await self._ports.cluster.scale(*one) for one in wanted.resize]
        grown, refused = await self._apply_all(observed, wanted.grow)
        if not refused:
            await self._delete(wanted.delete)
        return CarriedOut([*applied, *grown], resized, () if refused else wanted.delete, refused)

    async def _apply_all(
        self, observed: ObservedApplication, objects: Iterable[Json]
    ) -> tuple[list[Applied], tuple[Trouble, ...]]:
        applied: list[Applied] = []
        refused: dict[str | None, Trouble] = {}
        for desired in objects:
            if version_of(desired) in refused:
                continue
            try:
                applied.append(await self._apply(observed, desired))
            except ApiError as error:
                trouble = refusal(error, called(desired))
                if trouble is None:
                    raise
                refused[version_of(desired)] = trouble
        return applied, tuple(refused.values())

    async def _apply(self, observed: ObservedApplication, desired: Json) -> Applied:
        metadata = desired["metadata"]
        known = self._ports.store.get(resource_of(desired), metadata["namespace"], metadata["name"])
        applied = await self._ports.cluster.apply(desired, observed=known, owner_uid=observed.application.uid)
        if known is None and applied.result is ApplyResult.WRITTEN and resource_of(desired) == CONTROLLER_REVISIONS:
            self._ports.rollout_started()
        return applied

    async def _delete(self, doomed: Iterable[Json]) -> None:
        for child in doomed:
            metadata = child["metadata"]
            await self._ports.cluster.delete(
                resource_of(child),
                metadata["namespace"],
                metadata["name"],
                uid=metadata["uid"],
                resource_version=metadata["resourceVersion"],
            )

    def _suspect(self, observed: ObservedApplication) -> None:
        suspected = suspects(observed.children.pods)
        for record in observed.versions:
            if record.spec.version in suspected:
                self._ports.drifts.suspect(record)

    async def _report(self, application: ApplicationRecord, assessment: Assessment, events: Sequence[Event]) -> None:
        """`events`: the Events that were sent before."""
        past = past_events(application.raw, (*events, *assessment.past, *assessment.events), self._ports.clock())
        status = assessment.status | past | {"conditions": conditions(assessment.findings, application.generation)}
        await self._ports.cluster.write_status(APPLICATIONS, application.raw, status)
        self._send(application, assessment.events)

    def _send(self, application: ApplicationRecord, events: Iterable[Event]) -> None:
        for event in events:
            self._ports.recorder.event(application.raw, *event)


def _is_routed(application: ApplicationRecord) -> bool:
    serving = application.parsed.spec.serving
    return serving is not None and serving.gateway is not None


def _owned(children: Iterable[Json], uid: str) -> tuple[Json, ...]:
    """The children of this very application, without those that a deleted one of the same name has left."""
    return tuple(
        child for child in children if any(o["uid"] == uid for o in child["metadata"].get("ownerReferences", ()))
    )


def _in_use(versions: Iterable[Json], application: ApplicationRecord, deployments: Iterable[Json]) -> list[Json]:
    """The versions that something may have to be decided about: those that are to be served, or are deployed."""
    serving = application.parsed.spec.serving
    served = (one.version for one in serving.versions) if serving else ()
    names = {f"{application.name}-{number}" for number in (*served, *map(version_of, deployments))}
    return [raw for raw in versions if raw["metadata"]["name"] in names]


def _outline(raw: Json) -> VersionOutline | None:
    readable, _ = read_versions([raw])
    return next(map(VersionOutline.of, readable), None)


def _after(observed: ObservedApplication, carried_out: CarriedOut) -> ObservedApplication:
    """The children as they are now that the plan was carried out."""
    children = observed.children
    deployments = _present(children.deployments, (DEPLOYMENTS,), carried_out)
    revisions = _present(children.revisions, (CONTROLLER_REVISIONS,), carried_out)
    others = _present(children.others, (SERVICES, HTTP_ROUTES), carried_out)
    return replace(observed, children=replace(children, deployments=deployments, revisions=revisions, others=others))


def _present(before: Iterable[Json], kinds: Container[Resource], carried_out: CarriedOut) -> tuple[Json, ...]:
    gone = {child["metadata"]["uid"] for child in carried_out.deleted}
    applied = [a.object for a in carried_out.applied if a.result is not ApplyResult.NAME_TAKEN]
    ours = [one for one in (*applied, *carried_out.resized) if resource_of(one) in kinds]
    fresh = {(child["kind"], child["metadata"]["name"]): child for child in (*before, *ours)}
    return tuple(child for child in fresh.values() if child["metadata"]["uid"] not in gone)


def _is_in(document: Json, namespace: str) -> bool:
    return bool(document["metadata"]["namespace"] == namespace)
