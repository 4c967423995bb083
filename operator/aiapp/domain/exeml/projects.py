"""Training jobs of ExeML projects: their models register themselves as application and version. Pure."""

from collections.abc import Mapping
from typing import Final

from aiapp.api.conditions import Reason
from aiapp.domain.exeml.record import ModelRecord, spec_digest
from aiapp.domain.exeml.stores import ModelStore, store_for
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.sources.raw import EXEML
from aiapp.domain.training.facts import JobFacts, JobReading, facts
from aiapp.domain.training.kinds import JobKind
from aiapp.domain.training.registration import Refused, RegistrationRequest, Rule

PROJECT_LABEL: Final = "aiapp.dev/exeml-project"
"""Of a training job: the ExeML project whose model it makes. A policy says who may set it."""
RUNTIME_ANNOTATION: Final = "aiapp.dev/runtime"


def project_rule(stores: Mapping[str, ModelStore], reading: JobReading, label: str = PROJECT_LABEL) -> Rule:
    """The rule of jobs that bear that label. Without stores no job is one of ExeML's."""

    def rule(job: Json, kind: JobKind) -> RegistrationRequest | Refused | None:
        metadata = job["metadata"]
        project = (metadata.get("labels") or {}).get(label)
        if project is None or not stores:
            return None
        found = model_uri(job["metadata"]["namespace"], facts(job, kind, reading), stores)
        return found if isinstance(found, Refused) else _wanted(str(project), metadata.get("annotations") or {})

    return rule


def model_uri(namespace: str, job: JobFacts, stores: Mapping[str, ModelStore]) -> str | Refused:
    """Where the job writes, if that is in a store of ExeML's, in the folder of its namespace."""
    uris = job.output.uris
    if len(uris) != 1:
        message = f"{job.name} has to say in one way where it writes: by a variable or argument such as OUTPUT_PATH"
        return Refused(Reason.TRAINING_OUTPUT_UNKNOWN, message)
    if store_for(stores, namespace, uris[0]) is None:
        message = f"{job.name} writes to no store of ExeML, or not to the folder of namespace {namespace} there"
        return Refused(Reason.EXEML_STORE_UNKNOWN, message)
    return uris[0]


def model_record(version: Json, uri: str, stores: Mapping[str, ModelStore]) -> ModelRecord:
    """What is kept of a version that is about to be created. `uri` is what `model_uri` found."""
    metadata, namespace = version["metadata"], version["metadata"]["namespace"]
    store = store_for(stores, namespace, uri)
    assert store is not None
    return ModelRecord(
        namespace=namespace,
        version=metadata["name"],
        job=version["spec"]["source"][EXEML]["job"]["uid"],
        spec=spec_digest(version["spec"]),
        store=store,
        uri=uri,
    )


def _wanted(project: str, annotations: Mapping[str, str]) -> RegistrationRequest:
    runtime = annotations.get(RUNTIME_ANNOTATION)
    return RegistrationRequest(
        application=project,
        project=project,
        spec={"runtime": runtime} if runtime else {},
        application_spec={},
        by_consent=False,
    )
