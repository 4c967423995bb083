"""What all kinds share: the model base, rules, conditions, references, parts of containers. Types only, no I/O."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

GROUP: Final = "aiapp.dev"
API_VERSION: Final = "v1alpha1"
GROUP_VERSION: Final = f"{GROUP}/{API_VERSION}"
RECONCILE_AT: Final = "aiapp.dev/reconcile-at"
"""Annotation: any new value makes the operator look again at once."""
START_AT: Final = "aiapp.dev/start-at"
"""Annotation of an application: any new value starts it again after `autoStopAfterSeconds`."""
RESTART_AT: Final = "aiapp.dev/restart-at"
"""Annotation of an application: any new value replaces its pods, a few at a time. Pods carry it too."""
RULES: Final = "x-kubernetes-validations"
"""Key of the CEL rules in a schema."""

REQUIRED: Final = "FieldValueRequired"
"""Reason of a rule that stands for `required`."""

ATOMIC: Final[dict[str, Any]] = {"x-kubernetes-list-type": "atomic"}
SET: Final[dict[str, Any]] = {"x-kubernetes-list-type": "set"}


def map_list(key: str) -> dict[str, Any]:
    """A list whose items are distinguished by `key`: two field managers can each own an item."""
    return {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [key]}


def rule(expression: str, message: str, *, at: str | None = None, reason: str = "FieldValueInvalid") -> dict[str, str]:
    """A CEL rule and the message a user reads; `at` is the field that the API server names, below the rule's own."""
    place = {} if at is None else {"fieldPath": f".{at}"}
    return {"rule": expression, "message": message, "reason": reason, **place}


def rules(*all_of: dict[str, str]) -> dict[str, Any]:
    """CEL rules for `json_schema_extra`."""
    return {RULES: list(all_of)}


def unchanged(field: str) -> dict[str, str]:
    """A transition rule for the parent of `field`: it may neither change, appear nor vanish."""
    return rule(
        _is_same(field),
        f"{field} is immutable: make a new version instead",
        at=field,
        reason="FieldValueForbidden",
    )


_UNPINNED: Final = "!(has(oldSelf.status) && has(oldSelf.status.artifact))"


def unchanged_once_pinned(path: str, *, inside: str | None = None) -> dict[str, str]:
    """A transition rule for a version's root: `path` may change until an artifact is pinned, and is immutable then.

    `inside`: the part of `path` that may be absent; that it stays what it is needs a rule of its own.
    """
    absent = "" if inside is None else f"!has(self.{inside}) || !has(oldSelf.{inside}) || "
    return rule(
        f"{_UNPINNED} || {absent}({_is_same(path)})",
        f"{path.rpartition('.')[2]} is immutable once the artifact is pinned: make a new version instead",
        at=path,
        reason="FieldValueForbidden",
    )


def present_once_pinned(path: str) -> dict[str, str]:
    """A transition rule for a version's root: once an artifact is pinned, `path` neither appears nor vanishes."""
    return rule(
        f"{_UNPINNED} || has(self.{path}) == has(oldSelf.{path})",
        f"{path} can neither be added nor removed once the artifact is pinned: make a new version instead",
        at=path,
        reason="FieldValueForbidden",
    )


def _is_same(path: str) -> str:
    """Spelt out: the API server cannot bound the cost of optional values (`.?`)."""
    return f"has(self.{path}) == has(oldSelf.{path}) && (!has(self.{path}) || self.{path} == oldSelf.{path})"


def kept(field: str) -> dict[str, str]:
    """A transition rule for the parent of `field`: it may appear, and neither changes nor vanishes then."""
    return rule(
        f"!has(oldSelf.{field}) || (has(self.{field}) && self.{field} == oldSelf.{field})",
        f"{field} may be set once and is immutable then: make a new version instead",
        at=field,
        reason="FieldValueForbidden",
    )


@dataclass(frozen=True, slots=True)
class Matches:
    """The whole text matches `pattern`; who breaks it reads `message`, in the cluster and offline alike.

    A rule in CEL instead of the schema's own `pattern`, for which the API server prints the regular expression. The
    syntax is what RE2 and Python's `re` have in common.
    """

    pattern: str
    message: str

    def check(self, text: str) -> str:
        """The text itself; raises `ValueError` with the message if it does not match."""
        if re.fullmatch(self.pattern, text) is None:
            raise ValueError(self.message)
        return text

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = handler(core)
        expression = f"self.matches({json.dumps(f'^(?:{self.pattern})$')})"
        schema[RULES] = [*schema.get(RULES, []), rule(expression, self.message)]
        return schema


