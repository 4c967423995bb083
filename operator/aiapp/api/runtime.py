"""InferenceRuntime: an entry of the catalogue of serving images. Types only."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from aiapp.api.image import ImageReference
from aiapp.api.meta import (
    ATOMIC,
    SET,
    ApiModel,
    Conditions,
    Env,
    ResourceName,
    RuntimeNameString,
    User,
    rule,
    rules,
)
from aiapp.api.runtime_server import ChipName, ImageChoice, RuntimeServer


class RuntimeSpec(ApiModel):
    """A serving image and how it is started."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "!has(self.images) || (!has(self.image) && !has(self.chips))",
                "images says for each image the chips that it is for: leave out image and chips",
                at="images",
                reason="FieldValueForbidden",
            ),
            rule(
                "!has(self.server) || !has(self.command)",
                "command starts the platform's model server, server is another one: server.prelude and server.command "
                "start it",
                at="command",
                reason="FieldValueForbidden",
            ),
        )
    )

    name: RuntimeNameString
    """Full name by the grammar engine-hardware-python-os-architecture[-chip]."""
    aliases: (
        Annotated[
            tuple[RuntimeNameString, ...],
            Field(max_length=16, json_schema_extra=SET),
        ]
        | None
    ) = None
    """Other names that config.json files use for it, for example `python3.7`."""
    image: ImageReference | None = None
    """Image reference. Unset: versions that use the runtime wait with ImageNotConfigured until an administrator sets
    it."""
    images: Annotated[tuple[ImageChoice, ...], Field(min_length=1, max_length=16, json_schema_extra=ATOMIC)] | None = (
        None
    )
    """Instead of `image`: images for different chips and architectures. A rollout takes the one for which most nodes
    fit, and its pods go to such nodes only."""
    server: RuntimeServer | None = None
    """The server that the image brings, and how it is started. Absent: the platform's model server, which the Python in
    the image runs."""
    lifecycle: Literal["Recommended", "Supported", "Deprecated", "Removed"] = "Supported"
    """Recommended: the unified images. Deprecated: to be discontinued. Removed: no longer maintained, refused for new
    versions."""
    python: Annotated[str, Field(min_length=1, max_length=256)] = "python3"
    """Python interpreter in the image: a name on its PATH or an absolute path."""
    command: (
        Annotated[
            tuple[Annotated[str, Field(max_length=1024)], ...],
            Field(max_length=16, json_schema_extra=ATOMIC),
        ]
        | None
    ) = None
    """Prefix that prepares the environment and then runs what follows it, for example
    `[/bin/bash, -c, '. /usr/local/Ascend/ascend-toolkit/set_env.sh && exec "$0" "$@"']`."""
    env: Env | None = None
    """Environment variables of every pod with this runtime."""
    user: User | None = None
    """User of the container. Default: 1000 and group 1000, the owner of Ascend devices."""
    npu_resource_name: ResourceName | None = None
    """Extended resource to ask for. Default: the one that the nodes which fit offer."""
    chips: Annotated[tuple[ChipName, ...], Field(min_length=1, max_length=16, json_schema_extra=SET)] | None = None
    """Ascend chip families that the image was made for, any of them, for example `[Ascend950]`; only for CANN runtimes.
    Default: the one that the name has as a token such as `snt9b`."""


class RuntimeObjectStatus(ApiModel):
    """The parts of the name."""

    observed_generation: Annotated[int, Field(ge=0)] | None = None
    """The generation of the spec that this status speaks of."""
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
    chip: Annotated[str, Field(max_length=32)] | None = None
    """Ascend chip family that the runtime is made for."""
    pod_security: Literal["restricted", "baseline", "privileged"] | None = None
    """The strictest level of the Pod Security Standards that admits pods of this runtime."""
    conditions: Conditions = ()
    """Ready; NodeFactsValid where an administrator has a ConfigMap of node facts; while it applies Stalled."""


class InferenceRuntime(ApiModel):
    """A serving image in the catalogue, and the engine, accelerator software, Python and system it is made for."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "self.metadata.name == self.spec.name.lowerAscii().replace('_', '-')",
                "metadata.name must be spec.name in lower case with '-' for '_'",
                at="metadata.name",
            ),
        )
    )

    spec: RuntimeSpec
    """The image and how it is started."""
    status: RuntimeObjectStatus = RuntimeObjectStatus()
    """The parts of its name."""
