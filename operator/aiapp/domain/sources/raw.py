"""Sources as raw fields, without their models: for hot paths, and for what leaves the other fields as they are."""

from collections.abc import Callable, Iterator
from typing import Final

from aiapp.domain.images.reference import registry_of
from aiapp.domain.kubernetes.resources import Json

OBS: Final = "obs"
"""The field under `spec.source` of a package in object storage."""
IMAGE: Final = "image"
"""The field under `spec.source` of a container image."""
TRAINING_JOB: Final = "trainingJob"
"""The field under `spec.source` of the output of a training job."""
TEMPLATE: Final = "template"
"""The field under `spec.source` of model files for a template."""

EXEML: Final = "exeML"
"""The field under `spec.source` of a model of an ExeML project."""

_STORE: Final = ("endpoint", "region", "addressing", "credentialsSecretRef", "caBundleRef")
"""Fields that say how a store is reached."""


def source_of(version: Json) -> Json:
    """The source that an AIApplicationVersion names; empty for one without."""
    source: Json = (version.get("spec") or {}).get("source") or {}
    return source


def is_imported(version: Json) -> bool:
    """Whether an AIApplicationVersion is pinned: its source is not imported again."""
    return "artifact" in (version.get("status") or {})


def store_of(version: Json) -> str | None:
    """The store or registry that an AIApplicationVersion's source names; None for a source without one."""
    source = source_of(version)
    if (image := source.get(IMAGE)) is not None:
        return registry_of(str(image.get("reference", "")))
    store = _in_store(source)
    return None if store is None else str(store.get("endpoint", store.get("region", "")))


def training_job_of(version: Json) -> tuple[str, str] | None:
    """Kind and name of the training job that an AIApplicationVersion's source names."""
    job = source_of(version).get(TRAINING_JOB)
    return None if job is None else (str(job.get("kind", "Job")), str(job.get("name", "")))


def waits_for_kind(version: Json, kind: str) -> bool:
    """Whether an AIApplicationVersion is still to be imported from a training job of that kind."""
    job = training_job_of(version)
    return job is not None and job[0] == kind and not is_imported(version)


def template_of(version: Json) -> str | None:
    """The InferenceTemplate that an AIApplicationVersion's source names."""
    source = source_of(version)
    of_job = (source.get(TRAINING_JOB) or {}).get("template")
    found = (source.get(TEMPLATE) or of_job or {}).get("name")
    return None if found is None else str(found)


def recorded_env(version: Json) -> list[str]:
    """The environment variables of its training job whose values are kept."""
    job = source_of(version).get(TRAINING_JOB) or {}
    return [str(name) for name in job.get("recordedEnv") or ()]


def is_movable(source: Json) -> bool:
    """Whether the same content may lie elsewhere, under other fields of the source."""
    if OBS in source or TEMPLATE in source:
        return True
    return TRAINING_JOB in source and "template" not in source[TRAINING_JOB]


def moved(source: Json, status: Json, changes: Json) -> Json:
    """A source that is movable, with other fields; `status`: the `status.source` of its version.

    Where it goes there is no training job of that name: what that has written is a package like any other.
    """
    if OBS in source:
        return source | {OBS: source[OBS] | changes}
    if TEMPLATE in source:
        return source | {TEMPLATE: _template_moved(source[TEMPLATE], changes)}
    return {OBS: {"uri": status["trainingJob"]["output"]} | reach(source) | changes}


def reach(source: Json) -> Json:
    """How the store is reached that a source names: the fields that say so."""
    store = _in_store(source) or {}
    return {key: store[key] for key in _STORE if key in store}


def _template_moved(template: Json, changes: Json) -> Json:
    """With its only input in another folder, where `changes` name one."""
    uri = changes.get("uri")
    moved_inputs = {} if uri is None else {"inputs": [template["inputs"][0] | {"uri": uri}]}
    return template | {key: value for key, value in changes.items() if key != "uri"} | moved_inputs


def inputs_of(source: Json) -> list[Json]:
    """The folders that a template makes a package of; none of another source."""
    return list((source.get(TEMPLATE) or {}).get("inputs") or ())


def is_exeml(source: Json) -> bool:
    """Whether it is the model of an ExeML project."""
    return EXEML in source


def is_image(source: Json) -> bool:
    """Whether it is a container image."""
    return IMAGE in source


def named(source: Json, rename: Callable[[str], str]) -> Json:
    """A source that is an image, with another name for it."""
    image = source[IMAGE]
    return source | {IMAGE: image | {"reference": rename(image["reference"])}}


def by_digest(reference: str, digest: str) -> str:
    """The name of an image that can be no other one."""
    return reference if "@" in reference else f"{reference}@{digest}"


def references(source: Json) -> Iterator[str]:
    """The objects of its namespace that it names, each as `Secret store`."""
    store = _in_store(source) or {}
    if secret := store.get("credentialsSecretRef"):
        yield f"Secret {secret['name']}"
    if bundle := (store or source.get(IMAGE) or {}).get("caBundleRef"):
        yield f"{bundle['kind']} {bundle['name']}"


def _in_store(source: Json) -> Json | None:
    """What it says of files in object storage; None for a source without such."""
    return next((source[field] for field in (OBS, TRAINING_JOB, TEMPLATE) if source.get(field) is not None), None)
