"""What all kinds share: the model base, conditions, references, containers' parts. Types only, no behaviour of the reconciler."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from aiapp.api.conditions import ConditionType

GROUP: Final = "aiapp.dev"
API_VERSION: Final = "v1alpha1"
GROUP_VERSION: Final = f"{GROUP}/{API_VERSION}"
CATEGORY: Final = "aiapps"
RECONCILE_AT: Final = "aiapp.dev/reconcile-at"
"""Annotation: any new value makes the operator look again at once."""


def rules(*pairs: tuple[str, str]) -> dict[str, Any]:
    """CEL rules and the messages a person reads, for `json_schema_extra`."""
    return {"x-kubernetes-validations": [{"rule": rule, "message": message} for rule, message in pairs]}


def unchanged(field: str, advice: str = "make a new version instead") -> tuple[str, str]:
    """A transition rule for the parent of `field`: it may neither change, appear nor vanish."""
    rule = f"has(self.{field}) == has(oldSelf.{field}) && (!has(self.{field}) || self.{field} == oldSelf.{field})"
    return rule, f"{field} is immutable: {advice}"


class ApiModel(BaseModel):
    """A frozen part of a custom resource: camelCase outside, unknown fields ignored (an older operator meets newer objects)."""

    model_config = ConfigDict(
        frozen=True,
        alias_generator=to_camel,
        populate_by_name=True,
        use_attribute_docstrings=True,
        extra="ignore",
    )


NameString = Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")]
Quantity = Annotated[
    int | str,
    Field(json_schema_extra={"x-kubernetes-int-or-string": True, "maxLength": 32}),
]
DisplayName = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
Description = Annotated[str, Field(min_length=1, max_length=100, pattern=r"""^[^&!'"<>=]+$""")]


class Condition(ApiModel):
    """One observation of the object's state, in the standard Kubernetes form."""

    type: Annotated[str, Field(max_length=316)]
    """Type of the condition in CamelCase."""
    status: Literal["True", "False", "Unknown"]
    """True, False or Unknown."""
    reason: Annotated[str, Field(min_length=1, max_length=1024)]
    """A fixed CamelCase word for the cause; one table in the reference lists them all."""
    message: Annotated[str, Field(max_length=32768)] = ""
    """What happened and what to do about it, for people."""
    last_transition_time: datetime
    """When `status` last changed."""
    observed_generation: Annotated[int, Field(ge=0)] = 0
    """The `metadata.generation` this was computed from."""


CONDITIONS: Final = {
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["type"],
    "maxItems": 16,
}
Conditions = Annotated[tuple[Condition, ...], Field(json_schema_extra=CONDITIONS)]


class Document(ApiModel):
    """A link to something written about the model."""

    name: Annotated[str, Field(min_length=1, max_length=48, pattern=r"^[A-Za-z]")]
    """Title; starts with a letter."""
    url: Annotated[str, Field(min_length=8, max_length=1024, pattern=r"^https?://\S+$")]
    """HTTP or HTTPS address."""


Documents = Annotated[tuple[Document, ...], Field(max_length=3, json_schema_extra={"x-kubernetes-list-type": "atomic"})]


class LocalReference(ApiModel):
    """Name of an object in the same namespace."""

    name: NameString
    """The object's name."""


class KeyReference(ApiModel):
    """A key of a Secret or ConfigMap in the same namespace."""

    name: NameString
    """The object's name."""
    key: Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[-._a-zA-Z0-9]+$")]
    """The key in it."""


class EnvSource(ApiModel):
    """Where the value of an environment variable comes from; exactly one."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "has(self.secretKeyRef) != has(self.configMapKeyRef)",
                "valueFrom names exactly one of secretKeyRef and configMapKeyRef",
            ),
        )
    )

    secret_key_ref: KeyReference | None = None
    """A key of a Secret."""
    config_map_key_ref: KeyReference | None = None
    """A key of a ConfigMap."""


class EnvVar(ApiModel):
    """An environment variable of the model server's container."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            (
                "!(has(self.value) && has(self.valueFrom))",
                "an environment variable has either value or valueFrom, not both",
            ),
        )
    )

    name: Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
    """Name of the variable."""
    value: Annotated[str, Field(max_length=4096)] | None = None
    """Its value, verbatim."""
    value_from: EnvSource | None = None
    """Takes the value from a Secret or ConfigMap of this namespace."""


Env = Annotated[
    tuple[EnvVar, ...],
    Field(
        max_length=64,
        json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]},
    ),
]
ResourceList = Annotated[dict[str, Quantity], Field(max_length=16)]


class Resources(ApiModel):
    """Compute resources of the model server's container. NPUs are asked for by `npu`, not here."""

    requests: ResourceList | None = None
    """What the scheduler sets aside, for example `{cpu: "1", memory: 2Gi}`."""
    limits: ResourceList | None = None
    """What the container may use at most."""


class Npu(ApiModel):
    """Ascend NPUs of one pod."""

    count: Annotated[int, Field(ge=1, le=64)] = 1
    """Number of NPUs; requests and limits are both set to it."""
    resource_name: (
        Annotated[
            str,
            Field(
                min_length=3,
                max_length=253,
                pattern=r"^[a-z0-9.-]+/[A-Za-z0-9]([-._A-Za-z0-9]*[A-Za-z0-9])?$",
            ),
        ]
        | None
    ) = None
    """Extended resource, for example `huawei.com/Ascend910`. Default: the one that the nodes which fit offer."""


ReadyTypes: Final = frozenset({ConditionType.READY, ConditionType.RECONCILING, ConditionType.STALLED})
"""The summary conditions, which are computed from all the others."""
