"""The details page of a version. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from aiapp.api.application import AIApplication
from aiapp.api.container import ContainerHealth
from aiapp.api.events import PastEvent
from aiapp.api.meta import Document
from aiapp.api.provenance import ProvenanceStatus
from aiapp.api.template import DeploymentType
from aiapp.api.training_job import TrainingJobStatus
from aiapp.api.version import ApiStatus, CompatibilityStatus, HealthStatus, ReasonCount, RuntimeStatus
from aiapp.api.weights import WeightsStatus
from aiapp.domain.details.findings import DetailedFinding, detailed, ready
from aiapp.domain.details.remedies import OF_VERSIONS
from aiapp.domain.records import VersionRecord
from aiapp.modelarts.model_files import SERVICE_FILE

IMAGE: Final = "Image"
REAL_TIME: Final[tuple[DeploymentType, ...]] = ("RealTime",)
"""How versions can be deployed that no template says more of."""


@dataclass(frozen=True, slots=True)
class VersionOverview:
    """What a version is. None is what is not known or not so; sizes are in bytes."""

    namespace: str
    name: str
    application: str
    version: str
    id: str
    """metadata.uid."""
    display_name: str | None
    description: str | None
    documents: tuple[Document, ...]
    labels: Mapping[str, str]
    created: datetime
    created_by: str | None
    """Who or what registered it, as far as the API server says."""
    phase: str | None
    reason: str | None
    """Of its condition Ready, and so is the message."""
    message: str | None
    size: str | None
    bytes: int | None
    files: int | None
    engine: str | None
    """The package's model_type; Image for a container image."""
    algorithm: str | None
    source_type: str | None
    """Obs, TrainingJob, Template or Image."""
    origin: str | None
    """Custom, ExeML or BuiltIn: who made the model."""
    uri: str | None
    """The folder that was imported, or the image."""
    inference_code: str | None
    """Path of the inference code in its store; None where there is none."""
    template: str | None
    training_job: TrainingJobStatus | None
    deployment_types: tuple[DeploymentType, ...]
    pin: str | None
    digest: str | None
    """Of the content; None until it is known."""
    verification: str | None
    """What vouches for the content at each fetch: ETag or SHA256."""
    image: str | None
    """Address of the image that serves, by its digest where that is known."""
    replicated: bool | None
    """Whether that is a copy in the installation's own registry; None where a runtime brings the image."""
    command: tuple[str, ...]
    """What its container starts instead of the image's entry point, arguments included."""
    port: int | None
    protocol: str | None


@dataclass(frozen=True, slots=True)
class MinimumSpecification:
    """What each of its pods asks for."""

    requests: Mapping[str, str]
    limits: Mapping[str, str]
    npus: int | None
    npu_resource: str | None
    """None: the one that the nodes offer."""
    shared_memory: str | None
    workers: int | None
    weights_bytes: int | None
    """Of weights alone: what the memory of its NPUs has to hold at least."""


@dataclass(frozen=True, slots=True)
class Constraint:
    """Where and how it can be deployed."""

    request_mode: Literal["Synchronous"]
    """An answer comes on the connection of its request."""
    architectures: tuple[str, ...]
    accelerator: str | None
    """CPU, or CUDA or CANN and its version."""
    chips: tuple[str, ...]
    """Ascend chips that its image names."""
    runtime: RuntimeStatus | None
    specification: MinimumSpecification
    compatibility: CompatibilityStatus | None
    """Nodes that fit, why the others do not, and what would mend it."""

    @property
    def reasons(self) -> tuple[ReasonCount, ...]:
        return self.compatibility.reasons if self.compatibility else ()


@dataclass(frozen=True, slots=True)
class HealthChecks:
    """The declared health checks: of config.json, and of the version for an image of the user's own."""

    config: HealthStatus | None
    container: ContainerHealth | None


@dataclass(frozen=True, slots=True)
class ServiceUse:
    """An application that names the version in spec.serving."""

    application: str
    phase: str | None
    stopped: bool
    weight: int | None
    """Percent of the traffic that is asked for."""
    actual_weight: int | None
    replicas: int | None
    ready: int | None
    url: str | None


@dataclass(frozen=True, slots=True)
class VersionDetails:
    """All that is known of a version."""

    overview: VersionOverview
    precision: Mapping[str, str]
    """Metrics of config.json (f1, recall, precision, accuracy, ...), as decimal numbers."""
    parameters: tuple[ApiStatus, ...]
    """Its APIs; `queries.api_description` has their schemas."""
    dependencies: tuple[str, ...]
    constraint: Constraint
    health: HealthChecks
    weights: WeightsStatus | None
    provenance: ProvenanceStatus | None
    services: tuple[ServiceUse, ...]
    findings: tuple[DetailedFinding, ...]
    """Every condition; `is_fault` tells what is to be looked at."""
    events: tuple[PastEvent, ...]
    """What its status remembers, newest first; `queries.events` has those of Kubernetes and of its pods too."""
    repaired: tuple[str, ...]
    """What of config.json was read leniently."""


