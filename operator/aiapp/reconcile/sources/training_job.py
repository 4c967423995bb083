"""The output of a training job, asked for one version: once the job has succeeded, a package in object storage."""

from dataclasses import dataclass, replace

from typing_extensions import override

from aiapp.api.conditions import ConditionType, Reason
from aiapp.api.source import TrainingJobSource
from aiapp.api.training_job import TrainingJobStatus
from aiapp.domain.conditions import Finding, unknown
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.package.inspection import Inspection, Unresolved
from aiapp.domain.records import VersionRecord
from aiapp.domain.sources.obs import package_at
from aiapp.domain.sources.training_job import as_template
from aiapp.domain.training.decision import Finished, decision, has_ended, latched, supplied
from aiapp.domain.training.facts import JobFacts, facts
from aiapp.domain.training.kinds import JobKind
from aiapp.domain.training.registration import registered_job
from aiapp.ports.clock import Clock
from aiapp.ports.kubernetes import Cluster
from aiapp.reconcile.sources.live import KnownOfPin, LiveSource
from aiapp.reconcile.sources.obs import ObsPackage
from aiapp.reconcile.sources.template import TemplatePackage, TemplatePorts
from aiapp.reconcile.views.training_jobs import ServedKinds, TrainingJobs


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingJobPorts:
    """What training jobs are read with."""

    cluster: Cluster
    served: ServedKinds
    jobs: TrainingJobs
    late_seconds: float
    """An output that is not complete when its job has succeeded is waited for so long."""
    clock: Clock

    def is_served(self, kind: JobKind, namespace: str) -> bool:
        """Whether the cluster serves the kind and lets the operator read it: who asks for others gets an error."""
        return self.served.is_served(kind.resource, namespace)

    async def live(self, kind: JobKind, namespace: str, name: str) -> Json | None:
        """The job that has the name now."""
        return await self.cluster.get(kind.resource, namespace, name) if self.is_served(kind, namespace) else None


def waited_for(record: VersionRecord, source: TrainingJobSource, kind: JobKind) -> TrainingJobStatus | None:
    """The job that a version waits for, as its status has it, or as it says itself that it was registered by it."""
    before = record.status.source.training_job if record.status.source else None
    return latched(source, kind, before or registered_job(record.raw, source, kind))


@dataclass(frozen=True, slots=True)
class TrainingJobOutput(LiveSource):
    """The output of the job that a version's source names."""

    record: VersionRecord
    source: TrainingJobSource
    templates: TemplatePorts
    ports: TrainingJobPorts

    @override
    async def inspect(self, content_of: KnownOfPin) -> Inspection:
        kind = self.ports.jobs.kinds.find(self.source.api_version, self.source.kind)
        if isinstance(kind, str):
            return Unresolved(Reason.TRAINING_JOB_KIND_UNKNOWN, kind, retryable=False)
        live = await self.ports.live(kind, self.record.namespace, self.source.name)
        return replace(await self._result(kind, live, content_of), live_job=live)

    @override
    async def compare(self) -> Finding:
        package = self._pinned
        if package is None:
            return unknown(ConditionType.SOURCE_UNCHANGED, Reason.PENDING, "it is not known where the job wrote")
        return await package.compare()

    @override
    async def require_access(self) -> None:
        if (package := self._pinned) is not None:
            await package.require_access()

    @property
    def _pinned(self) -> LiveSource | None:
        """What the job wrote, as the status has it."""
        found = self.record.status.source
        job = found.training_job if found else None
        return self._package(job.output) if job is not None and job.output is not None else None

    def _package(self, uri: str) -> LiveSource:
        template = as_template(self.source, uri)
        if template is not None:
            return TemplatePackage(self.record, template, self.templates)
        return ObsPackage(self.record, package_at(uri, self.source), self.templates.obs)

    async def _result(self, kind: JobKind, live: Json | None, content_of: KnownOfPin) -> Inspection:
        waited = waited_for(self.record, self.source, kind)
        found = self._last_seen(waited) if live is None else facts(live, kind, self.ports.jobs.reading)
        if found is None and not has_ended(waited) and not self.ports.is_served(kind, self.record.namespace):
            message = f"the cluster does not serve {kind.name} {kind.version}, or does not let the operator read them"
            return Unresolved(Reason.TRAINING_JOB_KIND_NOT_SERVED, message, retryable=True, job=waited)
        decided = decision(self.source, kind, waited, found, self.ports.clock(), self._said_of_failure())
        return await self._imported(decided, content_of) if isinstance(decided, Finished) else decided

    def _last_seen(self, waited: TrainingJobStatus | None) -> JobFacts | None:
        """The job as it was when it was deleted after it had ended."""
        facts = self.ports.jobs.last_seen(waited.uid) if waited else None
        return facts if has_ended(facts) else None

    def _said_of_failure(self) -> str | None:
        """In the job's own words, which nobody else has once it is gone."""
        conditions = self.record.status.conditions
        return next((one.message for one in conditions if one.reason == Reason.TRAINING_JOB_FAILED), None)

    async def _imported(self, finished: Finished, content_of: KnownOfPin) -> Inspection:
        found = await self._package(finished.uri).inspect(content_of)
        return supplied(found, finished, self.ports.clock(), self.ports.late_seconds)
