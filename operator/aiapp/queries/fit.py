"""Which nodes a version fits, registered or from a manifest, with what its application asks of nodes."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace

import yaml

from aiapp.api.application import AIApplication
from aiapp.api.image import ImageStatus
from aiapp.api.meta import GROUP_VERSION
from aiapp.api.runtime import InferenceRuntime, RuntimeSpec
from aiapp.api.version import AIApplicationVersion
from aiapp.domain.application.serving_compatibility import required
from aiapp.domain.images.wanted import own_image
from aiapp.domain.kubernetes.resources import APPLICATIONS, VERSIONS, Json
from aiapp.domain.nodes.choice import best, choices, together
from aiapp.domain.nodes.compatibility import Judged, summary
from aiapp.domain.nodes.placement import beyond_labels, placement
from aiapp.domain.nodes.requirement import Requirement
from aiapp.domain.nodes.usage import free
from aiapp.domain.offline.documents import check_documents
from aiapp.domain.runtimes.catalogue import find, is_ambiguous, named_only
from aiapp.queries.cluster import UserCluster
from aiapp.queries.errors import QueryError
from aiapp.queries.nodes import NodeSurvey, NodeTables, survey
from aiapp.queries.stored import read

SHOWN_FAULTS = 5


@dataclass(frozen=True, slots=True)
class Fit:
    """One version's verdict as a document, and what its reader should know about it."""

    document: Json
    notes: tuple[str, ...]


async def of_version(cluster: UserCluster, name: str, tables: NodeTables) -> Fit:
    """Of a registered version. Raises `ApiError`, `QueryError`."""
    version = read(AIApplicationVersion, await cluster.get(VERSIONS, name))
    return fit(version, await _application(cluster, version), await survey(cluster, tables))


async def of_manifests(
    cluster: UserCluster, data: bytes, file: str, tables: NodeTables, runtime: str | None = None
) -> list[Fit]:
    """Of the versions in a YAML file; its runtimes come before the catalogue's. Raises `ApiError`, `QueryError`."""
    documents = _documents(data, file)
    versions = [AIApplicationVersion.model_validate(raw) for raw in documents if _is(raw, "AIApplicationVersion")]
    if not versions:
        raise QueryError(f"{file} holds no AIApplicationVersion")
    own = {raw["metadata"]["name"]: AIApplication.model_validate(raw) for raw in documents if _is(raw, "AIApplication")}
    specs = [InferenceRuntime.model_validate(raw).spec for raw in documents if _is(raw, "InferenceRuntime")]
    nodes = await survey(cluster, tables)
    nodes = replace(nodes, runtimes={**nodes.runtimes, **{spec.name: spec for spec in specs}})
    return [fit(v, own.get(v.spec.application) or await _application(cluster, v), nodes, runtime) for v in versions]


def fit(
    version: AIApplicationVersion, application: AIApplication | None, survey: NodeSurvey, runtime: str | None = None
) -> Fit:
    """`runtime` counts where the version names none. Raises `QueryError`."""
    name = f"{version.spec.application}-{version.spec.version}"
    server, notes = _server(version, survey, runtime, name)
    found = choices(_required(version, application, survey, server), survey.nodes, survey.tables)
    kinds, (needed, own) = together(found), best(found)
    verdict, placed = summary(kinds), placement(needed, own, survey.tables)
    beyond = beyond_labels(own, placed.node_affinity, placed.resource, placed.devices)
    document: Json = {
        "version": name,
        "runtime": server.name if isinstance(server, RuntimeSpec) else None,
        "image": server.image if isinstance(server, ImageStatus) else needed.image,
        "verdict": verdict.verdict,
        "message": verdict.message,
        "compatible": verdict.compatible,
        "devices": placed.devices,
        "resource": placed.resource,
        "nearFits": [asdict(near) for near in verdict.near_fits],
        "beyondLabels": sorted(node for kind in beyond for node in kind.group.names),
        "nodes": sorted(_rows(kinds, placed.resource, survey), key=lambda row: str(row["name"])),
    }
    return Fit(document, (*survey.notes, *notes))


