"""What was seen of training jobs that versions wait for, also of those that were deleted since.

A job may be cleaned up the moment it has ended: what the watch brought last says how it did. Nothing is kept of jobs
that no version waits for.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple, Protocol

from aiapp.controller.cache import Cache
from aiapp.domain.kubernetes.resources import VERSIONS, Json, Resource
from aiapp.domain.kubernetes.trimming import without_managed_fields
from aiapp.domain.provenance.run import TrainingRun, run
from aiapp.domain.sources.raw import is_imported, recorded_env, waits_for_kind
from aiapp.domain.training.facts import JobFacts, JobReading, facts
from aiapp.domain.training.kinds import JobKinds

REMEMBERED: Final = 200
"""Jobs of which is known how they were seen last."""


class ServedKinds(Protocol):
    """Knows which kinds the cluster serves and lets the operator read."""

    def is_served(self, resource: Resource, namespace: str) -> bool: ...


class _Seen(NamedTuple):
    facts: JobFacts
    run: TrainingRun


class TrainingJobs:
    """A sink for watches on training jobs. `changed` is called with each version that has news of its job."""

    def __init__(
        self, kinds: JobKinds, reading: JobReading, store: Cache[Any], changed: Callable[[Json], None]
    ) -> None:
        self.kinds = kinds
        self.reading = reading
        self._by_resource = {kind.resource: kind for kind in kinds.kinds}
        self._store = store
        self._changed = changed
        self._seen: OrderedDict[str, _Seen] = OrderedDict()

    def last_seen(self, uid: str) -> JobFacts | None:
        """The job as it was seen last while a version waited for it."""
        seen = self._seen.get(uid)
        return seen.facts if seen else None

    def last_run(self, uid: str) -> TrainingRun | None:
        """What is kept of it as provenance, but for its pods."""
        seen = self._seen.get(uid)
        return seen.run if seen else None

    def trim(self, job: Json) -> Json | None:
        """The job, if a version waits for it."""
        return without_managed_fields(job) if self._waiting(job) else None

    # Of the watch

    def replace(self, resource: Resource, documents: Iterable[Json], resource_version: str) -> None:  # noqa: ARG002
        """A complete listing, of all namespaces or of one: also the jobs that it lacks are news."""
        for job in documents:
            self._keep(resource, job)
        for version in self._store.all(VERSIONS):
            if waits_for_kind(version, resource.kind):
                self._changed(version)

    def put(self, resource: Resource, document: Json) -> None:
        self._keep(resource, document)
        self._tell(document)

    def remove(self, resource: Resource, document: Json) -> None:
        """As the job was when it went, or one that nobody waits for."""
        if self._waiting(document):
            self.put(resource, document)

    def _keep(self, resource: Resource, job: Json) -> None:
        kind = self._by_resource[resource]
        recorded = {name for version in self._waiting(job) for name in recorded_env(version)}
        self._seen[job["metadata"]["uid"]] = _Seen(
            facts(job, kind, self.reading), run(job, kind, recorded, self.reading.output_names)
        )
        self._seen.move_to_end(job["metadata"]["uid"])
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)

    def _tell(self, job: Json) -> None:
        for version in self._waiting(job):
            self._changed(version)

    def _waiting(self, job: Json) -> list[Json]:
        metadata = job["metadata"]
        versions = self._store.versions_of_job(metadata.get("namespace", ""), job.get("kind", ""), metadata["name"])
        return [version for version in versions if not is_imported(version)]
