"""Keeps in the operator's own namespace what makes a version a model of ExeML. Never believes the version alone."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from aiapp.api.conditions import Reason
from aiapp.api.source import ExeMLSource
from aiapp.domain.conditions import Trouble
from aiapp.domain.exeml.record import ModelRecord, record_name, record_object, record_of
from aiapp.domain.exeml.stores import ModelStore
from aiapp.domain.kubernetes.resources import CONFIG_MAPS
from aiapp.domain.records import VersionRecord
from aiapp.ports.kubernetes import Api, NotFoundError


@dataclass(frozen=True, slots=True)
class Model:
    """The record of a version's model, and the store that it lies in."""

    record: ModelRecord
    store: ModelStore


@dataclass(frozen=True, slots=True)
class ModelRecords:
    """The records of ExeML models in the operator's namespace. All methods raise `ApiError`."""

    api: Api
    namespace: str
    """The operator's own."""
    stores: Mapping[str, ModelStore]

    async def model(self, version: VersionRecord) -> Model | Trouble:
        """Where it lies; or why the version is not taken for one of ExeML's."""
        source = version.spec.source.variant
        job = source.job.uid if isinstance(source, ExeMLSource) else ""
        found = await self.find(version.namespace, version.name, job)
        if found is None or not found.is_of(version.spec):
            return Trouble(Reason.EXEML_NOT_REGISTERED, _not_registered(version, found))
        store = self.stores.get(found.store)
        if store is None:
            message = f"the operator's settings no longer have the store of ExeML that version {version.name} lies in"
            return Trouble(Reason.EXEML_STORE_UNKNOWN, f"{message}: an administrator has to restore it (exemlStores)")
        return Model(found, store)

    async def find(self, namespace: str, version: str, job: str) -> ModelRecord | None:
        """The record of the version that was made of that job, whatever the version is by now."""
        try:
            found = await self.api.get(CONFIG_MAPS, self.namespace, record_name(namespace, version, job))
        except NotFoundError:
            return None
        record = record_of(found)
        is_its = record is not None and (record.namespace, record.version, record.job) == (namespace, version, job)
        return record if is_its else None

    async def keep(self, record: ModelRecord) -> None:
        """Write the record, over whatever is there under its name."""
        await self.api.apply(record_object(record, self.namespace), force=True)

    async def note_root(self, record: ModelRecord, root: str) -> None:
        """Note where in the folder the package lies."""
        if record.root != root:
            await self.keep(replace(record, root=root))


def _not_registered(version: VersionRecord, record: ModelRecord | None) -> str:
    lack = "there is no record that" if record is None else "it is no longer as it was when"
    return f"version {version.name}: {lack} the operator registered it from an ExeML project: delete it"
