"""Keeps the record of an ExeML model before its version exists. Never creates the version: that is the same for all."""

from dataclasses import dataclass

from aiapp.domain.exeml.projects import model_record, model_uri
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.sources.raw import is_exeml, source_of
from aiapp.domain.training.facts import JobFacts
from aiapp.domain.training.registration import Refused
from aiapp.reconcile.exeml.records import ModelRecords


@dataclass(frozen=True, slots=True)
class ModelRegistration:
    """`await registration(version, job)` before a version is created; raises `ApiError`."""

    records: ModelRecords

    async def __call__(self, version: Json, job: JobFacts) -> None:
        if not is_exeml(source_of(version)):
            return
        uri = model_uri(version["metadata"]["namespace"], job, self.records.stores)
        if not isinstance(uri, Refused):
            await self.records.keep(model_record(version, uri, self.records.stores))
