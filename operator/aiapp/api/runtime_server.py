"""The server that a runtime's image brings, and how it is started, asked and stopped. Types only."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field

from aiapp.api.container import Words
from aiapp.api.image import ImageReference
from aiapp.api.meta import (
    ATOMIC,
    SET,
    AccountId,
    ApiModel,
    Matches,
    Port,
    Quantity,
    VariableName,
    map_list,
    rule,
    rules,
)
from aiapp.api.parameters import Dtype, ServerParameters

PLACEHOLDERS: Final[Mapping[str, str]] = {
    "modelPath": "folder of the model's files",
    "port": "port of `ports[name=service]`, on which predictions are answered",
    "managementPort": "port of `ports[name=management]`",
    "metricsPort": "port of `ports[name=metrics]`",
    "servedName": "`parameters.servedName`, else the application's name",
    "application": "name of the AIApplication",
    "version": "version number",
    "npuCount": "NPUs of the pod; 0 without any",
    "npuIds": "their numbers within the pod, `0,1,2,3`",
    "tensorParallelSize": "`parameters.tensorParallelSize`, else the pod's NPUs, at least 1",
    "contextLength": "`parameters.contextLength`",
    "dtype": "`parameters.dtype`",
}
"""Every placeholder `{name}`, and what stands in its place. Never a new meaning for an old one."""


def _template_pattern() -> str:
    """Text in which each `{word}` is a placeholder. Other braces, such as those of JSON, are no placeholders."""
    known = rf"({'|'.join(PLACEHOLDERS)})\}}[^{{]*"
    no_word = r"([^A-Za-z{][^{]*)?"
    no_end = r"[A-Za-z][A-Za-z0-9]*([^A-Za-z0-9{}][^{]*)?"
    return rf"[^{{]*(\{{({known}|{no_word}|{no_end}))*"


MAX_FILES_BYTES: Final = 160 << 10
"""Of all files of a server, which are annotations of its pods: they may have 256 KiB, with a user's among them."""
TEMPLATE: Final = Matches(
    _template_pattern(),
    f"a word in braces is a placeholder, one of {', '.join(f'{{{name}}}' for name in PLACEHOLDERS)}",
)
Template = Annotated[str, Field(max_length=4096), TEMPLATE]
Templates = Annotated[tuple[Template, ...], Field(min_length=1, max_length=64, json_schema_extra=ATOMIC)]
FilePath = Annotated[
    str,
    Field(max_length=256),
    Matches(
        "(/[A-Za-z0-9_+-][A-Za-z0-9._+-]*)+",
        "a path in the image is absolute, of letters, digits, '.', '_', '+' and '-', no part of it starting with '.'",
    ),
]
ChipName = Annotated[
    str,
    Field(max_length=32),
    Matches(
        "[A-Za-z0-9]([-._A-Za-z0-9]*[A-Za-z0-9])?",
        "a chip family is written as in the facts about nodes, for example Ascend910B or Ascend950",
    ),
]
ProbePath = Annotated[
    str,
    Field(max_length=256),
    Matches("/[^ \t\r\n]*", "the path of a probe starts with '/' and has no spaces"),
]
PortName = Literal["service", "management", "metrics"]
Seconds = Annotated[int, Field(ge=1, le=86_400)]


class ImageChoice(ApiModel):
    """One of the images of a runtime, and the nodes that it is for."""

    image: ImageReference | None = None
    """Image reference. Unset: these nodes are left out until an administrator sets it."""
    chips: Annotated[tuple[ChipName, ...], Field(min_length=1, max_length=16, json_schema_extra=SET)] | None = None
    """Ascend chip families that it was made for, any of them. Default: the one that the runtime's name means."""
    architectures: (
        Annotated[
            tuple[Literal["arm64", "amd64"], ...],
            Field(min_length=1, max_length=2, json_schema_extra=SET),
        ]
        | None
    ) = None
    """Processor architectures that the reference has images for. Default: the one in the runtime's name."""
    cann: Annotated[str, Field(max_length=32), Matches("[0-9][.0-9A-Za-z]*", "a CANN release, for example 9.1.0")] | (
        None
    ) = None
    """CANN release in it. Default: the one in the runtime's name."""
    npu_counts: (
        Annotated[
            tuple[Annotated[int, Field(ge=1, le=64)], ...],
            Field(min_length=1, max_length=32, json_schema_extra=SET),
        ]
        | None
    ) = None
    """Numbers of NPUs that one pod may have with it. Default: those that the nodes grant."""
    dtypes: Annotated[tuple[Dtype, ...], Field(min_length=1, max_length=8, json_schema_extra=SET)] | None = None
    """Number formats that it computes in on these chips. Default: all."""


