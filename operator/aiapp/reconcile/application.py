"""Reconciles an AIApplication: gather, plan, apply, report. Has no opinion of its own."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from aiapp.api.conditions import Reason
from aiapp.controller.cache import Cache
from aiapp.controller.workers import Outcome
from aiapp.controller.workqueue import Key
from aiapp.domain.application.plan import Children, Observed, Plan, plan, version_of
from aiapp.domain.application.pod_diagnosis import Trouble
from aiapp.domain.application.rollout import RenderContext, Rollout
from aiapp.domain.application.status import NOT_NORMAL, Assessment, assess
from aiapp.domain.artifact.manifest_config_map import config_map_names
from aiapp.domain.kubernetes.naming import digest_config_map
from aiapp.domain.kubernetes.resources import (
    APPLICATIONS,
    CONTROLLER_REVISIONS,
    DEPLOYMENTS,
    LIMIT_RANGES,
    PODS,
    SERVICES,
    Json,
    resource_of,
)
from aiapp.domain.nodes.facts import NodeFacts
from aiapp.domain.planning.adoption import called, name_taken, new_owners, orphans
from aiapp.domain.planning.mounts import templates, unused
from aiapp.domain.records import ApplicationRecord, read_versions
from aiapp.domain.rendering.limits import bounds
from aiapp.domain.rendering.pod.delivery import Fetcher
from aiapp.domain.rendering.pod.dependencies import DEFAULT_PIP, Pip
from aiapp.domain.version.drift import suspects
from aiapp.ports import ApiError, Applied, ApplyResult, Cluster, Recorder
from aiapp.reconcile.conditions import conditions, tell_changes
from aiapp.reconcile.refusals import refusal
from aiapp.reconcile.replica_sets import ReplicaSets
from aiapp.reconcile.shared_config_maps import SharedConfigMaps
from aiapp.reconcile.sources.access import AccessError, require_allowed
from aiapp.reconcile.version.drift import DriftTracker
from aiapp.reconcile.views.catalogue import Catalogue
from aiapp.reconcile.views.nodes import NodeInventoryView

ADOPTED: Final = (CONTROLLER_REVISIONS, DEPLOYMENTS, SERVICES)
"""Templates first: by them a Deployment goes on with the pods that it has."""
QUICK_SECONDS: Final = 3.0
"""A new application is not said to wait for its version before that: most are imported by then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationPorts:
    """What the reconciler of applications works with."""

    store: Cache[NodeFacts]
    cluster: Cluster
    shared: SharedConfigMaps
    recorder: Recorder
    replica_sets: ReplicaSets
    catalogue: Catalogue
    view: NodeInventoryView
    drifts: DriftTracker
    fetcher: Callable[[], Fetcher]
    """As it is for new rollouts."""
    pip: Pip = DEFAULT_PIP
    clock: Callable[[], float]
    """Monotonic seconds."""


@dataclass(frozen=True, slots=True)
class CarriedOut:
    """What became of a plan."""

    applied: Sequence[Applied]
    deleted: Sequence[Json]
    refused: Sequence[Trouble]

    @property
    def trouble(self) -> Trouble | None:
        """Why not everything exists that should."""
        taken = [a.object for a in self.applied if a.result is ApplyResult.NAME_TAKEN]
        return name_taken(taken) if taken else next(iter(self.refused), None)


