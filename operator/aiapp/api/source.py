"""Where a model comes from, as a version says it. Types only."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import ConfigDict, Field

from aiapp.api.conditions import ConditionType
from aiapp.api.image import ImageReference
from aiapp.api.meta import (
    REQUIRED,
    SET,
    ApiModel,
    CaBundleReference,
    LocalReference,
    Matches,
    NameString,
    map_list,
    rule,
    rules,
)
from aiapp.api.template import InputName, Mode

_LABEL: Final = "[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST_NAME: Final = rf"({_LABEL}\.)*{_LABEL}\.?"
"""A name, or an IPv4 address."""
_IPV6: Final = r"\[[0-9A-Fa-f:.]{2,45}\]"
_PORT: Final = ":([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"


PackageUri = Annotated[
    str,
    Field(max_length=1024),
    Matches("[^ \t\r\n]*", "uri: an OBS path may not contain spaces"),
    Matches(
        "(obs|s3)://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?",
        "uri must be obs://bucket/path/ or s3://bucket/path/, the bucket 3 to 63 lower-case letters, digits, "
        "'-' and '.'",
    ),
]


class Store(ApiModel):
    """How object storage is reached."""

    endpoint: (
        Annotated[
            str,
            Field(max_length=512),
            Matches(
                f"https?://({_HOST_NAME}|{_IPV6})({_PORT})?/?",
                "endpoint must be http(s)://host[:port], without user, path or query",
            ),
        ]
        | None
    ) = None
    """Address of the store, for example `https://obs.cn-north-4.myhuaweicloud.com`. Default: AWS S3 of the region."""
    region: (
        Annotated[
            str,
            Field(max_length=64),
            Matches(
                "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?",
                "a region consists of lower-case letters, digits and '-', for example cn-north-4",
            ),
        ]
        | None
    ) = None
    """Region for signing requests. Default `us-east-1`, which stores without regions accept."""
    addressing: Literal["Auto", "Path", "Virtual"] = "Auto"
    """How the bucket is named in requests: in the host (Virtual) or in the path (Path). Auto: Path for IP addresses,
    single-label hosts and Services of a cluster, else Virtual."""
    credentials_secret_ref: LocalReference | None = None
    """Secret of this namespace with `accessKeyId` and `secretAccessKey` (optional `sessionToken`), or the AWS or OBS
    spellings of these. Absent: anonymous access."""
    ca_bundle_ref: CaBundleReference | None = None
    """Authorities that may vouch for the store, beside the public ones. The store's certificate is always checked."""


Digest = Annotated[
    str,
    Field(max_length=71),
    Matches("sha256:[0-9a-f]{64}", "digest must be sha256: and 64 lower-case hexadecimal digits"),
]


class ObsSource(Store):
    """A model package in object storage: Huawei OBS or any S3-compatible store."""

    uri: PackageUri
    """Folder of the package, for example `obs://models/mnist/1.0.0/`. It or its `model/` holds config.json."""
    digest: Digest | None = None
    """Digest of the content that is expected there, as `status.artifact.digest` of the version that was promoted.
    Another content is refused."""


class JobOutput(ApiModel):
    """Where a training job writes."""

    uri: PackageUri
    """Folder of the package that the job writes, for example `obs://models/mnist/run-7/`."""


class JobTemplate(ApiModel):
    """The InferenceTemplate that makes a package of what a training job wrote."""

    name: NameString
    """The template. What it says when the artifact is pinned counts."""
    mode: Mode | None = None
    """What a prediction takes and gives, where the template lets a version choose. Default: the template's mode."""
    input: InputName = "model"
    """The template's input that the output is."""


class TrainingJobSource(Store):
    """The package that a training job of this namespace writes, imported once the job has succeeded."""

    api_version: (
        Annotated[
            str,
            Field(max_length=317),
            Matches(
                "([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?v[0-9]+((alpha|beta)[0-9]+)?",
                "apiVersion is written group/version, for example kubeflow.org/v1",
            ),
        ]
        | None
    ) = None
    """Group and version of the job. Default: those of the kind, of several the first that the operator knows."""
    kind: Annotated[
        str,
        Field(max_length=63),
        Matches("[A-Z][A-Za-z0-9]*", "a kind consists of letters and digits and starts with a capital letter"),
    ] = "Job"
    """Kind of the job, for example `PyTorchJob`. An administrator says which kinds the operator reads
    (AIAPP_TRAINING_JOB_KINDS)."""
    name: NameString
    """Name of the job."""
    uid: (
        Annotated[
            str,
            Field(max_length=64),
            Matches("[0-9A-Za-z][-0-9A-Za-z]*", "uid is the metadata.uid of the job: letters, digits and '-'"),
        ]
        | None
    ) = None
    """The job's `metadata.uid`. Default: that of the job which has the name when the operator first looks."""
    output: JobOutput | None = None
    """Where the job writes. Default: what the job's own environment or arguments say by a name such as `train_url` or
    `OUTPUT_PATH`."""
    template: JobTemplate | None = None
    """For an output without config.json or code, as built-in algorithms write it: the template that supplies them."""
    recorded_env: Annotated[
        tuple[Annotated[str, Field(max_length=128)], ...], Field(max_length=64, json_schema_extra=SET)
    ] = ()
    """Environment variables of the job whose values are kept as provenance, for example `[EPOCHS, SEED]`; of all others
    only the names are."""