_OWN_PLACES: Final = [
    "/home/mind",
    "/home/ma-user",
    "/opt/aiapp",
    "/opt/aiapp-dependencies",
    "/tmp",  # noqa: S108 - a place in pods
    "/dev",
    "/proc",
    "/sys",
    "/etc/hosts",
    "/etc/hostname",
    "/etc/resolv.conf",
    "/run/secrets",
    "/var/run",
]
"""Where pods have something of their own: as a folder, in one, or around one, a file would be in its way."""


class ServerFile(ApiModel):
    """A file that the server finds in its container."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                f"{_OWN_PLACES}.all(own, self.path != own && !self.path.startsWith(own + '/') && "
                "!own.startsWith(self.path + '/'))",
                "path: the pod has something of its own there (the package below /home/mind and /home/ma-user, the "
                "server in /opt/aiapp, libraries in /opt/aiapp-dependencies, /tmp, devices, /etc/hosts and what else "
                "Kubernetes puts there): choose another path",
                at="path",
            ),
        )
    )

    path: FilePath
    """Where it lies."""
    text: Annotated[str, Field(min_length=1, max_length=16_384), TEMPLATE]
    """What it says, with placeholders. A version that has no value for one of them waits with ParameterMissing."""


class ServerVariable(ApiModel):
    """An environment variable of the server."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule("has(self.value) != has(self.fieldPath)", "a variable has exactly one of value and fieldPath"),
        )
    )

    name: VariableName
    """Name of the variable; those of the runtime's, the version's and the application's `env` override it."""
    value: Template | None = None
    """Its value, with placeholders; left out where one has no value."""
    field_path: (
        Annotated[
            str,
            Field(max_length=320),
            Matches(
                r"metadata\.(name|namespace|uid)|metadata\.(annotations|labels)\['[-._/A-Za-z0-9]+'\]"
                r"|spec\.(nodeName|serviceAccountName)|status\.(podIP|podIPs|hostIP|hostIPs)",
                "fieldPath is a field of the pod that Kubernetes gives to containers, for example status.podIP",
            ),
        ]
        | None
    ) = None
    """Takes the value from a field of the pod, for example `status.podIP`."""


class ServerPort(ApiModel):
    """A port on which the server listens."""

    name: PortName
    """What it is for: predictions (service), health and control (management), or metrics."""
    port: Port
    """Number."""
    scheme: Literal["HTTP", "HTTPS"] = "HTTP"
    """How it is spoken to."""


class ServerProbe(ApiModel):
    """How the server is asked for its state."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule("has(self.path) != has(self.command)", "a probe has exactly one of path and command"),
            rule(
                "!has(self.port) || has(self.path)",
                "port: a probe by command asks no port",
                at="port",
                reason="FieldValueForbidden",
            ),
        )
    )

    path: Annotated[ProbePath, TEMPLATE] | None = None
    """Path that answers 2xx or 3xx if all is well; with placeholders."""
    port: PortName | None = None
    """The port that is asked. Default: service."""
    command: Words | None = None
    """Command in the container that ends with 0 if all is well."""
    period_seconds: Seconds = 5
    """Seconds between two questions."""
    timeout_seconds: Seconds = 5
    """Seconds that an answer may take."""
    failure_threshold: Seconds = 3
    """Failures in a row that count; a startup probe has as many as fit into the start."""


class ServerStop(ApiModel):
    """What is done before the server is sent SIGTERM."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "[has(self.path), has(self.command), has(self.waitSeconds)].filter(one, one).size() == 1",
                "stop says exactly one of path, command and waitSeconds",
            ),
        )
    )

    path: ProbePath | None = None
    """Path that is asked for with GET."""
    port: PortName | None = None
    """Its port. Default: service."""
    command: Words | None = None
    """Command in the container."""
    wait_seconds: Annotated[int, Field(ge=0, le=3600)] | None = None
    """Seconds in which it goes on as before: as long as the cluster takes to forget the pod. Needs `sleep` in the
    image; 0: none."""