class ApiModel(BaseModel):
    """A frozen part of a custom resource: camelCase outside; ignores unknown fields (newer objects, older operator)."""

    model_config = ConfigDict(
        frozen=True,
        alias_generator=to_camel,
        populate_by_name=True,
        use_attribute_docstrings=True,
        extra="ignore",
    )


NameString = Annotated[
    str,
    Field(max_length=253),
    Matches(
        "[a-z0-9]([-a-z0-9.]*[a-z0-9])?",
        "the name of an object consists of lower-case letters, digits, '-' and '.', "
        "with a letter or digit at both ends",
    ),
]
_DOMAIN_AND_NAME: Final = "[a-z0-9.-]+/[A-Za-z0-9]([-._A-Za-z0-9]*[A-Za-z0-9])?"
ResourceName = Annotated[
    str,
    Field(max_length=253),
    Matches(
        _DOMAIN_AND_NAME,
        "an extended resource is written domain/name, for example huawei.com/Ascend910",
    ),
]
Quantity = Annotated[
    int | str,
    Field(
        json_schema_extra={
            "x-kubernetes-int-or-string": True,
            "maxLength": 32,
            **rules(
                rule(
                    "isQuantity(string(self)) && !quantity(string(self)).isLessThan(quantity('0'))",
                    "a quantity is a number with an optional unit, not negative, for example 500m, 2 or 4Gi",
                )
            ),
        }
    ),
]
RuntimeNameString = Annotated[
    str,
    Field(max_length=128),
    Matches(
        "[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?",
        "the name of a runtime consists of letters, digits, '.', '_' and '-', with a letter or digit at both ends",
    ),
]
DisplayName = Annotated[
    str,
    Field(max_length=64),
    Matches("[A-Za-z0-9_-]+", "a display name consists of 1 to 64 letters, digits, '-' and '_'"),
]
Description = Annotated[
    str,
    Field(max_length=100),
    Matches("""[^&!'"<>=]+""", """a description has 1 to 100 characters, none of & ! ' " < > ="""),
]


class Condition(ApiModel):
    """One observation of the object's state, in the standard Kubernetes form."""

    type: Annotated[str, Field(max_length=316)]
    """Type of the condition in CamelCase."""
    status: Literal["True", "False", "Unknown"]
    """True, False or Unknown."""
    reason: Annotated[str, Field(min_length=1, max_length=1024)]
    """A fixed CamelCase word for the cause; one table in the reference lists them all."""
    message: Annotated[str, Field(max_length=32768)] = ""
    """What happened and what to do about it."""
    last_transition_time: datetime
    """When `status` last changed."""
    observed_generation: Annotated[int, Field(ge=0)] = 0
    """The `metadata.generation` this was computed from."""


NEVER: Final = "1970-01-01T00:00:00Z"
"""`lastTransitionTime` of a condition that is the schema's default and was not observed yet."""

Conditions = Annotated[tuple[Condition, ...], Field(max_length=16, json_schema_extra=map_list("type"))]


class Document(ApiModel):
    """A link to something written about the model."""

    name: Annotated[
        str,
        Field(max_length=48),
        Matches("[A-Za-z].*", "the name of a document starts with a letter"),
    ]
    """Title; starts with a letter."""
    url: Annotated[
        str,
        Field(max_length=1024),
        Matches("https?://[^ \t\r\n]+", "the url of a document starts with http:// or https:// and has no spaces"),
    ]
    """HTTP or HTTPS address."""


Documents = Annotated[tuple[Document, ...], Field(max_length=3, json_schema_extra=ATOMIC)]


class LocalReference(ApiModel):
    """Name of an object in the same namespace."""

    name: NameString
    """The object's name."""


DataKey = Annotated[
    str,
    Field(max_length=253),
    Matches("[-._a-zA-Z0-9]+", "a key of a Secret or ConfigMap consists of letters, digits, '-', '_' and '.'"),
]


class CaBundleReference(ApiModel):
    """Certificates of authorities, in a ConfigMap or Secret of the same namespace."""

    kind: Literal["ConfigMap", "Secret"]
    """Kind of the object."""
    name: NameString
    """The object's name."""
    key: DataKey = "ca.crt"
    """The key in it, whose value holds one or more certificates in PEM form."""


