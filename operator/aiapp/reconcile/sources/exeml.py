"""The model of an ExeML project, asked for one version: a package whose place and keys only the operator knows."""

import logging
from dataclasses import dataclass, replace

from typing_extensions import override

from aiapp.api.conditions import ConditionType
from aiapp.domain.conditions import Finding, Trouble, unknown
from aiapp.domain.exeml.hiding import without, without_place, words
from aiapp.domain.objectstore.location import location
from aiapp.domain.package.inspection import Inspection, Unresolved, Valid
from aiapp.domain.records import VersionRecord
from aiapp.reconcile.exeml.records import Model, ModelRecords
from aiapp.reconcile.sources.access import AccessError
from aiapp.reconcile.sources.live import KnownOfPin, LiveSource
from aiapp.reconcile.sources.obs import ObsPackage, ObsPorts

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExeMLPorts:
    """What models of ExeML are read with."""

    records: ModelRecords
    obs: ObsPorts


@dataclass(frozen=True, slots=True)
class ExeMLModel(LiveSource):
    """The model of a version that the operator registered."""

    version: VersionRecord
    ports: ExeMLPorts

    @override
    async def inspect(self, known: KnownOfPin) -> Inspection:
        model = await self.ports.records.model(self.version)
        if isinstance(model, Trouble):
            return Unresolved(model.reason, model.message, retryable=False)
        found = await self._package(model, model.record.uri).inspect(known)
        if isinstance(found, Unresolved):
            logger.warning("version %s/%s: %s", self.version.namespace, self.version.name, found.message)
        if isinstance(found, Valid):
            root = found.uri.removeprefix(location(model.store.source(model.record.uri)).uri)
            await self.ports.records.note_root(model.record, root)
        return without_place(found, _hidden(model))

    @override
    async def compare(self) -> Finding:
        model = await self.ports.records.model(self.version)
        if isinstance(model, Trouble):
            return unknown(ConditionType.SOURCE_UNCHANGED, model.reason, model.message)
        found = await self._package(model, model.record.folder).compare()
        return replace(found, message=without(found.message, _hidden(model)))

    @override
    async def require_access(self) -> None:
        model = await self.ports.records.model(self.version)
        if isinstance(model, Trouble):
            raise AccessError(model.reason, model.message)

    def _package(self, model: Model, uri: str) -> ObsPackage:
        return ObsPackage(self.version, model.store.source(uri), self.ports.obs, keys_in=self.ports.records.namespace)


def _hidden(model: Model) -> tuple[str, ...]:
    """What no user may read: where the model lies, and what its keys are called."""
    where = location(model.store.source(model.record.uri))
    folder = location(model.store.source(model.record.folder))
    store = location(model.store.source(model.store.uri))
    return words(where, folder.uri, folder.prefix, store.uri, store.prefix, model.store.secret)