class DriverMounts(ApiModel):
    """How the driver's libraries come into the container."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "!has(self.paths) || self.origin == 'HostPath'",
                "paths: the container runtime mounts what it wants; paths are for origin HostPath",
                at="paths",
                reason="FieldValueForbidden",
            ),
        )
    )

    origin: Literal["Runtime", "HostPath"] = "Runtime"
    """Runtime: the nodes' Ascend Docker Runtime mounts them. HostPath: the pod does, where there is none; PodSecurity
    has to let it (`privileged`). Never both on one node."""
    paths: (
        Annotated[
            tuple[FilePath, ...],
            Field(min_length=1, max_length=16, json_schema_extra=SET),
        ]
        | None
    ) = None
    """Files and folders of the node, mounted read-only where they lie. Default: those that the facts about nodes list
    for the chip family."""


_PORTS: Final = tuple(
    rule(
        f"!has(self.{probe}) || !has(self.{probe}.port) || self.{probe}.port == 'service'"
        f" || (has(self.ports) && self.ports.exists(p, p.name == self.{probe}.port))",
        f"{probe}: ports has none of that name",
        at=probe,
    )
    for probe in ("startup", "readiness", "liveness", "stop")
)


_FILES_APART: Final = rule(
    "!has(self.files) || self.files.all(a, self.files.all(b, !b.path.startsWith(a.path + '/')))",
    "files: the path of one lies below that of another one, which is a file",
    at="files",
)
_FILES_SHORT: Final = rule(
    f"!has(self.files) || self.files.map(f, bytes(f.text).size()).sum() <= {MAX_FILES_BYTES}",
    f"files: all of them may have {MAX_FILES_BYTES >> 10} KiB in UTF-8, since pods have them as annotations: shorten "
    "them, or put what is long into the image",
    at="files",
)
_FILES_BESIDE_DRIVER: Final = rule(
    "!has(self.files) || !has(self.driver) || !has(self.driver.paths) || self.files.all(f, self.driver.paths.all(d, "
    "f.path != d && !f.path.startsWith(d + '/') && !d.startsWith(f.path + '/')))",
    "files: the driver is mounted there (driver.paths): choose another path",
    at="files",
)


class RuntimeServer(ApiModel):
    """The server that the image of a runtime brings. Pods run it instead of the platform's model server."""

    model_config = ConfigDict(json_schema_extra=rules(*_PORTS, _FILES_APART, _FILES_SHORT, _FILES_BESIDE_DRIVER))

    protocol: Literal["OpenAI", "OpenInferenceV2", "Plain"] = "Plain"
    """What clients speak with it: the OpenAI API, the Open Inference Protocol (v2), or something of its own."""
    prelude: Annotated[tuple[FilePath, ...], Field(min_length=1, max_length=8, json_schema_extra=ATOMIC)] | None = None
    """Scripts that are sourced by `/bin/bash` before it starts."""
    command: Templates
    """What is started, with placeholders."""
    args: Templates | None = None
    """Its arguments, with placeholders. One with a placeholder that has no value is left out."""
    parameters: ServerParameters | None = None
    """Parameters where a version sets none."""
    files: Annotated[tuple[ServerFile, ...], Field(min_length=1, max_length=8, json_schema_extra=map_list("path"))] | (
        None
    ) = None
    """Configuration files; with every value in its place all of them may have 160 KiB in UTF-8."""
    file_mode: Literal["0640", "0600"] | None = None
    """Mode of the model's files for servers that refuse files which others may read; folders may be entered by whoever
    may read. Default: 0644."""
    env: (
        Annotated[tuple[ServerVariable, ...], Field(min_length=1, max_length=64, json_schema_extra=map_list("name"))]
        | None
    ) = None
    """Environment variables beside `spec.env`."""
    ports: Annotated[tuple[ServerPort, ...], Field(min_length=1, max_length=3, json_schema_extra=map_list("name"))] | (
        None
    ) = None
    """Ports. Default: service on 8080."""
    readiness: ServerProbe
    """Whether it can answer predictions now; pods that cannot get none."""
    startup: ServerProbe | None = None
    """Whether it has started. Default: as readiness."""
    liveness: ServerProbe | None = None
    """Whether it still works; else it is restarted. Default: it is not asked."""
    metrics: bool | None = None
    """Whether its port `service` answers `/metrics` for Prometheus, where no port is named `metrics`. Default: true for
    OpenAI and OpenInferenceV2, false for Plain."""
    start_seconds: Seconds | None = None
    """Seconds that a start may take where `serving.deployTimeoutSeconds` allows fewer."""
    stop: ServerStop | None = None
    """What is done before SIGTERM. Default: it goes on for 20 seconds."""
    termination_grace_period_seconds: Annotated[int, Field(ge=1, le=3600)] = 90
    """Seconds that a pod may take to end, `stop` included; `serving.pod` of an application may set another number."""
    shared_memory: Quantity | None = None
    """Size of `/dev/shm` where neither version nor application sets one. It counts in the memory limit."""
    groups: (
        Annotated[
            tuple[AccountId, ...],
            Field(min_length=1, max_length=16, json_schema_extra=SET),
        ]
        | None
    ) = None
    """Supplementary groups of the container, beside that of the devices (1000)."""
    capabilities: (
        Annotated[
            tuple[
                Annotated[
                    str,
                    Field(max_length=32),
                    Matches("[A-Z][A-Z_]*[A-Z]", "a capability is written without CAP_, for example DAC_OVERRIDE"),
                ],
                ...,
            ],
            Field(min_length=1, max_length=8, json_schema_extra=SET),
        ]
        | None
    ) = None
    """Linux capabilities that it keeps; all others are dropped."""
    driver: DriverMounts | None = None
    """How the NPU driver's libraries come into the container. Default: by the nodes' Ascend Docker Runtime."""
