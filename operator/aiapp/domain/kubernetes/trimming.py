"""What is kept of objects in memory: only what is read, so that foreign annotations and labels do not fill it. Pure."""

from collections.abc import Container, Iterator, Mapping
from itertools import islice
from typing import Any, Final

from aiapp.api.meta import RECONCILE_AT, RESTART_AT, START_AT
from aiapp.api.steps import APPROVE
from aiapp.domain.kubernetes.authors import only_first, only_of
from aiapp.domain.kubernetes.limit_ranges import BOUNDED, BOUNDS
from aiapp.domain.kubernetes.naming import (
    APPLICATION_LABEL,
    APPLIED_ANNOTATION,
    BYTES_ANNOTATION,
    DATASET_PREFIX,
    JOB_SUCCEEDED_ANNOTATION,
    JOB_UID_LABEL,
    KEY_LABEL,
    MANAGED_BY_LABEL,
    ORIGIN_ANNOTATIONS,
    PINNED_LABEL_PREFIX,
    POLICY_ANNOTATION,
    REPLICAS_ANNOTATION,
    TAKEN_OVER_ANNOTATION,
    VERSION_LABEL,
    application_labels,
    version_labels,
)
from aiapp.domain.kubernetes.resources import OWN, Json

_METADATA: Final = (
    "name",
    "namespace",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
)
_LABELS: Final = frozenset(
    {
        *application_labels(""),
        *version_labels("", ""),
        MANAGED_BY_LABEL,
        APPLICATION_LABEL,
        VERSION_LABEL,
        KEY_LABEL,
        JOB_UID_LABEL,
        "app.kubernetes.io/component",
    }
)
_ANNOTATIONS: Final = frozenset(
    {
        RECONCILE_AT,
        APPROVE,
        START_AT,
        RESTART_AT,
        APPLIED_ANNOTATION,
        POLICY_ANNOTATION,
        BYTES_ANNOTATION,
        REPLICAS_ANNOTATION,
        TAKEN_OVER_ANNOTATION,
        JOB_SUCCEEDED_ANNOTATION,
    }
)
_ANNOTATION_CHARACTERS: Final = 256
"""Those that are read are shorter, or are cut to less."""
_MOST_OF_ORIGIN: Final = 32
"""Annotations that say where a model comes from."""
MOST_OWNERS: Final = 500
"""Versions that may share one ConfigMap, as far as that is known; those beyond are taken for owners once pinned."""
_MOST_FINALIZERS: Final = 4
"""Of an object that is being deleted, as many as a message names."""
_MOST_VALUES: Final = 10_000
"""Values that a child of ours may hold, several times what the largest has; parsed, each takes about 100 bytes."""
_MOST_CONDITIONS: Final = 16
"""Of an autoscaler, which has three."""
_MOST_LIMITS: Final = 64
"""Items of one LimitRange: there are five types of them."""
_MOST_CONTAINERS: Final = 64
"""Of a training pod."""
_POD_STATUS: Final = (
    "phase",
    "reason",
    "message",
    "startTime",
    "conditions",
    "initContainerStatuses",
    "containerStatuses",
)


def trimmed_metadata(metadata: Json) -> Json:
    """Who the object is, whose it is, and the labels and annotations that are read."""
    kept = _only(metadata, _METADATA)
    if owners := metadata.get("ownerReferences"):
        kept["ownerReferences"] = owners[:MOST_OWNERS]
    if "deletionTimestamp" in kept and (finalizers := metadata.get("finalizers")):
        kept["finalizers"] = [name[:_ANNOTATION_CHARACTERS] for name in finalizers[:_MOST_FINALIZERS]]
    if labels := _among(metadata.get("labels"), _LABELS) | _pinned(metadata.get("labels")):
        kept["labels"] = labels
    if annotations := _among(metadata.get("annotations"), _ANNOTATIONS):
        kept["annotations"] = {name: value[:_ANNOTATION_CHARACTERS] for name, value in annotations.items()}
    return kept


def trimmed(document: Json) -> Json:
    """One of our own kinds: all of it but most metadata."""
    return {**document, "metadata": trimmed_metadata(document["metadata"])}


def trimmed_version(document: Json) -> Json:
    """As `trimmed`, who wrote `spec` first, and what annotations say of the origin of the model."""
    kept = trimmed(document)
    if authors := only_first(document["metadata"].get("managedFields") or (), ("spec",)):
        kept["metadata"]["managedFields"] = authors
    if origin := dict(islice(_of_origin(document["metadata"].get("annotations")), _MOST_OF_ORIGIN)):
        kept["metadata"]["annotations"] = kept["metadata"].get("annotations", {}) | origin
    return kept