def _server(
    version: AIApplicationVersion, survey: NodeSurvey, chosen: str | None, name: str
) -> tuple[RuntimeSpec | ImageStatus, list[str]]:
    """What serves it, and what a reader should know of that. Raises `QueryError`."""
    if (image := version.status.image) is not None:
        return image, []
    if version.spec.source.image is not None or own_image(version.spec) is not None:
        if version.status.conditions:
            raise QueryError(f"the platforms of {name} are those of its image, which is not pinned: aiapp get {name}")
        raise QueryError(
            f"the platforms of {name} are those of its image, which the operator asks the registry for: register the "
            "version, it gets no pods by that, and ask for it by its name"
        )
    return _entry(_runtime(version, chosen, name), version, survey)


def _required(
    version: AIApplicationVersion,
    application: AIApplication | None,
    survey: NodeSurvey,
    server: RuntimeSpec | ImageStatus,
) -> tuple[Requirement, ...]:
    """With what the application asks for if it serves the version."""
    serving = application.spec.serving if application else None
    versions = serving.versions if serving else ()
    served = next((one for one in versions if one.version == version.spec.version), None)
    scheduling = serving.scheduling if serving and served else None
    return required(version.spec, served, scheduling, server, survey.tables, version.status.model)


def _entry(name: str, version: AIApplicationVersion, survey: NodeSurvey) -> tuple[RuntimeSpec, list[str]]:
    """The catalogue's entry, and what a reader should know of it. Raises `QueryError`."""
    engine = version.status.model.type if version.status.model else None
    if engine is None and is_ambiguous(name, survey.runtimes):
        raise QueryError(
            f"which runtime {name} means depends on the package's model_type: name one in full in spec.runtime"
        )
    if (known := find(name, survey.runtimes, engine)) is not None:
        return known, []
    if (other := find(name, survey.runtimes)) is not None:
        return other, [f"runtime {other.name} is not for {engine}: versions with it are refused (EngineMismatch)"]
    return named_only(name), [f"runtime {name} is not in the catalogue: judged by its name alone"]


async def _application(cluster: UserCluster, version: AIApplicationVersion) -> AIApplication | None:
    found = await cluster.find(APPLICATIONS, version.spec.application)
    return None if found is None else read(AIApplication, found)


def _documents(data: bytes, file: str) -> list[Json]:
    """Every document, held to the rules of the API server as far as those need no cluster."""
    _, diagnostics = check_documents(data, file)
    if faults := [f"{r.file}:{r.line}: {r.message}" for r in diagnostics if r.severity == "error"]:
        raise QueryError("; ".join(faults[:SHOWN_FAULTS]))
    return [document for document in yaml.safe_load_all(data) if document]


def _is(document: Json, kind: str) -> bool:
    return (document.get("apiVersion"), document.get("kind")) == (GROUP_VERSION, kind)


def _runtime(version: AIApplicationVersion, chosen: str | None, name: str) -> str:
    resolved = version.status.runtime.name if version.status.runtime else None
    declared = version.status.model.runtime if version.status.model else None
    if runtime := resolved or version.spec.runtime or declared or chosen:
        return runtime
    raise QueryError(
        f"the runtime of {name} is unknown (spec.runtime, or config.json once it is imported): give --runtime NAME"
    )


def _rows(kinds: Iterable[Judged], resource: str | None, survey: NodeSurvey) -> Iterator[Json]:
    for kind in kinds:
        found = [against._asdict() | {"reason": str(against.reason)} for against in kind.mismatches]
        for name in kind.group.names:
            counted = resource is not None and survey.in_use is not None and kind.verdict != "Incompatible"
            left = free(kind.group.kind, resource or "", (survey.in_use or {}).get(name, {})) if counted else None
            reason = str(kind.against.reason) if kind.against else None
            yield {"name": name, "verdict": kind.verdict, "reason": reason, "mismatches": found, "free": left}
