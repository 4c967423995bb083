"""The container that serves a version: its defaults, and the interface of an image of the user's own. Types only."""

from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field

from aiapp.api.image import ImageReference
from aiapp.api.meta import (
    ATOMIC,
    SHARED_MEMORY_FITS,
    ApiModel,
    CaBundleReference,
    Env,
    LocalReference,
    Matches,
    Npu,
    Port,
    Quantity,
    Resources,
    User,
    Workers,
    rule,
    rules,
)
from aiapp.api.parameters import ServerParameters

Words = Annotated[
    tuple[Annotated[str, Field(max_length=4096)], ...],
    Field(min_length=1, max_length=64, json_schema_extra=ATOMIC),
]
Seconds = Annotated[int, Field(ge=1, le=2_147_483_647)]


_SPECIFIER: Final = r"\s*(===?|[<>~!]=|[<>])\s*[A-Za-z0-9.*+!_-]+"
_PART: Final = "[A-Za-z0-9_+@-][A-Za-z0-9_+.@-]*"
Requirement = Annotated[
    str,
    Field(max_length=256),
    Matches(
        rf"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?(\[[A-Za-z0-9._, -]*\])?({_SPECIFIER}(\s*,{_SPECIFIER})*)?"
        rf"|(-r )?\./({_PART}/)*{_PART}",
        "a dependency is a requirement such as numpy or 'numpy>=1.21,<2', or a file of the package such as ./a.whl or "
        "'-r ./requirements.txt'",
    ),
]


OF_IMAGES: Final = ("command", "args", "port", "protocol", "health", "metrics", "user")
"""Fields of a container that only count where an image of the user's own serves."""


class ContainerHealth(ApiModel):
    """How a container says that it can serve: over HTTP or by a command. The defaults are ModelArts'."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "!has(self.path) || !has(self.command)",
                "health asks either a path or a command, not both",
                at="command",
                reason="FieldValueForbidden",
            ),
        )
    )

    path: (
        Annotated[
            str,
            Field(max_length=256),
            Matches("/[^ \t\r\n]*", "the path of a health check starts with '/' and has no spaces"),
        ]
        | None
    ) = None
    """Path that answers 2xx or 3xx while it can serve. Default: `/health`."""
    command: Words | None = None
    """Command in the container that ends with 0 while it can serve."""
    initial_delay_seconds: Annotated[int, Field(ge=0, le=2_147_483_647)] = 12
    """Seconds from the start to the first check."""
    period_seconds: Seconds = 5
    """Seconds between checks, once the first one has succeeded; before, 5."""
    timeout_seconds: Seconds = 5
    """Seconds that a check may take."""
    failure_threshold: Seconds = 12
    """Failures in a row after which it gets no requests until a check succeeds. It is not restarted."""


class ImageRegistry(ApiModel):
    """How the operator reaches the registry of an image that serves a package. Nodes have settings of their own."""

    plain_http: bool = False
    """Whether it asks the registry without TLS; its settings have to allow that."""
    ca_bundle_ref: CaBundleReference | None = None
    """Authorities that may vouch for the registry, beside the public ones."""
    replicate: bool | None = None
    """Whether the image is copied to the installation's own registry before it is pinned. Default: true where the
    operator has a registry (AIAPP_REGISTRY), else false."""


class Container(ApiModel):
    """Defaults for the pods that serve this version; `serving.versions` of the application may override them. An image
    of the user's own is described by command, port, protocol and health as well.
    """

    model_config = ConfigDict(
        json_schema_extra=rules(
            SHARED_MEMORY_FITS,
            rule(
                "!has(self.parameters) || !has(self.image)",
                "parameters are for the server of a runtime: give an image of your own its args",
                at="parameters",
                reason="FieldValueForbidden",
            ),
        )
    )

    image: ImageReference | None = None
    """Instead of a runtime: your own image, which serves the package (engine Custom). It finds the package at
    `/home/mind/model`. Needs a source that has a package."""
    image_registry: ImageRegistry | None = None
    """How the operator reaches the registry of `image`, or of the image that the package's config.json names."""
    command: Words | None = None
    """What the container starts, instead of the image's entry point; for images of your own. As everywhere in
    Kubernetes, `$(NAME)` stands for a variable of the container, and `$$(NAME)` for that text itself."""
    args: Words | None = None
    """Arguments of the entry point, instead of the image's; for images of your own. `$(NAME)` as in `command`."""
    port: Port | None = None
    """Port on which it serves; for images of your own. Default: the one that the image exposes, else 8080."""
    protocol: Literal["HTTP", "HTTPS"] | None = None
    """How it serves there; for images of your own. Default: HTTP."""
    health: ContainerHealth | None = None
    """How it says that it can serve; for images of your own. Default: a connection to its port."""
    metrics: bool | None = None
    """Whether that port answers `/metrics` for Prometheus; for images of your own. Default: false, and it is not
    asked."""
    user: User | None = None
    """User and group that it runs as; for images of your own. Default: the image's user if that is a number and not 0,
    else 1000 and 1000, who may open Ascend devices."""
    env: Env | None = None
    """Additional environment variables."""
    resources: Resources | None = None
    """CPU and memory."""
    npu: Npu | None = None
    """NPUs of one pod. A CANN runtime without it gets one."""
    parameters: ServerParameters | None = None
    """What a server that the runtime brings is asked for."""
    workers: Workers | None = None
    """Processes of the model server in one pod, each with the model; they share out the pod's NPUs. Default: 1."""
    dependencies: Annotated[tuple[Requirement, ...], Field(max_length=64, json_schema_extra=ATOMIC)] | None = None
    """What is installed with pip for the model server, in this order, instead of the `dependencies` of config.json, for
    example `["numpy<2", "./extra.whl"]`: a new version of the same content, after an installation has failed. Empty:
    nothing."""
    shared_memory: Quantity | None = None
    """Size of `/dev/shm`, for example 1Gi: kept in memory, so part of the memory limit. Default: what the container
    runtime gives, usually 64Mi. Frameworks with several processes need more."""
    image_pull_secrets: (
        Annotated[
            tuple[LocalReference, ...],
            Field(max_length=8, json_schema_extra=ATOMIC),
        ]
        | None
    ) = None
    """Secrets of this namespace for pulling the image; the operator asks the registry with them too."""
