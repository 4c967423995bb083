"""What was seen of training jobs that versions wait for, also of those that were deleted since.

A job may be cleaned up the moment it has ended: what the watch brought last says how it did. Nothing is kept of jobs
that no version waits for.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple, Protocol

from aiapp.api.training_job import JobState
from aiapp.controller.cache import Cache
from aiapp.domain.fair_share import to_forget
from aiapp.domain.kubernetes.resources import VERSIONS, Json, Resource
from aiapp.domain.kubernetes.trimming import without_managed_fields
from aiapp.domain.nodes.facts import NodeFacts
from aiapp.domain.provenance.run import TrainingRun, run, with_pods, with_remembered
from aiapp.domain.sources.raw import is_imported, recorded_env, waits_for_kind
from aiapp.domain.training.facts import JobFacts, JobReading, facts
from aiapp.domain.training.kinds import JobKind, JobKinds
from aiapp.reconcile.views.registrations import Registrations

REMEMBERED: Final = 200
"""Jobs of which is known how they were seen last; the namespace with most of them loses its oldest first."""


class ServedKinds(Protocol):
    """Knows which kinds the cluster serves and lets the operator read."""

    def is_served(self, resource: Resource, namespace: str) -> bool: ...


class JobObserver(Protocol):
    """Counts how jobs end, for metrics."""

    def job_ended(self, kind: str, result: str) -> None:
        """A job of that kind (`plural.group`) was seen to end: succeeded, failed, or deleted before it did either."""


_ENDS: Final = {"Succeeded": "succeeded", "Failed": "failed"}


class _ObservedJob(NamedTuple):
    namespace: str
    facts: JobFacts
    run: TrainingRun


class TrainingJobs:
    """A sink for watches on training jobs. `changed` is called with each version that has news of its job."""

    def __init__(
        self,
        kinds: JobKinds,
        reading: JobReading,
        store: Cache[Any],
        changed: Callable[[Json], None],
        registrations: Registrations,
        observer: JobObserver,
    ) -> None:
        self.kinds = kinds
        self.reading = reading
        self.registrations = registrations
        """Of those that register themselves."""
        self._by_resource = {kind.resource: kind for kind in kinds.kinds}
        self._store = store
        self._changed = changed
        self._observer = observer
        self._seen: OrderedDict[str, _ObservedJob] = OrderedDict()

    def last_seen(self, uid: str) -> JobFacts | None:
        """The job as it was seen last while a version waited for it."""
        job = self._seen.get(uid)
        return job.facts if job else None

    def last_run(self, uid: str) -> TrainingRun | None:
        """What is kept of it as provenance; of its pods what was `observed`."""
        job = self._seen.get(uid)
        return job.run if job else None

    def observed(self, uid: str, ran: TrainingRun) -> None:
        """A look found this of a job and its pods, which may be gone at the next one."""
        if (job := self._seen.get(uid)) is not None:
            self._seen[uid] = job._replace(run=with_remembered(ran, job.run))

    def followed(self, namespace: str, kind: JobKind, name: str) -> list[str]:
        """The uids of jobs of that name that somebody waits for, or waited for a moment ago."""
        of_kind = (kind.api_version, kind.kind)
        return [
            uid
            for uid, job in self._seen.items()
            if (job.namespace, job.facts.name) == (namespace, name)
            and (job.run.identity["apiVersion"], job.run.identity["kind"]) == of_kind
        ]

    def ran(self, uid: str, kind: JobKind, pod: Json, nodes: Mapping[str, NodeFacts]) -> None:
        """A pod with the label of that job is so."""
        job = self._seen[uid]
        run = with_remembered(with_pods(job.run, kind, [pod], nodes), job.run)
        if run == job.run:
            return
        self._seen[uid] = job._replace(run=run)
        for version in self._store.versions_of_job(job.namespace, kind.kind, job.facts.name):
            if not is_imported(version):
                self._changed(version)

    def trim(self, job: Json) -> Json | None:
        """The job, if a version waits for it or it is to register itself."""
        kind = self.kinds.find(job["apiVersion"], job["kind"])
        is_wanted = not isinstance(kind, str) and self.registrations.wants(job, kind)
        return without_managed_fields(job) if is_wanted or self._waiting(job) else None

    # Of the watch

    def replace(self, resource: Resource, documents: Iterable[Json], resource_version: str) -> None:  # noqa: ARG002
        """A complete listing, of all namespaces or of one: also the jobs that it lacks are news."""
        for job in documents:
            self._keep(resource, job)
        for version in self._store.all(VERSIONS):
            if waits_for_kind(version, resource.kind):
                self._changed(version)
        self.registrations.listed(resource)

    def put(self, resource: Resource, document: Json) -> None:
        self._keep(resource, document)
        self._tell(document)

    def remove(self, resource: Resource, document: Json) -> None:
        """As the job was when it went, or one that nobody waits for."""
        kind = self._by_resource[resource]
        is_wanted = self.registrations.wants(document, kind)
        if is_wanted or self._waiting(document):
            state = self._remember(document, kind)
            if state not in _ENDS:
                self._count(kind, "deleted")
            self._tell(document)
            if is_wanted:
                self.registrations.gone(document, kind, state)

    def _keep(self, resource: Resource, job: Json) -> None:
        kind = self._by_resource[resource]
        state = self._remember(job, kind)
        if self.registrations.wants(job, kind):
            self.registrations.seen(job, kind, state)

    def _remember(self, job: Json, kind: JobKind) -> JobState:
        """How far the job is."""
        uid = job["metadata"]["uid"]
        recorded = {name for version in self._waiting(job) for name in recorded_env(version)}
        recorded |= self.registrations.recorded_env(job, kind)
        ran, before = run(job, kind, recorded, self.reading.output_names), self._seen.get(uid)
        now = facts(job, kind, self.reading)
        if before is not None and before.facts.state not in _ENDS and now.state in _ENDS:
            self._count(kind, _ENDS[now.state])
        whole = with_remembered(ran, before.run) if before else ran
        self._seen[uid] = _ObservedJob(job["metadata"].get("namespace", ""), now, whole)
        self._seen.move_to_end(uid)
        if len(self._seen) > REMEMBERED:
            del self._seen[to_forget((uid, seen.namespace) for uid, seen in self._seen.items())]
        return now.state

    def _count(self, kind: JobKind, result: str) -> None:
        """Of several replicas one counts; one that was just started has not seen how older jobs ended."""
        if self.registrations.is_working:
            self._observer.job_ended(kind.name, result)

    def _tell(self, job: Json) -> None:
        for version in self._waiting(job):
            self._changed(version)

    def _waiting(self, job: Json) -> list[Json]:
        metadata = job["metadata"]
        versions = self._store.versions_of_job(metadata.get("namespace", ""), job.get("kind", ""), metadata["name"])
        return [version for version in versions if not is_imported(version)]