class ApplicationReconciler:
    """`await reconciler(key)`; raises `ApiError` for what the queue retries."""

    def __init__(self, ports: ApplicationPorts) -> None:
        self._ports = ports
        self._met: dict[Key, float] = {}

    async def __call__(self, key: Key) -> Outcome:
        raw = self._ports.store.get(APPLICATIONS, key.namespace, key.name)
        if raw is None or "deletionTimestamp" in raw["metadata"]:
            self._met.pop(key, None)
            return Outcome()
        application = ApplicationRecord.parse(raw)
        await self._take_back(application)
        observed = await self._gather(application)
        wanted = await self._with_manifests(observed, await self._with_credentials(observed, plan(observed)))
        done = await self._carry_out(observed, wanted)
        self._tell_rollouts(observed.application, wanted.rollouts)
        after = _after(observed, done)
        await self._release(after, wanted.rollouts)
        said = assess(after, wanted, done.trouble)
        self._suspect(observed)
        wait = self._patience(key, observed.application, said)
        if wait is None:
            await self._report(observed.application, said)
        failed = done.trouble is not None or any(map(_may_mend_itself, wanted.rollouts))
        return Outcome(retry_after=wait, failed=failed)

    async def _take_back(self, application: ApplicationRecord) -> None:
        """What it is to serve with and what had lost its owner, before anything is judged by what it owns."""
        if application.parsed.spec.serving is None:
            return
        place = (application.namespace, application.name)
        children = [child for kind in ADOPTED for child in self._ports.store.children(kind, *place)]
        for orphan in orphans(application, children):
            await self._ports.cluster.take_back(orphan, new_owners(application, orphan))
            message = f"{called(orphan)}, which had lost its owner, belongs to this application again"
            self._ports.recorder.event(application.raw, "Normal", Reason.TAKEN_BACK, message)

    async def _gather(self, application: ApplicationRecord) -> Observed:
        store, place = self._ports.store, (application.namespace, application.name)
        deployments = _owned(store.children(DEPLOYMENTS, *place), application.uid)
        children = Children(
            deployments=deployments,
            services=_owned(store.children(SERVICES, *place), application.uid),
            revisions=_owned(store.children(CONTROLLER_REVISIONS, *place), application.uid),
            pods=await self._ports.replica_sets.pods_of(deployments, store.children(PODS, *place)),
        )
        versions, unreadable = read_versions(store.versions(*place))
        return Observed(
            application=application,
            versions=versions,
            unreadable=unreadable,
            children=children,
            around=RenderContext(
                runtimes=self._ports.catalogue.specs(store.runtimes()),
                fleet=self._ports.view.fleet,
                tables=self._ports.view.tables,
                in_use=self._ports.view.in_use,
                fetcher=self._ports.fetcher(),
                pip=self._ports.pip,
                granted=bounds(one for one in store.all(LIMIT_RANGES) if _is_in(one, application.namespace)),
            ),
        )

    async def _with_credentials(self, observed: Observed, wanted: Plan) -> Plan:
        """New pods are not given a Secret that says that it is for other endpoints."""
        denied = {}
        for rollout in wanted.rollouts:
            source = rollout.record.spec.source.obs if rollout.record else None
            if source is None or rollout.template is None or rollout.stored:
                continue
            try:
                await require_allowed(source, observed.application.namespace, self._ports.cluster)
            except AccessError as error:
                denied[rollout.served.version] = Trouble(error.reason, error.message)
        return _holding(wanted, denied)

    async def _with_manifests(self, observed: Observed, wanted: Plan) -> Plan:
        """Owns the manifests that its pods mount; without one, nothing is made from it."""
        lost = [r for r in wanted.rollouts if r.template is not None and not await self._share(observed, r)]
        return _holding(wanted, {rollout.served.version: _no_manifest(rollout) for rollout in lost})

    async def _share(self, observed: Observed, rollout: Rollout) -> bool:
        artifact = rollout.record.status.artifact if rollout.record else None
        if artifact is None:
            return False
        shared, raw = self._ports.shared, observed.application.raw
        await shared.share_known(digest_config_map(artifact.pin), raw)
        return not await shared.share(config_map_names(artifact.manifest_ref), raw)

    async def _release(self, after: Observed, rollouts: Iterable[Rollout]) -> None:
        """The last user takes a manifest along: that of a deleted version goes with the last pod that may need it."""
        raw = after.application.raw
        held = self._ports.shared.held(raw)
        await self._ports.shared.release(unused(held, templates(after.children, rollouts)), raw)

    async def _carry_out(self, observed: Observed, wanted: Plan) -> CarriedOut:
        """As much of the plan as the API server takes; nothing is made for a version after a refusal."""
        applied: list[Applied] = []
        refused: dict[str | None, Trouble] = {}
        for desired in wanted.apply:
            if version_of(desired) in refused:
                continue
            try:
                applied.append(await self._apply(observed, desired))
            except ApiError as error:
                trouble = refusal(error, called(desired))
                if trouble is None:
                    raise
                refused[version_of(desired)] = trouble
        if not refused:
            await self._delete(wanted.delete)
        return CarriedOut(applied, () if refused else wanted.delete, tuple(refused.values()))

    async def _apply(self, observed: Observed, desired: Json) -> Applied:
        metadata = desired["metadata"]
        known = self._ports.store.get(resource_of(desired), metadata["namespace"], metadata["name"])
        return await self._ports.cluster.apply(desired, observed=known, owner_uid=observed.application.uid)

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

    def _suspect(self, observed: Observed) -> None:
        suspected = suspects(observed.children.pods)
        for record in observed.versions:
            if record.spec.version in suspected:
                self._ports.drifts.suspect(record)

    def _patience(self, key: Key, application: ApplicationRecord, said: Assessment) -> float | None:
        """Seconds until it is worth saying that a new application waits for its version; None: say what there is."""
        if application.is_new and said.ready.reason in NOT_NORMAL:
            now = self._ports.clock()
            left = self._met.setdefault(key, now) + QUICK_SECONDS - now
            if left > 0:
                return left
        self._met.pop(key, None)
        return None

    async def _report(self, application: ApplicationRecord, said: Assessment) -> None:
        status = said.status | {"conditions": conditions(said.findings, application.generation)}
        await self._ports.cluster.write_status(APPLICATIONS, application.raw, status)
        tell_changes(self._ports.recorder, application.raw, application.parsed.status.conditions, said.findings)

    def _tell_rollouts(self, application: ApplicationRecord, rollouts: Iterable[Rollout]) -> None:
        """What a person should know of templates that were just made."""
        for made in rollouts:
            if made.template is None or made.stored:
                continue
            if made.images is not None:
                told = f"version {made.served.version} now runs {made.images.now}, before {made.images.before}"
                self._ports.recorder.event(application.raw, "Normal", Reason.RUNTIME_IMAGE_CHANGED, told)
            if made.overruled is not None:
                told = f"version {made.served.version} is rolled out against the verdict: {made.overruled}"
                self._ports.recorder.event(application.raw, "Warning", Reason.COMPATIBILITY_OVERRULED, told)


