"""A training job as its provenance has it: what it was told to run, and what really ran. All bounded. Pure.

Values of environment variables are kept only of those that are asked for, and never where they come from another
object; ConfigMaps and Secrets are kept by name.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Final

from aiapp.api.provenance import TrainingImage, TrainingNode
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.nodes.facts import NodeFacts
from aiapp.domain.printable import printable
from aiapp.domain.provenance.annotations import Annotated, annotated
from aiapp.domain.provenance.kept_job import NOTHING, KeptVariables, images_of, kept_job
from aiapp.domain.training.facts import values_at
from aiapp.domain.training.kinds import JobKind
from aiapp.domain.training.metrics import metrics_of_pods, reported_metrics
from aiapp.domain.training.output import NAMES, declared_output

INPUTS: Final = ("data_url", "DATA_PATH", "DATASET_URI", "INPUT_PATH", "data_dir")
"""Environment variables and arguments that say where a job reads its data."""
MOST_CONTAINERS: Final = 8
MOST_NODES: Final = 16
_MOST_WORDS: Final = 64
_MOST_CHARACTERS: Final = 512
_MOST_VARIABLES: Final = 128
_MOST_LABELS: Final = 32
_DIGEST: Final = re.compile(r"@(sha256:[0-9a-f]{64})$")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingRun:
    """What is kept of a job."""

    identity: Json
    """apiVersion, kind, name, uid, labels, owner, creation."""
    containers: tuple[Json, ...]
    inputs: tuple[str, ...]
    annotated: Annotated
    images: tuple[TrainingImage, ...]
    nodes: tuple[TrainingNode, ...] = ()
    created_by: str | None = None
    """What made the job."""
    metrics: Mapping[str, str] = field(default_factory=dict)
    """What it reports of its model's quality."""
    manifest: Json = field(default_factory=dict)
    """What it was told, as `kept_job` has it; empty where that is too large to be kept."""
    variables: KeptVariables = NOTHING
    """Which values are kept, also of what it names."""


def run(job: Json, kind: JobKind, recorded_env: Collection[str], output_names: Collection[str] = NAMES) -> TrainingRun:
    """What a job says of itself. `output_names`: those under which jobs say where they write."""
    metadata = job["metadata"]
    variables = KeptVariables(frozenset(recorded_env), (*INPUTS, *output_names))
    containers = [one for one in values_at(job, kind.containers) if isinstance(one, dict)][:MOST_CONTAINERS]
    owner = _owner(metadata)
    identity = {
        "apiVersion": kind.api_version,
        "kind": kind.kind,
        "name": metadata["name"],
        "uid": metadata["uid"],
        "createdAt": str(metadata.get("creationTimestamp", "")),
        "labels": _texts(metadata.get("labels")),
        "owner": owner,
    }
    named = (str(one.get("image", ""))[:_MOST_CHARACTERS] for one in containers)
    names = islice(dict.fromkeys((*filter(None, named), *images_of(job.get("spec")))), MOST_CONTAINERS)
    return TrainingRun(
        identity={key: value for key, value in identity.items() if value},
        containers=tuple(_container(one, recorded_env) for one in containers),
        inputs=declared_output(containers, INPUTS).uris,
        annotated=annotated(metadata.get("annotations"), metadata.get("labels")),
        images=tuple(TrainingImage(image=name) for name in names),
        created_by=f"{owner['kind']} {owner['name']}" if owner else None,
        metrics=reported_metrics(job, kind),
        manifest=kept_job(job, variables),
        variables=variables,
    )


def with_pods(
    training: TrainingRun, kind: JobKind, pods: Iterable[Json], nodes: Mapping[str, NodeFacts]
) -> TrainingRun:
    """With what its pods really ran, and where. Pods that bear its label and are not its own are left out."""
    own = sorted((pod for pod in pods if not kind.owns_pods or _is_of(pod, training.identity["uid"])), key=_name)
    ran = dict(_ran(own))
    images = tuple(TrainingImage(image=one.image, digest=ran.get(one.image)) for one in training.images)
    names = sorted({str(name) for pod in own if (name := (pod.get("spec") or {}).get("nodeName"))})
    where = tuple(_node(name, nodes.get(name)) for name in names[:MOST_NODES])
    return replace(training, images=images, nodes=where, metrics={**metrics_of_pods(own), **training.metrics})


def _name(pod: Json) -> str:
    return str(pod["metadata"]["name"])


def with_earlier(training: TrainingRun, images: Iterable[TrainingImage], nodes: Iterable[TrainingNode]) -> TrainingRun:
    """With what an earlier look saw of pods and nodes that may be gone by now."""
    before = {one.image: one.digest for one in images}
    kept = tuple(TrainingImage(image=one.image, digest=one.digest or before.get(one.image)) for one in training.images)
    together = {node.name: node for node in (*nodes, *training.nodes)}
    return replace(training, images=kept, nodes=tuple(together[name] for name in sorted(together)[:MOST_NODES]))