class ImageSource(ApiModel):
    """A container image that holds model and server. Pods always run the digest that was pinned."""

    reference: ImageReference
    """The image, for example `swr.cn-north-4.myhuaweicloud.com/team/detector:1.0`. Secrets for its registry are
    `container.imagePullSecrets`."""
    replicate: bool | None = None
    """Whether it is copied to the installation's own registry, so that nothing which happens to the original hurts.
    Default: true where the operator has a registry (AIAPP_REGISTRY), else false."""
    plain_http: bool = False
    """Whether the operator asks the registry without TLS; its settings have to allow that."""
    ca_bundle_ref: CaBundleReference | None = None
    """Authorities that may vouch for the registry, beside the public ones. Nodes have trust settings of their own."""


class InputFolder(ApiModel):
    """Model files for a template."""

    name: InputName
    """Name of one of the template's inputs."""
    uri: PackageUri
    """Folder of the files, for example `obs://models/iris/1.0.0/`; all inputs lie in one bucket."""


class TemplateSource(Store):
    """Model files in object storage, which an InferenceTemplate makes a package of."""

    name: NameString
    """The InferenceTemplate. What it says when the artifact is pinned counts; its later changes do not."""
    mode: Mode | None = None
    """What a prediction takes and gives, where the template lets a version choose. Default: the template's mode."""
    inputs: Annotated[
        tuple[InputFolder, ...],
        Field(
            min_length=1,
            max_length=16,
            json_schema_extra=map_list("name")
            | rules(
                rule(
                    "self.all(i, i.uri.split('/')[2] == self[0].uri.split('/')[2])",
                    "the inputs of a template lie in one bucket: copy those of others there",
                )
            ),
        ),
    ]
    """The model files, by the names of the template's inputs."""
    digest: Digest | None = None
    """Digest of the whole package, as `status.artifact.digest` of the version that was promoted. Another content is
    refused."""


class ProjectJob(ApiModel):
    """The training job of an ExeML project, which need not exist any more."""

    api_version: Annotated[str, Field(max_length=317)]
    """Group and version of the job."""
    kind: Annotated[str, Field(max_length=63)]
    """Kind of the job."""
    name: NameString
    """Name of the job."""
    uid: Annotated[str, Field(max_length=64)]
    """The job's `metadata.uid`."""


class ExeMLSource(ApiModel):
    """A model of an automatic learning (ExeML) project. Only the operator registers one, and says not where it lies."""

    project: NameString
    """The project."""
    job: ProjectJob
    """The training job that made the model."""


SourceVariant: TypeAlias = ObsSource | ImageSource | TrainingJobSource | TemplateSource | ExeMLSource
"""Every kind of source that this operator imports from; each match over it is exhaustive."""
SourceType = Literal["Obs", "Image", "TrainingJob", "Template", "ExeML"]
"""Their names in a status."""
_OF_PACKAGES: Final = (
    ConditionType.SOURCE_RESOLVED,
    ConditionType.PACKAGE_VALID,
    ConditionType.ARTIFACT_PINNED,
    ConditionType.RUNTIME_RESOLVED,
)
READY_CONDITIONS: Final[Mapping[SourceType, tuple[ConditionType, ...]]] = {
    "Obs": _OF_PACKAGES,
    "Template": _OF_PACKAGES,
    "Image": (ConditionType.SOURCE_RESOLVED, ConditionType.ARTIFACT_PINNED),
    "TrainingJob": _OF_PACKAGES,
    "ExeML": _OF_PACKAGES,
}
"""The conditions that make a version Ready, by the type of its source, in the order in which they come to be True. The
import ends with ArtifactPinned.
"""
FIXED_FIELDS: Final = {
    "obs": ("uri", "endpoint", "region", "addressing", "digest"),
    "image": ("reference", "replicate"),
    "trainingJob": ("apiVersion", "kind", "name", "uid", "output", "template", "endpoint", "region", "addressing"),
    "template": ("name", "mode", "inputs", "endpoint", "region", "addressing", "digest"),
    "exeML": ("project", "job"),
}
"""Fields of a source that are immutable once the artifact is pinned; how it is reached may change at any time."""


_EXACTLY_ONE: Final = "source names exactly one of obs, image, trainingJob, template and exeML"


class Source(ApiModel):
    """Where the model comes from; exactly one kind."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "has(self.obs) || has(self.image) || has(self.trainingJob) || has(self.template) || has(self.exeML)",
                "source must say where the model comes from: obs, image, trainingJob or template",
                at="obs",
                reason=REQUIRED,
            ),
            rule(
                "!(has(self.obs) && has(self.image))",
                _EXACTLY_ONE,
                at="image",
                reason="FieldValueForbidden",
            ),
            rule(
                "!has(self.trainingJob) || !(has(self.obs) || has(self.image))",
                _EXACTLY_ONE,
                at="trainingJob",
                reason="FieldValueForbidden",
            ),
            rule(
                "!has(self.template) || !(has(self.obs) || has(self.image) || has(self.trainingJob))",
                _EXACTLY_ONE,
                at="template",
                reason="FieldValueForbidden",
            ),
            rule(
                "!has(self.exeML)"
                " || !(has(self.obs) || has(self.image) || has(self.trainingJob) || has(self.template))",
                _EXACTLY_ONE,
                at="exeML",
                reason="FieldValueForbidden",
            ),
        )
    )

    obs: ObsSource | None = None
    """A model package in object storage."""
    image: ImageSource | None = None
    """A container image."""
    training_job: TrainingJobSource | None = None
    """The output of a training job."""
    template: TemplateSource | None = None
    """Model files, which a template makes a package of."""
    exe_ml: Annotated[ExeMLSource | None, Field(alias="exeML")] = None
    """The model of an ExeML project. The operator writes it, and nobody else may."""

    @property
    def variant(self) -> SourceVariant | None:
        """The one that is set; None where that is none which this operator knows."""
        return self.obs or self.image or self.training_job or self.template or self.exe_ml