def _of_origin(annotations: Mapping[str, str] | None) -> Iterator[tuple[str, str]]:
    for name, value in (annotations or {}).items():
        if name in ORIGIN_ANNOTATIONS or name.startswith(DATASET_PREFIX):
            yield name, value[:_ANNOTATION_CHARACTERS]


def trimmed_application(document: Json) -> Json:
    """As `trimmed`, and who wrote `spec.serving` last."""
    kept = trimmed(document)
    if authors := only_of(document["metadata"].get("managedFields") or (), ("spec", "serving")):
        kept["metadata"]["managedFields"] = authors
    return kept


def trimmed_child(child: Json) -> Json:
    """An object that the operator makes: complete where it is owned by one of our kinds, else only that it exists."""
    kept = trimmed(child)
    if _is_ours(kept) and _holds_at_most(kept, _MOST_VALUES):
        return kept
    return {**_identity(kept), "spec": {}, "status": {}}


def trimmed_wish(child: Json) -> Json:
    """An object that the operator makes and whose status it does not read."""
    return {field: value for field, value in trimmed_child(child).items() if field != "status"}


def trimmed_autoscaler(child: Json) -> Json:
    """What is wished of an autoscaler, and whether it works: numbers of pods and metrics change all the time."""
    kept = trimmed_child(child)
    found = islice((kept.get("status") or {}).get("conditions") or (), _MOST_CONDITIONS)
    return kept | {"status": {"conditions": [_only(one, ("type", "status", "reason")) for one in found]}}


def trimmed_config_map(config_map: Json) -> Json:
    """That it exists, and whose it is: content is read live."""
    return _identity(trimmed(config_map))


def trimmed_pod(pod: Json) -> Json:
    """Who it is, where it runs and how it fares."""
    kept = {"spec": _only(pod.get("spec") or {}, ("nodeName",)), "status": _only(pod.get("status") or {}, _POD_STATUS)}
    return _identity(trimmed(pod)) | kept


def trimmed_training_pod(pod: Json, *labels: str) -> Json:
    """Whose it is, by its owners and these labels, where it runs, and what its containers run."""
    metadata = _only(pod["metadata"], _METADATA) | {
        "labels": _among(pod["metadata"].get("labels"), labels),
        "ownerReferences": (pod["metadata"].get("ownerReferences") or [])[:MOST_OWNERS],
    }
    told, kept = pod.get("spec") or {}, ("containerStatuses", "initContainerStatuses")
    spec = _only(told, ("nodeName",)) | {
        field: [_only(one, ("name", "image")) for one in told[field][:_MOST_CONTAINERS]]
        for field in ("containers", "initContainers")
        if told.get(field)
    }
    return {"metadata": metadata, "spec": spec, "status": _only(pod.get("status") or {}, kept)}


def without_managed_fields(document: Json) -> Json:
    """Changed in place: who owns which field takes half of an object's memory and is not used here."""
    document["metadata"].pop("managedFields", None)
    return document


def trimmed_limit_range(limit_range: Json) -> Json:
    """Its limits on resources that our containers ask for."""
    items = ((limit_range.get("spec") or {}).get("limits") or ())[:_MOST_LIMITS]
    limits = [
        {"type": item.get("type")} | {bound: _among(item.get(bound), BOUNDED) for bound in BOUNDS} for item in items
    ]
    return _identity(trimmed(limit_range)) | {"spec": {"limits": limits}}


def _identity(document: Json) -> Json:
    return _only(document, ("apiVersion", "kind", "metadata"))


def _is_ours(child: Json) -> bool:
    own = {resource.api_version for resource in OWN}
    return any(owner.get("apiVersion") in own for owner in child["metadata"].get("ownerReferences", ()))


def _holds_at_most(document: Json, values: int) -> bool:
    return next(islice(_values(document), values, None), None) is None


def _values(value: Any) -> Iterator[bool]:
    """One for each value in it, itself included."""
    waiting = [value]
    while waiting:
        yield True
        one = waiting.pop()
        if isinstance(one, dict):
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)


def _only(part: Json, fields: tuple[str, ...]) -> Json:
    return {field: part[field] for field in fields if field in part}


def _pinned(labels: Mapping[str, str] | None) -> dict[str, str]:
    """The versions that a ConfigMap names as pinned to it, as many as may own it."""
    found = ((name, uid) for name, uid in (labels or {}).items() if name.startswith(PINNED_LABEL_PREFIX))
    return dict(islice(found, MOST_OWNERS))


def _among(texts: Mapping[str, str] | None, names: Container[str]) -> dict[str, str]:
    return {name: value for name, value in (texts or {}).items() if name in names}
