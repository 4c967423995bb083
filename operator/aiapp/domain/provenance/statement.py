"""Provenance in the standard form: SLSA provenance v1, in an in-toto Statement. Pure.

https://slsa.dev/spec/v1.0/provenance and https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from aiapp.api.provenance import Dataset, ProvenanceStatus, TrainingImage
from aiapp.api.training_job import TrainingJobStatus
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.provenance.annotations import Annotated
from aiapp.domain.provenance.run import TrainingRun

STATEMENT: Final = "https://in-toto.io/Statement/v1"
PREDICATE: Final = "https://slsa.dev/provenance/v1"
BUILD_TYPE: Final = "https://aiapp.dev/training-job/v1"
"""What `externalParameters` and `internalParameters` hold, see docs/reference/provenance.md."""
REGISTRATION_TYPE: Final = "https://aiapp.dev/registration/v1"
"""Of versions that no training job made here: where they were registered from."""
MANIFEST: Final = "manifest"
"""Name of the by-product that is what the version was pinned to."""
METRICS: Final = "metrics"
"""Name of the by-product whose annotations are what the job reported of the model's quality."""
MOST_BYTES: Final = 900_000
"""Of what a job was told, as JSON: a ConfigMap may hold 1 MiB."""
_SHA256: Final = "sha256:"


def statement(name: str, digest: str, predicate: Json) -> Json:
    """The Statement about a version; `digest` is that of its content, `sha256:...`."""
    subject = {"name": name, "digest": {"sha256": digest.removeprefix(_SHA256)}}
    return {"_type": STATEMENT, "subject": [subject], "predicateType": PREDICATE, "predicate": predicate}


def predicate(run: TrainingRun, job: TrainingJobStatus, pin: str | None) -> Json:
    """The provenance of what a training job made and a version was pinned to; `pin` is None while it is not."""
    identity = run.identity
    external = {
        "job": identity,
        "containers": list(run.containers),
        "inputs": list(run.inputs),
        "output": job.output,
        "manifest": run.manifest,
    }
    times = {"startedOn": job.started_at, "finishedOn": job.finished_at}
    code = {"branch": run.annotated.branch, "run": run.annotated.run}
    internal = {
        "nodes": [node.model_dump(by_alias=True, exclude_none=True) for node in run.nodes],
        **{key: value for key, value in code.items() if value},
    }
    return {
        "buildDefinition": {
            "buildType": BUILD_TYPE,
            "externalParameters": _fitting({key: value for key, value in external.items() if value}),
            "internalParameters": {key: value for key, value in internal.items() if value},
            "resolvedDependencies": list(_dependencies(run)),
        },
        "runDetails": {
            "builder": {"id": f"https://aiapp.dev/kubernetes/{identity['apiVersion']}/{identity['kind']}"},
            "metadata": {"invocationId": job.uid, **_moments(times)},
            "byproducts": list(_byproducts(run, job, pin)),
        },
    }


def _byproducts(run: TrainingRun, job: TrainingJobStatus, pin: str | None) -> Iterator[Json]:
    """Metrics with the pin alone: while a job trains they change at every step, and so would the record."""
    if pin is not None:
        where = {"uri": job.output} if job.output else {}
        yield {"name": MANIFEST, **where, "digest": {"sha256": pin.removeprefix(_SHA256)}}
        if run.metrics:
            yield {"name": METRICS, "annotations": dict(run.metrics)}


def registration(source: Json, provenance: ProvenanceStatus, uid: str) -> Json:
    """What is known of where a version comes from that was not trained here: `source` is its `spec.source`."""
    annotated = Annotated(repository=provenance.repository, revision=provenance.revision, datasets=provenance.datasets)
    by = {"createdBy": provenance.created_by} if provenance.created_by else {}
    return {
        "buildDefinition": {
            "buildType": REGISTRATION_TYPE,
            "externalParameters": {"source": source},
            "internalParameters": by,
            "resolvedDependencies": [*_source(annotated), *map(_dataset, annotated.datasets)],
        },
        "runDetails": {
            "builder": {"id": REGISTRATION_TYPE},
            "metadata": {"invocationId": uid, **_moments({"startedOn": provenance.created_at})},
        },
    }


def _fitting(external: Json) -> Json:
    """So that a ConfigMap can hold it: without the whole manifest or even the containers, where these are too long."""
    for part in ("manifest", "containers"):
        if len(json.dumps(external)) > MOST_BYTES:
            external.pop(part, None)
    return external


def _moments(times: Mapping[str, datetime | None]) -> Json:
    return {key: moment.isoformat().replace("+00:00", "Z") for key, moment in times.items() if moment}


def _dependencies(run: TrainingRun) -> Iterator[Json]:
    yield from map(_image, run.images)
    yield from _source(run.annotated)
    yield from map(_dataset, run.annotated.datasets)


def _image(image: TrainingImage) -> Json:
    digest = {"digest": {"sha256": image.digest.removeprefix(_SHA256)}} if image.digest else {}
    return {"name": "image", "uri": f"oci://{image.image}", **digest}


def _source(annotated: Annotated) -> Iterator[Json]:
    if annotated.repository or annotated.revision:
        uri = {"uri": f"git+{annotated.repository}"} if annotated.repository else {}
        digest = {"digest": {"gitCommit": annotated.revision}} if annotated.revision else {}
        yield {"name": "source", **uri, **digest}


def _dataset(dataset: Dataset) -> Json:
    algorithm, colon, value = (dataset.digest or "").partition(":")
    digest = {"digest": {algorithm: value} if colon else {"version": algorithm}} if dataset.digest else {}
    return {"name": f"dataset {dataset.name}", **({"uri": dataset.uri} if dataset.uri else {}), **digest}
