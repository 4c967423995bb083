"""AIApplicationVersion: one immutable, pinned record of a model. Types only."""

from datetime import datetime
from typing import Annotated, Literal, get_args

from pydantic import ConfigDict, Field

from aiapp.api.artifact import ArtifactStatus
from aiapp.api.container import OF_IMAGES, Container
from aiapp.api.events import PastEvents
from aiapp.api.image import ImageStatus
from aiapp.api.meta import (
    ATOMIC,
    ApiModel,
    Conditions,
    Description,
    DisplayName,
    Documents,
    Matches,
    NameString,
    RuntimeNameString,
    present_once_pinned,
    rule,
    rules,
    unchanged,
    unchanged_once_pinned,
)
from aiapp.api.provenance import ProvenanceStatus
from aiapp.api.source import FIXED_FIELDS, Source, SourceType
from aiapp.api.template import DeploymentType, Mode
from aiapp.api.training_job import TrainingJobStatus
from aiapp.api.weights import WeightsStatus

ApplicationName = Annotated[
    str,
    Field(max_length=53),
    Matches(
        "[a-z]([-a-z0-9]*[a-z0-9])?",
        "the name of an application consists of at most 53 lower-case letters, digits and '-', starts with a letter "
        "and does not end with '-'",
    ),
]
VersionString = Annotated[
    str,
    Field(max_length=32),
    Matches(
        "(0|[1-9][0-9]?)[.](0|[1-9][0-9]?)[.](0|[1-9][0-9]?)",
        "a version is three numbers from 0 to 99 without leading zeros, joined by dots, for example 1.0.0",
    ),
]


class VersionSpec(ApiModel):
    """What this version is. Source, runtime and container may be corrected until the artifact is pinned and are
    immutable then; names, descriptions, documents, credentials Secret and CA bundle may change at any time.
    """

    model_config = ConfigDict(
        json_schema_extra=rules(
            unchanged("application"),
            unchanged("version"),
            rule(
                "!has(self.container) || !has(self.container.image) || !has(self.source.image)",
                "the source is an image already: container.image is for a package that your own image serves",
                at="container.image",
                reason="FieldValueForbidden",
            ),
            rule(
                "!has(self.container) || !has(self.container.image) || !has(self.runtime)",
                "either a runtime or container.image serves the package, not both",
                at="runtime",
                reason="FieldValueForbidden",
            ),
            rule(
                "!has(self.runtime) || !has(self.source.image)",
                "an image brings what it needs: a runtime is for packages",
                at="runtime",
                reason="FieldValueForbidden",
            ),
            rule(
                "!has(self.container) || !has(self.container.parameters) || !has(self.source.image)",
                "parameters are for the server of a runtime: give an image of your own its container.args",
                at="container.parameters",
                reason="FieldValueForbidden",
            ),
            rule(
                "!has(self.container) || !has(self.container.workers)"
                " || !(has(self.source.image) || has(self.container.image))",
                "workers are processes of the model server: an image of your own brings a server of its own",
                at="container.workers",
                reason="FieldValueForbidden",
            ),
            rule(
                "!has(self.source.exeML) || !has(self.container)",
                "an ExeML model is served as it is, by its runtime: it takes no container",
                at="container",
                reason="FieldValueForbidden",
            ),
            rule(
                "!has(self.container) || !has(self.container.dependencies)"
                " || !(has(self.source.image) || has(self.container.image))",
                "dependencies are installed for the model server: an image of your own brings what it needs",
                at="container.dependencies",
                reason="FieldValueForbidden",
            ),
            rule(
                "!has(self.runtime) || !has(self.container) || !("
                + " || ".join(f"has(self.container.{name})" for name in OF_IMAGES)
                + ")",
                f"{', '.join(OF_IMAGES)} are for images of your own: the runtime says how it is started and asked",
                at="container",
                reason="FieldValueForbidden",
            ),
        )
    )

    application: ApplicationName
    """Name of the AIApplication it belongs to (which need not exist yet)."""
    version: VersionString
    """Version number: three numbers from 0 to 99, for example 1.0.0; in quotes where YAML would read a number."""
    display_name: DisplayName | None = None
    """Name as ModelArts allows it: letters, digits, `-`, `_`."""
    description: Description | None = None
    """1 to 100 characters, none of & ! ' " < > =."""
    documents: Documents | None = None
    """At most three links to documents about the model."""
    source: Source
    """Where the model comes from."""
    runtime: RuntimeNameString | None = None
    """Name of an InferenceRuntime, for example `pytorch_1.11.0-cann_6.3.0-py_3.7-euler_2.8.3-aarch64`. Default: the
    `runtime` of config.json. May be set when it was absent; once it is resolved and the artifact is pinned, it stays
    as it was set."""
    container: Container | None = None
    """Defaults for its pods."""


class TemplateStatus(ApiModel):
    """The template that the package was composed by, as it was then."""

    name: NameString
    """Its name."""
    mode: Mode | None = None
    """What a prediction takes and gives; absent where the template has a config.json instead."""
    deployment_types: Annotated[tuple[DeploymentType, ...], Field(max_length=2, json_schema_extra=ATOMIC)]
    """How the package may be deployed."""


