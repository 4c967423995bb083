"""The model of an ExeML project, asked for one version: a package whose place and keys only the operator knows."""

import logging
from dataclasses import dataclass, replace

from typing_extensions import override

from aiapp.api.conditions import ConditionType
from aiapp.api.source import ExeMLSource
from aiapp.api.training_job import TrainingJobStatus
from aiapp.domain.conditions import Finding, Trouble, unknown
from aiapp.domain.exeml.hiding import redacted, secret_words, without_place
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.objectstore.location import location
from aiapp.domain.package.inspection import Inspection, Unresolved, Valid
from aiapp.domain.records import VersionRecord
from aiapp.domain.sources.exeml import project_job
from aiapp.domain.training.decision import decision
from aiapp.domain.training.facts import facts
from aiapp.domain.training.kinds import JobKind
from aiapp.reconcile.exeml.records import Model, ModelRecords
from aiapp.reconcile.sources.access import AccessError
from aiapp.reconcile.sources.live import KnownOfPin, LiveSource
from aiapp.reconcile.sources.obs import ObsPackage, ObsPorts
from aiapp.reconcile.sources.training_job import TrainingJobPorts, waited_for

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExeMLPorts:
    """What models of ExeML are read with."""

    records: ModelRecords
    obs: ObsPorts
    jobs: TrainingJobPorts


@dataclass(frozen=True, slots=True)
class ExeMLModel(LiveSource):
    """The model of a version that the operator registered."""

    version: VersionRecord
    ports: ExeMLPorts

    @override
    async def inspect(self, content_of: KnownOfPin) -> Inspection:
        model = await self.ports.records.model(self.version)
        if isinstance(model, Trouble):
            return Unresolved(model.reason, model.message, retryable=False)
        found = await self._package(model, model.record.uri).inspect(content_of)
        if isinstance(found, Unresolved):
            logger.warning("version %s/%s: %s", self.version.namespace, self.version.name, found.message)
        if isinstance(found, Valid):
            root = found.uri.removeprefix(location(model.store.source(model.record.uri)).uri)
            await self.ports.records.note_root(model.record, root)
        hidden = _hidden(model)
        job, live = await self._job()
        return replace(without_place(found, hidden), job=job, live_job=live, hidden=hidden)

    @override
    async def compare(self) -> Finding:
        model = await self.ports.records.model(self.version)
        if isinstance(model, Trouble):
            return unknown(ConditionType.SOURCE_UNCHANGED, model.reason, model.message)
        found = await self._package(model, model.record.folder).compare()
        return replace(found, message=redacted(found.message, _hidden(model)))

    @override
    async def require_access(self) -> None:
        model = await self.ports.records.model(self.version)
        if isinstance(model, Trouble):
            raise AccessError(model.reason, model.message)

    async def _job(self) -> tuple[TrainingJobStatus | None, Json | None]:
        """The job that made the model, as far as it is known, without where it wrote; and itself, if it is there."""
        source = self.version.spec.source.variant
        assert isinstance(source, ExeMLSource)
        named, ports = project_job(source), self.ports.jobs
        kind = ports.jobs.kinds.find(named.api_version, named.kind)
        if isinstance(kind, str):
            return None, None
        live = await self._live(kind, source)
        job_facts = ports.jobs.last_seen(source.job.uid) if live is None else facts(live, kind, ports.jobs.reading)
        job = decision(named, kind, waited_for(self.version, named, kind), job_facts, ports.clock()).job
        return job.model_copy(update={"output": None}) if job else None, live

    async def _live(self, kind: JobKind, source: ExeMLSource) -> Json | None:
        """Not another one of the same name."""
        found = await self.ports.jobs.live(kind, self.version.namespace, source.job.name)
        return found if found is not None and found["metadata"]["uid"] == source.job.uid else None

    def _package(self, model: Model, uri: str) -> ObsPackage:
        return ObsPackage(self.version, model.store.source(uri), self.ports.obs, keys_in=self.ports.records.namespace)


def _hidden(model: Model) -> tuple[str, ...]:
    """What no user may read: where the model lies, and what its keys are called."""
    where = location(model.store.source(model.record.uri))
    folder = location(model.store.source(model.record.folder))
    store = location(model.store.source(model.store.uri))
    return secret_words(where, folder.uri, folder.prefix, store.uri, store.prefix, model.store.secret)