def with_remembered(training: TrainingRun, before: TrainingRun) -> TrainingRun:
    """With what an earlier look of this process saw of pods, nodes and the job's runtime."""
    runtime = {"runtime": before.identity["runtime"]} if "runtime" in before.identity else {}
    whole = replace(
        training,
        identity=runtime | training.identity,
        images=training.images or before.images,
        metrics={**before.metrics, **training.metrics},
    )
    return with_earlier(whole, before.images, before.nodes)


def _owner(metadata: Json) -> Json:
    owners = [one for one in metadata.get("ownerReferences") or () if isinstance(one, dict)]
    one = next((one for one in owners if one.get("controller")), None)
    return {key: str(one.get(key, ""))[:253] for key in ("apiVersion", "kind", "name", "uid")} if one else {}


def _container(container: Json, recorded_env: Collection[str]) -> Json:
    kept: Json = {
        "name": _text(container.get("name")),
        "image": _text(container.get("image")),
        "command": _words(container.get("command")),
        "args": _words(container.get("args")),
        "env": list(_env(container.get("env"), recorded_env)),
        "from": sorted(set(_references(container))),
        "resources": _resources(container.get("resources")),
    }
    return {key: value for key, value in kept.items() if value}


def _env(variables: Any, recorded: Collection[str]) -> Iterator[Json]:
    for one in islice(variables if isinstance(variables, list) else (), _MOST_VARIABLES):
        if not isinstance(one, dict) or "name" not in one:
            continue
        name = _text(one["name"])
        value = {"value": _text(one.get("value"))} if name in recorded and "valueFrom" not in one else {}
        yield {"name": name} | value


def _references(container: Json) -> Iterator[str]:
    """ConfigMaps and Secrets that feed its environment, as `Secret keys`."""
    named = {"configMapRef": "ConfigMap", "secretRef": "Secret"}
    keyed = {"configMapKeyRef": "ConfigMap", "secretKeyRef": "Secret"}
    sources = [(one, named) for one in _dicts(container.get("envFrom"))]
    sources += [
        (one["valueFrom"], keyed) for one in _dicts(container.get("env")) if isinstance(one.get("valueFrom"), dict)
    ]
    for source, kinds in sources[:_MOST_VARIABLES]:
        for key, kind in kinds.items():
            if isinstance(reference := source.get(key), dict):
                yield f"{kind} {_text(reference.get('name'))}"


def _resources(resources: Any) -> Json:
    if not isinstance(resources, dict):
        return {}
    return {part: texts for part in ("requests", "limits") if (texts := _texts(resources.get(part)))}


def _is_of(pod: Json, uid: str) -> bool:
    owners = _dicts((pod.get("metadata") or {}).get("ownerReferences"))
    return any(one.get("uid") == uid for one in owners)


def _ran(pods: Iterable[Json]) -> Iterator[tuple[str, str]]:
    """Images as the pods' specs name them, with the digest that ran."""
    for pod in pods:
        spec, state = pod.get("spec") or {}, pod.get("status") or {}
        containers = (*_dicts(spec.get("containers")), *_dicts(spec.get("initContainers")))
        named = {one.get("name"): one.get("image") for one in containers}  # a pod has each name once
        for status in (*_dicts(state.get("containerStatuses")), *_dicts(state.get("initContainerStatuses"))):
            digest, image = _DIGEST.search(str(status.get("imageID", ""))), named.get(status.get("name"))
            if digest is not None and image is not None:
                yield str(image)[:_MOST_CHARACTERS], digest[1]


def _node(name: str, node: NodeFacts | None) -> TrainingNode:
    if node is None:
        return TrainingNode(name=name[:253])
    kind = node.kind
    facts = {"architecture": kind.architecture, "chip": kind.model, "driver": kind.driver, "firmware": kind.firmware}
    return TrainingNode(name=name[:253], **{key: value[:64] if value else None for key, value in facts.items()})


def _dicts(items: Any) -> list[Json]:
    return [one for one in items if isinstance(one, dict)] if isinstance(items, list) else []


def _words(items: Any) -> list[str]:
    return [_text(word) for word in items[:_MOST_WORDS]] if isinstance(items, list) else []


def _texts(texts: Any) -> dict[str, str]:
    pairs = sorted(texts.items())[:_MOST_LABELS] if isinstance(texts, dict) else ()
    return {_text(key): _text(value) for key, value in pairs}


def _text(value: Any) -> str:
    return "" if value is None else printable(str(value), _MOST_CHARACTERS)
