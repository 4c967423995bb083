"""What training jobs ran, read along with them while their pods are there. Writes nothing."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from aiapp.api.source import ExeMLSource, TrainingJobSource
from aiapp.domain.kubernetes.resources import CONFIG_MAPS, Json
from aiapp.domain.nodes.facts import NodeFacts
from aiapp.domain.package.inspection import InspectionResult
from aiapp.domain.provenance.config_map import KEY, is_unaltered
from aiapp.domain.provenance.hidden_run import hidden_run
from aiapp.domain.provenance.recorded import recorded_run
from aiapp.domain.provenance.run import TrainingRun, run, with_pods, with_remembered
from aiapp.domain.provenance.runtime import runtime_of, with_runtime
from aiapp.domain.records import VersionRecord
from aiapp.domain.sources.exeml import project_job
from aiapp.domain.training.kinds import JobKind
from aiapp.ports.kubernetes import ApiError, Cluster
from aiapp.reconcile.views.training_jobs import TrainingJobs

_MOST_LABEL: Final = 63


@dataclass(frozen=True, slots=True)
class TrainingRuns:
    """Reads what the jobs of versions ran. All methods raise `ApiError`."""

    cluster: Cluster
    jobs: TrainingJobs
    nodes: Callable[[], Sequence[NodeFacts]]

    async def run_of(self, record: VersionRecord, inspection: InspectionResult) -> TrainingRun | None:
        """The job of a version as that look found it, or as it was seen last; None where nobody has seen it."""
        whole = await self._run_of(record, inspection)
        return hidden_run(whole, inspection.hidden) if whole is not None and inspection.hidden else whole

    async def _run_of(self, record: VersionRecord, inspection: InspectionResult) -> TrainingRun | None:
        source, job, live = record.spec.source.variant, inspection.job, inspection.live_job
        if isinstance(source, ExeMLSource):
            source = project_job(source)
        if job is None or not isinstance(source, TrainingJobSource):
            return None
        kind = self.jobs.kinds.find(source.api_version, source.kind)
        if isinstance(kind, str):
            return None
        if live is not None and live["metadata"]["uid"] == job.uid:
            live_run = run(live, kind, source.recorded_env, self.jobs.reading.output_names)
            found: TrainingRun | None = await self._with_first_runtime(live_run, live, record)
        else:
            found = await self._recorded(record, job.uid) or self.jobs.last_run(job.uid)
        if found is None:
            return None
        before, whole = self.jobs.last_run(job.uid), await self._with_pods(found, kind, record.namespace)
        self.jobs.observed(job.uid, whole)
        return with_remembered(whole, before) if before else whole

    async def observe(self, job: Json, kind: JobKind, namespace: str) -> None:
        """Remember what a job runs, before there is a version to keep it: its runtime, and pods that were there before
        the watch on pods knew of the job.
        """
        found = self.jobs.last_run(job["metadata"]["uid"])
        if found is None:
            return
        if "runtime" not in found.identity:
            found = await self._with_runtime(found, job, namespace)
        if not (found.nodes and all(image.digest for image in found.images)):
            found = await self._with_pods(found, kind, namespace)
        self.jobs.observed(job["metadata"]["uid"], found)

    async def _recorded(self, record: VersionRecord, uid: str) -> TrainingRun | None:
        """The job as the version's record has it: also its runtime, which the job itself does not tell."""
        known = record.status.provenance
        if known is None or known.record is None:
            return None
        found = await self.cluster.get(CONFIG_MAPS, record.namespace, known.record.name)
        if found is None or not is_unaltered(found, known.record):
            return None
        kept = recorded_run(json.loads(found["data"][KEY]), known)
        return kept if kept.identity["uid"] == uid else None

    async def _with_first_runtime(self, training: TrainingRun, live: Json, record: VersionRecord) -> TrainingRun:
        """With the runtime as it was when the job was seen first, which is the one that the job was made with."""
        uid = training.identity["uid"]
        earlier = await self._recorded(record, uid) or self.jobs.last_run(uid) if runtime_of(live) else None
        if earlier is not None and "runtime" in earlier.identity:
            return with_remembered(training, earlier)
        return await self._with_runtime(training, live, record.namespace)

    async def _with_runtime(self, training: TrainingRun, live: Json, namespace: str) -> TrainingRun:
        """What cannot be read is left out: a job is imported without its runtime as well."""
        named = runtime_of(live)
        if named is None:
            return training
        resource, name = named
        try:
            runtime = await self.cluster.get(resource, namespace if resource.namespaced else None, name)
        except ApiError as error:
            if error.transient:
                raise
            return training
        return training if runtime is None else with_runtime(training, runtime)

    async def _with_pods(self, training: TrainingRun, kind: JobKind, namespace: str) -> TrainingRun:
        name = training.identity["name"]
        if not kind.pod_label or len(name) > _MOST_LABEL:
            return training
        pods = await self.cluster.pods(namespace, f"{kind.pod_label}={name}")
        return with_pods(training, kind, pods, {node.name: node for node in self.nodes()})
