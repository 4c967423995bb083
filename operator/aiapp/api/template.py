"""InferenceTemplate: how model files become a package without a config.json of their own. Types only."""

from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field

from aiapp.api.meta import ATOMIC, SET, ApiModel, Conditions, Matches, RuntimeNameString, map_list, rule, rules

Mode = Literal["ObjectDetection", "ImageProcessing", "PredictiveAnalytics", "Undefined"]
"""What a prediction takes and gives: a template's input and output mode."""
DeploymentType = Literal["RealTime", "Batch"]
Engine = Literal["TensorFlow", "PyTorch", "MindSpore", "ONNX", "Scikit_Learn", "XGBoost", "Custom"]

_FILE_NAME: Final = "[A-Za-z0-9_][-A-Za-z0-9_.]*(/[A-Za-z0-9_][-A-Za-z0-9_.]*)*"
_FILE_NAME_RULE: Final = (
    "the name of a template's file is a relative path of letters, digits, '-', '_' and '.', no part of which starts "
    "with '.' or '-'"
)
InputName = Annotated[
    str,
    Field(max_length=63),
    Matches(
        "[a-z0-9]([-a-z0-9]*[a-z0-9])?",
        "the name of an input consists of lower-case letters, digits and '-', with a letter or digit at both ends",
    ),
]
FileText = Annotated[str, Field(max_length=65536)]
Pattern = Annotated[
    str,
    Field(min_length=1, max_length=128),
    Matches("[^/\\\\]+(/[^/\\\\]+)*", "a pattern is a relative path, for example *.pkl or **/model.om"),
]


class TemplateInput(ApiModel):
    """Model files that a version has to name, or may."""

    name: InputName
    """What they are to the template, for example `model`."""
    description: Annotated[str, Field(max_length=1024)] | None = None
    """What they are, for who imports a model."""
    target: Annotated[
        str,
        Field(max_length=256),
        Matches(
            f"({_FILE_NAME}/?)?",
            "a target is the path of a file in the package, or of a folder with '/' at its end, or empty: the "
            "package's root",
        ),
    ] = ""
    """Where they lie in the package. A folder (`/` at the end, or empty for the package's root) takes everything under
    the input's `uri`; a file takes the one object there that matches `patterns`."""
    patterns: Annotated[tuple[Pattern, ...], Field(min_length=1, max_length=16, json_schema_extra=ATOMIC)] | None = None
    """Of a folder, at least one object has to match one of these; of a file, exactly one object. `*` and `?` stand for
    characters but `/`, `**` for any folders. Default: any object."""
    required: bool = True
    """Whether a version has to name them."""


class Handlers(ApiModel):
    """Inference code for each mode."""

    object_detection: FileText | None = None
    """A `customize_service.py` for the mode ObjectDetection."""
    image_processing: FileText | None = None
    """A `customize_service.py` for the mode ImageProcessing."""
    predictive_analytics: FileText | None = None
    """A `customize_service.py` for the mode PredictiveAnalytics."""
    undefined: FileText | None = None
    """A `customize_service.py` for the mode Undefined."""


class TemplateSpec(ApiModel):
    """What a package consists of beside the model files of a version."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "has(self.mode) != (has(self.files) && 'config.json' in self.files)",
                "a template has either a config.json among its files, or the mode that one is made from",
                at="mode",
            ),
            rule(
                "has(self.mode) || !has(self.overridable) || !self.overridable",
                "only a mode can be overridable, and this template has a config.json",
                at="overridable",
            ),
            rule(
                "!has(self.mode) || self.mode != 'Undefined' || !has(self.deploymentTypes)"
                " || !('Batch' in self.deploymentTypes)",
                "nothing is known of what the mode Undefined takes and gives: it has no Batch",
                at="deploymentTypes",
            ),
        )
    )

    description: Annotated[str, Field(max_length=1024)] | None = None
    """What it is for."""
    engine: Engine
    """The `model_type` of its packages."""
    runtime: RuntimeNameString
    """Name of the InferenceRuntime of its packages; `runtime` of a version may say another."""
    mode: Mode | None = None
    """What a prediction takes and gives; a config.json is made from it."""
    overridable: bool = False
    """Whether a version may choose another mode."""
    files: (
        Annotated[
            dict[str, FileText],
            Field(
                max_length=16,
                json_schema_extra=rules(
                    rule(f"self.all(name, name.size() <= 256 && name.matches('^{_FILE_NAME}$'))", _FILE_NAME_RULE),
                ),
            ),
        ]
        | None
    ) = None
    """Files of every package, by their paths: inference code and what it needs, or a config.json instead of a mode. At
    most 64 KiB each."""
    handlers: Handlers | None = None
    """The `customize_service.py` of packages that have none of their own, by mode."""
    inputs: Annotated[
        tuple[TemplateInput, ...],
        Field(
            min_length=1,
            max_length=16,
            json_schema_extra=map_list("name")
            | rules(
                rule(
                    "self.all(a, self.exists_one(b, (has(a.target) ? a.target : '')"
                    " == (has(b.target) ? b.target : '')))",
                    "two inputs may not have the same target",
                )
            ),
        ),
    ]
    """The model files that it expects."""
    deployment_types: (
        Annotated[tuple[DeploymentType, ...], Field(min_length=1, max_length=2, json_schema_extra=SET)] | None
    ) = None
    """How its packages may be deployed. Default: both, but for the mode Undefined only RealTime."""


class TemplateObjectStatus(ApiModel):
    """Whether versions can use it."""

    observed_generation: Annotated[int, Field(ge=0)] | None = None
    """The generation of the spec that this status speaks of."""
    conditions: Conditions = ()
    """Ready; while it applies Stalled."""


class InferenceTemplate(ApiModel):
    """How model files become a package without a config.json of their own: engine, runtime, mode and code."""

    spec: TemplateSpec
    """What a package consists of."""
    status: TemplateObjectStatus = TemplateObjectStatus()
    """Whether versions can use it."""