class SourceStatus(ApiModel):
    """What was found at the source."""

    type: Annotated[str, Field(json_schema_extra={"enum": list(get_args(SourceType))})]
    """Kind of the source."""
    origin: Literal["Custom", "ExeML", "BuiltIn"] = "Custom"
    """Who made the model: a user, automatic learning, or a built-in algorithm."""
    uri: Annotated[str, Field(max_length=1056)] | None = None
    """The folder that holds config.json, the bucket that holds a template's inputs, or the reference of an image.
    Absent until a training job has said where, and for a model of ExeML."""
    listing: Annotated[str, Field(max_length=128)] | None = None
    """Digest of the last listing that was read."""
    reader: Annotated[str, Field(max_length=64)] | None = None
    """Build of the operator that read it, as release and digest of its code. A package that one build has refused is
    read again by another one."""
    resolved_at: datetime | None = None
    """When that listing was read."""
    training_job: TrainingJobStatus | None = None
    """The training job that writes or wrote it."""
    template: TemplateStatus | None = None
    """The template."""


class ApiStatus(ApiModel):
    """One API of the model, from config.json."""

    method: Annotated[str, Field(max_length=16)]
    """HTTP method."""
    url: Annotated[str, Field(max_length=256)]
    """Path on the server."""
    request_content_type: Annotated[str, Field(max_length=128)] | None = None
    """Content type of requests."""
    response_content_type: Annotated[str, Field(max_length=128)] | None = None
    """Content type of answers."""


class HealthStatus(ApiModel):
    """The health check that config.json declares."""

    check_method: Literal["HTTP", "EXEC"] = "HTTP"
    """Over HTTP or by a command."""
    url: Annotated[str, Field(max_length=256)] | None = None
    """Path of the health check."""
    command: Annotated[str, Field(max_length=1024)] | None = None
    """Command of an EXEC check."""
    initial_delay_seconds: Annotated[int, Field(ge=0)] | None = None
    """Seconds before the first check."""
    period_seconds: Annotated[int, Field(ge=1)] | None = None
    """Seconds between checks."""
    timeout_seconds: Annotated[int, Field(ge=1)] | None = None
    """Seconds a check may take."""
    failure_threshold: Annotated[int, Field(ge=1)] | None = None
    """Failures in a row that count."""


class ModelStatus(ApiModel):
    """What config.json says of the model, be it one of ModelArts or the model's own."""

    type: Annotated[str, Field(max_length=32)]
    """Engine: TensorFlow, PyTorch, MindSpore, Scikit_Learn, XGBoost, ...; HuggingFace for weights in that layout,
    Folder for files without a config.json."""
    algorithm: Annotated[str, Field(max_length=64)]
    """For example image_classification; of weights the family, for example qwen2."""
    metrics: Annotated[dict[str, Annotated[str, Field(max_length=64)]], Field(max_length=32)] | None = None
    """Precision of the model (f1, recall, precision, accuracy, ...), as decimal numbers in text."""
    apis: Annotated[tuple[ApiStatus, ...], Field(max_length=32, json_schema_extra=ATOMIC)] = ()
    """Its APIs."""
    dependencies: (
        Annotated[
            tuple[Annotated[str, Field(max_length=256)], ...],
            Field(max_length=64, json_schema_extra=ATOMIC),
        ]
        | None
    ) = None
    """Python packages it asks for, as pip requirements, in order."""
    health: HealthStatus | None = None
    """Declared health check."""
    runtime: Annotated[str, Field(max_length=128)] | None = None
    """The runtime that config.json names, as it is written there."""
    weights: WeightsStatus | None = None
    """What is known of weights in the layout of Hugging Face; absent for packages of ModelArts."""
    repaired: (
        Annotated[
            tuple[Annotated[str, Field(max_length=512)], ...],
            Field(max_length=32, json_schema_extra=ATOMIC),
        ]
        | None
    ) = None
    """What was read leniently, with line and column where there is one."""


class RuntimeStatus(ApiModel):
    """The runtime that was resolved."""

    name: RuntimeNameString
    """Full name from the catalogue."""
    engine: Annotated[str, Field(max_length=64)] | None = None
    """Engine and version."""
    hardware: Annotated[str, Field(max_length=64)] | None = None
    """CPU, or CUDA or CANN and its version."""
    python: Annotated[str, Field(max_length=16)] | None = None
    """Python version."""
    os: Annotated[str, Field(max_length=64)] | None = None
    """Operating system of the image."""
    architecture: Annotated[str, Field(max_length=16)] | None = None
    """Processor architecture as Kubernetes writes it: arm64 or amd64."""
    protocol: Annotated[str, Field(max_length=32)] | None = None
    """What clients speak with the server that the runtime brings: OpenAI, OpenInferenceV2 or Plain. Absent: the
    platform's model server serves."""
    image: Annotated[str, Field(max_length=512)] | None = None
    """Image at the time the runtime was resolved; a rollout takes the catalogue's image of its own time."""
    lifecycle: Literal["Recommended", "Supported", "Deprecated", "Removed"]
    """State in the catalogue."""