class KeyReference(ApiModel):
    """A key of a Secret or ConfigMap in the same namespace."""

    name: NameString
    """The object's name."""
    key: DataKey
    """The key in it."""


class EnvSource(ApiModel):
    """Where the value of an environment variable comes from; exactly one."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "has(self.secretKeyRef) != has(self.configMapKeyRef)",
                "valueFrom names exactly one of secretKeyRef and configMapKeyRef",
            ),
        )
    )

    secret_key_ref: KeyReference | None = None
    """A key of a Secret."""
    config_map_key_ref: KeyReference | None = None
    """A key of a ConfigMap."""


VariableName = Annotated[
    str,
    Field(max_length=128),
    Matches(
        "[A-Za-z_][A-Za-z0-9_]*",
        "the name of an environment variable consists of letters, digits and '_' and starts with no digit",
    ),
]


class EnvVar(ApiModel):
    """An environment variable of the model server's container."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "!(has(self.value) && has(self.valueFrom))",
                "an environment variable has either value or valueFrom, not both",
                at="value",
            ),
        )
    )

    name: VariableName
    """Name of the variable."""
    value: Annotated[str, Field(max_length=4096)] | None = None
    """Its value. As everywhere in Kubernetes, `$(NAME)` stands for a variable of the container before it, and
    `$$(NAME)` for that text itself."""
    value_from: EnvSource | None = None
    """Takes the value from a Secret or ConfigMap of this namespace."""


AccountId = Annotated[int, Field(ge=0, le=2147483647)]
"""Of a user or group; Kubernetes takes none above."""


class User(ApiModel):
    """User and group that the container runs as."""

    uid: AccountId
    """User id; 0 is root, which the image may demand."""
    gid: AccountId
    """Group id."""


Port = Annotated[int, Field(ge=1, le=65535)]
Workers = Annotated[int, Field(ge=1, le=64)]

SHARED_MEMORY_FITS: Final = rule(
    "!has(self.sharedMemory) || !has(self.resources) || !has(self.resources.limits)"
    " || !('memory' in self.resources.limits) || !isQuantity(string(self.sharedMemory))"
    " || !isQuantity(string(self.resources.limits['memory']))"
    " || quantity(string(self.sharedMemory)).isLessThan(quantity(string(self.resources.limits['memory'])))",
    "sharedMemory counts in the memory limit of the container: it has to be smaller than resources.limits.memory",
    at="sharedMemory",
)
"""For the parent of `sharedMemory` and `resources`."""
Env = Annotated[tuple[EnvVar, ...], Field(max_length=64, json_schema_extra=map_list("name"))]
ResourceList = Annotated[
    dict[str, Quantity],
    Field(
        max_length=16,
        json_schema_extra=rules(
            rule(
                "self.all(r, r in ['cpu', 'memory', 'ephemeral-storage'] || r.startsWith('hugepages-') "
                f"|| r.matches('^{_DOMAIN_AND_NAME}$'))",
                "a resource is cpu, memory, ephemeral-storage, hugepages-<size> or written domain/name",
            )
        ),
    ),
]


class Resources(ApiModel):
    """Compute resources of the model server's container. NPUs are asked for by `npu`, not here."""

    model_config = ConfigDict(
        json_schema_extra=rules(
            rule(
                "!has(self.requests) || !has(self.limits) || self.requests.all(r, !(r in self.limits)"
                " || !isQuantity(string(self.requests[r])) || !isQuantity(string(self.limits[r]))"
                " || quantity(string(self.requests[r])).compareTo(quantity(string(self.limits[r]))) <= 0)",
                "a request may not be larger than the limit of the same resource",
                at="requests",
            ),
        )
    )

    requests: ResourceList | None = None
    """What the scheduler sets aside, for example `{cpu: "1", memory: 2Gi}`."""
    limits: ResourceList | None = None
    """What the container may use at most."""


class Npu(ApiModel):
    """Ascend NPUs of one pod."""

    count: Annotated[int, Field(ge=1, le=64)] = 1
    """Number of NPUs; requests and limits are both set to it."""
    resource_name: ResourceName | None = None
    """Extended resource, for example `huawei.com/Ascend910`. Default: the one that the nodes which fit offer."""
