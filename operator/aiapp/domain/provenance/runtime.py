"""The runtime that a TrainJob names: it says most of what runs, and may change after the job. Pure."""

import hashlib
import json
from dataclasses import replace
from itertools import islice
from typing import Final

from aiapp.api.provenance import TrainingImage
from aiapp.domain.kubernetes.resources import Json, Resource
from aiapp.domain.provenance.kept_job import images_of, kept_spec
from aiapp.domain.provenance.run import MOST_CONTAINERS, TrainingRun

_GROUP: Final = "trainer.kubeflow.org"
_VERSION: Final = "v1alpha1"
RUNTIMES: Final = {
    "TrainingRuntime": Resource(_GROUP, _VERSION, "trainingruntimes", "TrainingRuntime", is_custom=True),
    "ClusterTrainingRuntime": Resource(
        _GROUP, _VERSION, "clustertrainingruntimes", "ClusterTrainingRuntime", namespaced=False, is_custom=True
    ),
}
"""By kind."""


def runtime_of(job: Json) -> tuple[Resource, str] | None:
    """The runtime that a job names, if it is of a kind with runtimes."""
    reference = (job.get("spec") or {}).get("runtimeRef")
    if not isinstance(reference, dict) or not isinstance(name := reference.get("name"), str):
        return None
    found = RUNTIMES.get(str(reference.get("kind") or "ClusterTrainingRuntime"))
    return None if found is None else (found, name)


def with_runtime(run: TrainingRun, runtime: Json) -> TrainingRun:
    """With the runtime as it is: its spec, with the hash of it, and its images where the job names none of its own."""
    metadata = runtime["metadata"]
    spec = json.dumps(runtime.get("spec"), sort_keys=True, separators=(",", ":"))
    images = tuple(dict.fromkeys(islice(images_of(runtime.get("spec")), MOST_CONTAINERS)))
    known = {
        "kind": runtime["kind"],
        "name": metadata["name"],
        "uid": metadata["uid"],
        "generation": metadata.get("generation", 0),
        "sha256": hashlib.sha256(spec.encode()).hexdigest(),
        "images": list(images),
        "spec": kept_spec(runtime.get("spec"), run.variables),
    }
    ran = run.images or tuple(TrainingImage(image=image) for image in images)
    return replace(run, identity=run.identity | {"runtime": known}, images=ran)