class ReasonCount(ApiModel):
    """Nodes that do not fit, by reason."""

    reason: Annotated[str, Field(max_length=64)]
    """The first reason that excludes these nodes."""
    nodes: Annotated[int, Field(ge=0)]
    """How many."""
    examples: Annotated[
        tuple[Annotated[str, Field(max_length=253)], ...],
        Field(max_length=3, json_schema_extra=ATOMIC),
    ] = ()
    """Up to three of their names."""
    detail: Annotated[str, Field(max_length=512)] | None = None
    """What most of them have and what is asked for."""


class NearFit(ApiModel):
    """Nodes that miss by exactly one thing."""

    missing: Annotated[str, Field(max_length=64)]
    """The reason against them; one of the reasons for nodes."""
    nodes: Annotated[int, Field(ge=0)]
    """How many."""
    examples: Annotated[
        tuple[Annotated[str, Field(max_length=253)], ...],
        Field(max_length=3, json_schema_extra=ATOMIC),
    ] = ()
    """Up to three of their names."""
    remedy: Annotated[str, Field(max_length=512)]
    """What would fix it."""


class CompatibilityStatus(ApiModel):
    """Where the version can run, known before any pod exists."""

    verdict: Literal["Compatible", "Incompatible", "Unknown"]
    """Unknown: the nodes do not carry the labels that would decide it."""
    nodes: Annotated[int, Field(ge=0)]
    """Nodes of the cluster."""
    compatible: Annotated[int, Field(ge=0)]
    """Nodes that fit."""
    reasons: Annotated[tuple[ReasonCount, ...], Field(max_length=16, json_schema_extra=ATOMIC)] = ()
    """Why the others do not."""
    near_fits: Annotated[tuple[NearFit, ...], Field(max_length=8, json_schema_extra=ATOMIC)] = ()
    """Nodes that miss by exactly one thing, by what would fix it; most nodes first."""


class VersionStatus(ApiModel):
    """What the operator found out and recorded."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "!has(oldSelf.artifact) || has(self.artifact)",
                "what was pinned stays pinned: make a new version instead",
                at="artifact",
                reason="FieldValueForbidden",
            )
        )
    )

    observed_generation: Annotated[int, Field(ge=0)] | None = None
    """The generation of the spec that this status speaks of."""
    phase: Literal["Importing", "Normal", "Waiting", "Failed"] | None = None
    """Summary for humans; programs read the conditions."""
    source: SourceStatus | None = None
    """The source."""
    artifact: ArtifactStatus | None = None
    """The pinned content."""
    model: ModelStatus | None = None
    """The model."""
    image: ImageStatus | None = None
    """The container image that the source or `container.image` names."""
    runtime: RuntimeStatus | None = None
    """The runtime."""
    compatibility: CompatibilityStatus | None = None
    """The verdict over the nodes."""
    provenance: ProvenanceStatus | None = None
    """Where the model comes from."""
    used_by: (
        Annotated[
            tuple[ApplicationName, ...],
            Field(max_length=10, json_schema_extra=ATOMIC),
        ]
        | None
    ) = None
    """Applications whose `spec.serving.versions` names it, stopped ones too; absent while there is none."""
    last_handled_reconcile_at: Annotated[str, Field(max_length=128)] | None = None
    """The value of the annotation `aiapp.dev/reconcile-at` (its first 128 characters) whose request was carried out."""
    events: PastEvents = ()
    """What happened to it, newest first; at most 30."""
    conditions: Conditions = ()
    """SourceResolved, PackageValid, ArtifactPinned, RuntimeResolved (an image: SourceResolved, ArtifactPinned),
    RuntimeCompatible, RuntimeSupported, SourceUnchanged, Ready; while it applies Reconciling, Stalled."""


class AIApplicationVersion(ApiModel):
    """One version of an AI application: an immutable record of a model, pinned by content, checked against nodes."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "self.metadata.name == self.spec.application + '-' + self.spec.version",
                "metadata.name must be <spec.application>-<spec.version>, for example mnist-1.0.0",
                at="metadata.name",
            ),
            *(present_once_pinned(f"spec.source.{variant}") for variant in FIXED_FIELDS),
            *(
                unchanged_once_pinned(f"spec.source.{variant}.{field}", inside=f"spec.source.{variant}")
                for variant, fields in FIXED_FIELDS.items()
                for field in fields
            ),
            unchanged_once_pinned("spec.container"),
            rule(
                "!(has(oldSelf.status) && has(oldSelf.status.artifact) && has(oldSelf.status.runtime))"
                " || !has(oldSelf.spec.runtime)"
                " || (has(self.spec.runtime) && self.spec.runtime == oldSelf.spec.runtime)",
                "runtime is immutable once it is resolved and the artifact is pinned: make a new version instead",
                at="spec.runtime",
                reason="FieldValueForbidden",
            ),
        )
    )

    spec: VersionSpec
    """What this version is."""
    status: VersionStatus = VersionStatus()
    """What the operator found out."""