def version_details(record: VersionRecord, application: AIApplication | None) -> VersionDetails:
    """Of a version and of the application that it belongs to."""
    status = record.status
    model, findings = status.model, detailed(status.conditions, record.spec.application, OF_VERSIONS)
    return VersionDetails(
        overview=_overview(record, ready(findings)),
        precision=(model.metrics if model else None) or {},
        parameters=model.apis if model else (),
        dependencies=record.dependencies,
        constraint=_constraint(record),
        health=HealthChecks(
            config=model.health if model else None,
            container=record.spec.container.health if record.spec.container else None,
        ),
        weights=model.weights if model else None,
        provenance=status.provenance,
        services=tuple(_uses(record, application)),
        findings=findings,
        events=status.events,
        repaired=(model.repaired if model else None) or (),
    )


def _overview(record: VersionRecord, summary: DetailedFinding | None) -> VersionOverview:
    spec, status = record.spec, record.status
    container, model, source = spec.container, status.model, status.source
    package, artifact = record.package, status.artifact
    return VersionOverview(
        namespace=record.namespace,
        name=record.name,
        application=spec.application,
        version=spec.version,
        id=record.uid,
        display_name=spec.display_name,
        description=spec.description,
        documents=spec.documents or (),
        labels=record.raw["metadata"].get("labels") or {},
        created=record.created,
        created_by=record.created_by,
        phase=status.phase,
        reason=summary.reason if summary else None,
        message=summary.message if summary else None,
        size=artifact.size if artifact else None,
        bytes=artifact.bytes if artifact else None,
        files=package.objects if package else None,
        engine=model.type if model else IMAGE if status.image else None,
        algorithm=model.algorithm if model else None,
        source_type=source.type if source else None,
        origin=source.origin if source else None,
        uri=source.uri if source else None,
        inference_code=_inference_code(record),
        template=source.template.name if source and source.template else None,
        training_job=source.training_job if source else None,
        deployment_types=source.template.deployment_types if source and source.template else REAL_TIME,
        pin=package.pin if package else None,
        digest=package.digest if package else status.image.digest if status.image else None,
        verification=package.verification if package else None,
        image=_image(record),
        replicated=status.image.replicated if status.image else None,
        command=(*((container.command if container else None) or ()), *((container.args if container else None) or ())),
        port=(container.port if container else None) or (status.image.port if status.image else None),
        protocol=container.protocol if container else None,
    )


def _inference_code(record: VersionRecord) -> str | None:
    """Of packages of ModelArts in a folder; templates may take theirs from elsewhere."""
    source, model = record.status.source, record.status.model
    if record.package is None or source is None or source.uri is None or model is None or model.weights is not None:
        return None
    has_own_server = record.status.image is not None or (record.status.runtime and record.status.runtime.protocol)
    if source.template is not None or has_own_server:
        return None
    return f"{source.uri.rstrip('/')}/{SERVICE_FILE}"


def _image(record: VersionRecord) -> str | None:
    status, container = record.status, record.spec.container
    if status.image is not None:
        return status.image.image
    if record.spec.source.image is not None:
        return record.spec.source.image.reference
    if container is not None and container.image is not None:
        return container.image
    return status.runtime.image if status.runtime else None


def _constraint(record: VersionRecord) -> Constraint:
    status = record.status
    image, runtime = status.image, status.runtime
    hints = image.hints if image else None
    platforms = (platform.architecture for platform in image.platforms) if image else ()
    own = (runtime.architecture,) if runtime and runtime.architecture else ()
    hinted = " ".join(filter(None, (hints.hardware, hints.cann))) if hints else None
    return Constraint(
        request_mode="Synchronous",
        architectures=tuple(dict.fromkeys((*own, *platforms))),
        accelerator=runtime.hardware if runtime else hinted,
        chips=hints.chips if hints else (),
        runtime=runtime,
        specification=_specification(record),
        compatibility=status.compatibility,
    )


def _specification(record: VersionRecord) -> MinimumSpecification:
    container, model = record.spec.container, record.status.model
    resources, npu = (container.resources, container.npu) if container else (None, None)
    return MinimumSpecification(
        requests=_amounts(resources.requests if resources else None),
        limits=_amounts(resources.limits if resources else None),
        npus=npu.count if npu else None,
        npu_resource=npu.resource_name if npu else None,
        shared_memory=str(container.shared_memory) if container and container.shared_memory else None,
        workers=container.workers if container else None,
        weights_bytes=model.weights.bytes if model and model.weights else None,
    )


def _amounts(resources: Mapping[str, Any] | None) -> dict[str, str]:
    return {name: str(amount) for name, amount in (resources or {}).items()}


def _uses(record: VersionRecord, application: AIApplication | None) -> Iterator[ServiceUse]:
    serving = application.spec.serving if application else None
    if application is None or serving is None:
        return
    wanted = next((one for one in serving.versions if one.version == record.spec.version), None)
    if wanted is None:
        return
    status = application.status
    traffic = next((one for one in status.traffic if one.version == record.spec.version), None)
    yield ServiceUse(
        application=record.spec.application,
        phase=status.phase,
        stopped=serving.stopped,
        weight=wanted.weight if wanted.weight is not None else 100,
        actual_weight=traffic.actual_weight if traffic else None,
        replicas=traffic.replicas if traffic else wanted.replicas,
        ready=traffic.ready if traffic else None,
        url=status.url,
    )
