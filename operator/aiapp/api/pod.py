"""What users add to the pods of an application beside what serving a version needs. Types only."""

from typing import Annotated, Final

from pydantic import ConfigDict, Field

from aiapp.api.meta import ATOMIC, ApiModel, LocalReference, Matches, NameString, map_list, rule, rules
from aiapp.api.scheduling import LABEL_KEY, LABEL_KEY_MESSAGE, LabelValue

_RESERVED: Final = rule(
    "self.all(k, !k.startsWith('aiapp.dev/') && !k.startsWith('app.kubernetes.io/'))",
    "the keys aiapp.dev/... and app.kubernetes.io/... are the operator's own: choose another domain",
)
_KEYS: Final = rule(f"self.all(k, k.matches('^{LABEL_KEY}$'))", LABEL_KEY_MESSAGE)
PodLabels = Annotated[dict[str, LabelValue], Field(max_length=16, json_schema_extra=rules(_KEYS, _RESERVED))]
PodAnnotations = Annotated[
    dict[str, Annotated[str, Field(max_length=4096)]],
    Field(max_length=16, json_schema_extra=rules(_KEYS, _RESERVED)),
]
MountPath = Annotated[
    str,
    Field(max_length=1024),
    Matches(
        "/[^:/]+(/[^:/]+)*",
        "a mountPath is absolute and not the root, without ':', '//' and a '/' at its end",
    ),
]
SubPath = Annotated[
    str,
    Field(max_length=1024),
    Matches("[^:/]+(/[^:/]+)*", "a subPath is relative, without ':', '//' and a '/' at its end"),
]


class MountedClaim(ApiModel):
    """A PersistentVolumeClaim of this namespace, mounted into the model server's container."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "!('..' in self.mountPath.split('/')) && (!has(self.subPath) || !('..' in self.subPath.split('/')))",
                "mountPath and subPath have no part '..'",
            ),
            rule(
                "!(self.mountPath in ['/tmp', '/dev/shm']) && ['/home/mind/model', '/home/ma-user/infer/model/1', "
                "'/opt/aiapp', '/opt/aiapp-dependencies'].all(own, self.mountPath != own && "
                "!self.mountPath.startsWith(own + '/') && !own.startsWith(self.mountPath + '/'))",
                "mountPath: the pod has something of its own there (the package in /home/mind/model and "
                "/home/ma-user/infer/model/1, the server in /opt/aiapp, libraries in /opt/aiapp-dependencies, /tmp, "
                "/dev/shm): choose another folder",
                at="mountPath",
            ),
        )
    )

    claim_name: NameString
    """The PersistentVolumeClaim; it has to be mountable on every node that the pods may go to."""
    mount_path: MountPath
    """Folder in the container."""
    sub_path: SubPath | None = None
    """Folder in the volume; default: its root."""
    read_only: bool = False
    """Whether the model server may only read it."""


class OptionalReference(LocalReference):
    """Name of an object in the same namespace, which may be absent."""

    optional: bool | None = None
    """Whether a pod starts without it too. Default: false, it waits until the object exists."""


class EnvFrom(ApiModel):
    """All keys of one ConfigMap or Secret of this namespace as environment variables."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "has(self.configMapRef) != has(self.secretRef)",
                "an entry of envFrom names exactly one of configMapRef and secretRef",
            ),
        )
    )

    prefix: (
        Annotated[
            str,
            Field(max_length=64),
            Matches("[A-Za-z_][A-Za-z0-9_]*", "a prefix consists of letters, digits and '_' and starts with no digit"),
        ]
        | None
    ) = None
    """Goes before each key."""
    config_map_ref: OptionalReference | None = None
    """A ConfigMap."""
    secret_ref: OptionalReference | None = None
    """A Secret."""


class PodOptions(ApiModel):
    """Added to the pods of every served version. A change is rolled out like any other."""

    labels: PodLabels | None = None
    """Labels of the pods."""
    annotations: PodAnnotations | None = None
    """Annotations of the pods."""
    claims: (
        Annotated[tuple[MountedClaim, ...], Field(max_length=10, json_schema_extra=map_list("mountPath"))] | None
    ) = None
    """Volumes that are mounted beside the package."""
    env_from: Annotated[tuple[EnvFrom, ...], Field(max_length=8, json_schema_extra=ATOMIC)] | None = None
    """Environment variables from ConfigMaps and Secrets; those of `env` override them by name."""
    termination_grace_period_seconds: Annotated[int, Field(ge=1, le=3600)] | None = None
    """Seconds that a pod has to finish its requests when it has to go. Default: 90, of which it answers new ones
    for up to 20 and has 60 for the last prediction. An image of your own: 110, of which it is told to end after 20."""


class RequestLimits(ApiModel):
    """What the model server grants a single request; beyond it, it answers with an error and goes on serving."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "!has(self.burst) || has(self.requestsPerSecond)",
                "burst says how many come at once where requestsPerSecond says how many on average: set both",
                at="burst",
            ),
        )
    )

    body_bytes: Annotated[int, Field(ge=1024, le=1 << 30)] | None = None
    """Largest request body in bytes, also after decompression; larger ones get 413. Default: 67108864 (64 MiB)."""
    prediction_seconds: Annotated[int, Field(ge=1, le=3600)] | None = None
    """Longest prediction in seconds; a longer one gets 504 and its process is replaced. Default: 60."""
    queue: Annotated[int, Field(ge=1, le=10000)] | None = None
    """Requests that may wait in one pod; more get 429. Default: 64."""
    requests_per_second: Annotated[int, Field(ge=1, le=100000)] | None = None
    """Predictions a second that one pod takes on average, whoever asks; more get 429. Default: no limit."""
    burst: Annotated[int, Field(ge=1, le=100000)] | None = None
    """Predictions that one pod takes at once after a pause. Default: as many as `requestsPerSecond`."""