def _owned(children: Iterable[Json], uid: str) -> tuple[Json, ...]:
    """Those of this very application; what a deleted one of the same name left is not ours to judge."""
    return tuple(
        child for child in children if any(o["uid"] == uid for o in child["metadata"].get("ownerReferences", ()))
    )


def _after(observed: Observed, done: CarriedOut) -> Observed:
    """The children as they are now that the plan was carried out."""
    gone = {child["metadata"]["uid"] for child in done.deleted}
    ours = [
        a.object for a in done.applied if a.result is not ApplyResult.NAME_TAKEN and a.object["kind"] == "Deployment"
    ]
    fresh = {child["metadata"]["name"]: child for child in (*observed.children.deployments, *ours)}
    deployments = tuple(child for child in fresh.values() if child["metadata"]["uid"] not in gone)
    return replace(observed, children=replace(observed.children, deployments=deployments))


def _holding(wanted: Plan, held: Mapping[str, Trouble]) -> Plan:
    """Without what would be made for these versions, and with the reason why not."""
    if not held:
        return wanted
    rollouts = (
        replace(one, template=None, held=why) if (why := held.get(one.served.version)) else one
        for one in wanted.rollouts
    )
    kept = (obj for obj in wanted.apply if version_of(obj) not in held)
    return replace(wanted, rollouts=tuple(rollouts), apply=tuple(kept))


def _no_manifest(rollout: Rollout) -> Trouble:
    artifact = rollout.record.status.artifact if rollout.record else None
    name = artifact.manifest_ref.name if artifact else "?"
    message = (
        f"ConfigMap {name}, which holds the manifest of version {rollout.served.version}, is gone: it is written again "
        "while the store still holds what was pinned; the version's condition SourceUnchanged tells more"
    )
    return Trouble(Reason.FETCH_FAILED, message)


def _may_mend_itself(rollout: Rollout) -> bool:
    """Whether it is held back by something that nothing tells the end of."""
    return rollout.held is not None and rollout.held.reason in {Reason.CREDENTIALS_DENIED, Reason.FETCH_FAILED}


def _is_in(document: Json, namespace: str) -> bool:
    return bool(document["metadata"]["namespace"] == namespace)
