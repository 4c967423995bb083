"""Versions judged over the nodes of a cluster, registered or from a file, with their application's wishes."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import yaml

from aiapp.api.application import AIApplication, ServedVersion, Serving
from aiapp.api.meta import GROUP_VERSION
from aiapp.api.runtime import InferenceRuntime, RuntimeSpec
from aiapp.api.version import AIApplicationVersion, Container
from aiapp.cli.cluster import UserCluster
from aiapp.cli.fleet import Seen, look
from aiapp.domain.kubernetes.resources import APPLICATIONS, VERSIONS, Json
from aiapp.domain.nodes.compatibility import Judged, judged, summary
from aiapp.domain.nodes.of_runtime import requirement, wanted_npu
from aiapp.domain.nodes.placement import beyond_labels, placement
from aiapp.domain.nodes.requirement import Requirement
from aiapp.domain.nodes.usage import free
from aiapp.domain.offline.documents import check_documents
from aiapp.domain.runtimes.catalogue import find, is_ambiguous, named_only
from aiapp.ports import NotFoundError


@dataclass(frozen=True, slots=True)
class Fit:
    """One version's verdict as a document, and what a person should know about it."""

    document: Json
    notes: tuple[str, ...]


async def of_version(cluster: UserCluster, name: str, node_facts: str) -> Fit:
    """A registered one. Raises `ApiError`, `click.ClickException`."""
    version = AIApplicationVersion.model_validate(await cluster.get(VERSIONS, name))
    return fit(version, await _application(cluster, version), await look(cluster, node_facts), None)


async def of_file(cluster: UserCluster, file: Path, runtime: str | None, node_facts: str) -> list[Fit]:
    """Those of a YAML file; its runtimes come before the catalogue's. Raises `ApiError`, `click.ClickException`."""
    documents = _documents(file)
    versions = [AIApplicationVersion.model_validate(raw) for raw in documents if _is(raw, "AIApplicationVersion")]
    if not versions:
        raise click.ClickException(f"{file} holds no AIApplicationVersion")
    own = {raw["metadata"]["name"]: AIApplication.model_validate(raw) for raw in documents if _is(raw, "AIApplication")}
    seen = await look(cluster, node_facts)
    specs = [InferenceRuntime.model_validate(raw).spec for raw in documents if _is(raw, "InferenceRuntime")]
    seen.runtimes |= {spec.name: spec for spec in specs}
    return [fit(v, own.get(v.spec.application) or await _application(cluster, v), seen, runtime) for v in versions]


def fit(version: AIApplicationVersion, application: AIApplication | None, seen: Seen, runtime: str | None) -> Fit:
    """`runtime` counts where the version names none. Raises `click.ClickException`."""
    name = f"{version.spec.application}-{version.spec.version}"
    entry, notes = _entry(_runtime(version, runtime, name), version, seen)
    needed = _requirement(version, application, seen, entry)
    kinds = judged(needed, seen.fleet, seen.tables)
    verdict, placed = summary(kinds), placement(needed, kinds, seen.tables)
    beyond = beyond_labels(kinds, placed.node_affinity, placed.resource, placed.devices)
    document: Json = {
        "version": name,
        "runtime": entry.name,
        "verdict": verdict.verdict,
        "message": verdict.message,
        "compatible": verdict.compatible,
        "devices": placed.devices,
        "resource": placed.resource,
        "nearFits": [asdict(near) for near in verdict.near_fits],
        "beyondLabels": sorted(node for kind in beyond for node in kind.group.names),
        "nodes": sorted(_rows(kinds, placed.resource, seen), key=lambda row: str(row["name"])),
    }
    return Fit(document, (*seen.notes, *notes))


def _requirement(
    version: AIApplicationVersion, application: AIApplication | None, seen: Seen, runtime: RuntimeSpec
) -> Requirement:
    serving = application.spec.serving if application else None
    served = _served(serving, version.spec.version)
    container = version.spec.container or Container()
    asked = (served.npu if served else None) or container.npu
    resources = (served.resources if served else None) or container.resources
    npu = wanted_npu(asked, runtime, resources)
    scheduling = serving.scheduling if serving and served else None
    return requirement(runtime, npu, seen.tables, scheduling)


def _entry(name: str, version: AIApplicationVersion, seen: Seen) -> tuple[RuntimeSpec, list[str]]:
    """The catalogue's entry, and what a person should know of it. Raises `click.ClickException`."""
    engine = version.status.model.type if version.status.model else None
    if engine is None and is_ambiguous(name, seen.runtimes):
        raise click.ClickException(
            f"which runtime {name} means depends on the package's model_type: name one in full in spec.runtime"
        )
    if (known := find(name, seen.runtimes, engine)) is not None:
        return known, []
    if (other := find(name, seen.runtimes)) is not None:
        return other, [f"runtime {other.name} is not for {engine}: versions with it are refused (EngineMismatch)"]
    return named_only(name), [f"runtime {name} is not in the catalogue: judged by its name alone"]


async def _application(cluster: UserCluster, version: AIApplicationVersion) -> AIApplication | None:
    try:
        return AIApplication.model_validate(await cluster.get(APPLICATIONS, version.spec.application))
    except NotFoundError:
        return None


def _documents(file: Path) -> list[Json]:
    """Every document, held to the rules of the API server as far as those need no cluster."""
    data = file.read_bytes()
    _, remarks = check_documents(data, str(file))
    if faults := [f"{r.file}:{r.line}: {r.message}" for r in remarks if r.severity == "error"]:
        raise click.ClickException("; ".join(faults[:5]))
    return [document for document in yaml.safe_load_all(data) if document]


def _is(document: Json, kind: str) -> bool:
    return (document.get("apiVersion"), document.get("kind")) == (GROUP_VERSION, kind)


def _runtime(version: AIApplicationVersion, chosen: str | None, name: str) -> str:
    resolved = version.status.runtime.name if version.status.runtime else None
    said = version.status.model.runtime if version.status.model else None
    if runtime := resolved or version.spec.runtime or said or chosen:
        return runtime
    raise click.ClickException(
        f"{name} does not tell its runtime (spec.runtime, or config.json once it is imported): say --runtime NAME"
    )


def _served(serving: Serving | None, number: str) -> ServedVersion | None:
    return next((one for one in serving.versions if one.version == number), None) if serving else None


def _rows(kinds: Iterable[Judged], resource: str | None, seen: Seen) -> Iterator[Json]:
    for kind in kinds:
        found = [against._asdict() | {"reason": str(against.reason)} for against in kind.found]
        for name in kind.group.names:
            counted = resource is not None and seen.in_use is not None and kind.word != "Incompatible"
            left = free(kind.group.kind, resource or "", (seen.in_use or {}).get(name, {})) if counted else None
            reason = str(kind.against.reason) if kind.against else None
            yield {"name": name, "verdict": kind.word, "reason": reason, "found": found, "free": left}
