"""The manifest that runs a training again, by its record: pinned as far as it can be, writing elsewhere. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.provenance.marks import own, without_controllers
from aiapp.domain.provenance.pinned_manifest import Note, Path, PinnedManifest
from aiapp.domain.provenance.statement import BUILD_TYPE
from aiapp.domain.provenance.summary import described
from aiapp.domain.training.annotations import OUTPUT

_MOST_OF_A_NAME: Final = 40
"""Characters of the old name in the new one, which names pods and labels as well."""
_OF_ONE_JOB: Final = ("selector", "manualSelector")
"""Fields of the spec of a batch/v1 Job that its controller fills in."""


class NotReproducibleError(ValueError):
    """The training cannot be run again; the text says what is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rerun:
    """How the training is run again."""

    suffix: str
    """Tells the new job and its output from those of other runs."""
    name: str | None = None
    output: str | None = None
    """Folder that it writes to. Default: beside the one of the job."""
    annotations: Mapping[str, str] = field(default_factory=dict)
    """Further ones of the job."""


@dataclass(frozen=True, slots=True)
class Reproduction:
    """The objects to create, in this order, and what could not be pinned."""

    documents: tuple[Json, ...]
    heading: tuple[str, ...]
    """What is known of the training that was recorded."""
    notes: tuple[Note, ...]
    output: str
    """Where it writes."""


def reproduction(version: Json, predicate: Json, rerun: Rerun) -> Reproduction:
    """The training of an AIApplicationVersion, from its record. Raises `NotReproducibleError`."""
    build = predicate.get("buildDefinition") or {}
    external = build.get("externalParameters") or {}
    _require_whole(version, build, external)
    job, manifest, old = external["job"], external["manifest"], str(external["output"])
    output = rerun.output or f"{old.rstrip('/')}-reproduced-{rerun.suffix}/"
    pinned = PinnedManifest(_digests(build), old, output)
    named = _named(job, version, rerun)
    runtime = _runtime(job, named, pinned)
    place = 0 if runtime is None else 1
    metadata = named | _marks(job, manifest, _elsewhere(rerun.annotations, output))
    body = pinned.document(place, _body(job, manifest))
    if runtime is not None:
        body["spec"]["runtimeRef"] = {"apiGroup": _group(job), "kind": runtime["kind"], "name": named["name"]}
    new_job = {"apiVersion": job["apiVersion"], "kind": job["kind"], "metadata": metadata, **body}
    notes = (*_of_the_whole(build, pinned, place), *_of_the_runtime(job, runtime), *pinned.notes)
    documents = (new_job,) if runtime is None else (runtime, new_job)
    return Reproduction(documents, tuple(_heading(version, predicate)), notes, output)


def _require_whole(version: Json, build: Json, external: Json) -> None:
    name = version["metadata"]["name"]
    if build.get("buildType") != BUILD_TYPE:
        raise NotReproducibleError(
            f"version {name} was not trained by a job here: aiapp trace {name} says what is known"
        )
    if "manifest" not in external or "spec" not in external["manifest"]:
        raise NotReproducibleError(
            f"the record of {name} does not hold the manifest of its job: it was written by an earlier release, or the "
            f"manifest was too large to be kept. aiapp trace {name} -o slsa has what is known of it"
        )
    if "output" not in external:
        raise NotReproducibleError(f"the record of {name} does not say where its job wrote")


def _digests(build: Json) -> dict[str, str]:
    """By the image as the job names it."""
    found = (one for one in build.get("resolvedDependencies") or () if one.get("name") == "image")
    named = ((str(one.get("uri", "")).removeprefix("oci://"), (one.get("digest") or {}).get("sha256")) for one in found)
    return {image: f"sha256:{digest}" for image, digest in named if digest}


def _body(job: Json, manifest: Json) -> Json:
    kept = {key: value for key, value in manifest.items() if key != "metadata"}
    if _group(job) == "batch":
        kept["spec"] = {key: value for key, value in kept["spec"].items() if key not in _OF_ONE_JOB}
    body: Json = without_controllers(kept)
    return body


def _elsewhere(annotations: Mapping[str, str], output: str) -> dict[str, str]:
    return {key: output if key == OUTPUT else value for key, value in annotations.items()}


def _marks(job: Json, manifest: Json, further: Mapping[str, str]) -> Json:
    """Labels and annotations."""
    annotations = (manifest.get("metadata") or {}).get("annotations") or {}
    found = {"labels": own(job.get("labels") or {}), "annotations": own(annotations) | dict(further)}
    return {key: value for key, value in found.items() if value}


def _named(job: Json, version: Json, rerun: Rerun) -> Json:
    name = rerun.name or f"{job['name'][:_MOST_OF_A_NAME].rstrip('-.')}-reproduced-{rerun.suffix}"
    return {"name": name, "namespace": version["metadata"]["namespace"]}


def _runtime(job: Json, named: Json, pinned: PinnedManifest) -> Json | None:
    """The runtime of a TrainJob as it was then, as an object of its own: the one that it named may have changed."""
    kept = (job.get("runtime") or {}).get("spec")
    if not kept:
        return None
    body = pinned.document(0, {"spec": without_controllers(kept)})
    return {"apiVersion": job["apiVersion"], "kind": "TrainingRuntime", "metadata": dict(named), **body}


def _group(job: Json) -> str:
    return str(job["apiVersion"]).rpartition("/")[0]


def _heading(version: Json, predicate: Json) -> Iterator[str]:
    artifact = (version.get("status") or {}).get("artifact") or {}
    job = predicate["buildDefinition"]["externalParameters"]["job"]
    details = (predicate.get("runDetails") or {}).get("metadata") or {}
    yield f"The training of version {version['metadata']['name']} again: {job['kind']} {job['name']}, uid {job['uid']}"
    if "startedOn" in details:
        yield f"It ran from {details['startedOn']} to {details.get('finishedOn', 'an unknown moment')}"
    for node in (predicate["buildDefinition"].get("internalParameters") or {}).get("nodes") or ():
        yield f"It ran on node {described(node)}"
    if digest := artifact.get("digest"):
        yield f"It made the content {digest}"


def _of_the_whole(build: Json, pinned: PinnedManifest, place: int) -> Iterator[Note]:
    """What no field of the manifest says."""
    if not pinned.redirected:
        yield Note(place, (), f"nothing in it says where it writes: make it write to {pinned.output}")
    found = build.get("resolvedDependencies") or ()
    if not any(one.get("name") == "source" and "gitCommit" in (one.get("digest") or {}) for one in found):
        yield Note(place, (), "no revision of the source code is on record: it is whatever the image holds")
    data = {str(one.get("uri", "")): one for one in found if str(one.get("name", "")).startswith("dataset ")}
    for uri, one in data.items():
        if not one.get("digest"):
            yield Note(place, (), f"{one['name']} {uri} has no digest: it may have changed since".replace("  ", " "))
    for uri in build["externalParameters"].get("inputs") or ():
        if not any(uri.rstrip("/") == known.rstrip("/") for known in data):
            yield Note(place, (), f"the data at {uri} has no digest: it may have changed since")


def _of_the_runtime(job: Json, runtime: Json | None) -> Iterator[Note]:
    known = job.get("runtime") or {}
    if known and runtime is None:
        path: Path = ("spec", "runtimeRef")
        text = f"the runtime is on record by its hash alone, {known.get('sha256', '?')}: it may have changed since"
        yield Note(0, path, text)
