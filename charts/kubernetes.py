"""What values have that become fields of Kubernetes's own objects: as much of their rules as saves a failed apply."""

from typing import Annotated, Any, Final

from pydantic import Field, WithJsonSchema

_SUBDOMAIN: Final = r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?"
_KEY: Final = rf"^({_SUBDOMAIN}/)?[A-Za-z0-9]([-A-Za-z0-9_.]{{0,61}}[A-Za-z0-9])?$"
_LABEL_VALUE: Final = r"^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$"
_QUANTITY: Final = r"^\+?([0-9]+([.][0-9]*)?|[.][0-9]+)([numkMGTPE]|[KMGTPE]i|[eE][-+]?[0-9]+)?$"
_PART: Final = r"[a-z0-9]+([._-]+[a-z0-9]+)*"
_REPOSITORY: Final = rf"(([A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(:[0-9]+)?/)?{_PART}(/{_PART})*"
_TAG: Final = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
_DIGEST: Final = "sha256:[0-9a-f]{64}"


def _object(*required: str, **properties: Any) -> WithJsonSchema:
    """Some keys of an object; the API server checks the others."""
    return WithJsonSchema({"type": "object", "required": list(required), "properties": properties})


def _map(keys: str, values: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "propertyNames": {"pattern": keys}, "additionalProperties": values}


_QUANTITIES: Final = _map(_KEY, {"anyOf": [{"type": "string", "pattern": _QUANTITY}, {"type": "number", "minimum": 0}]})
_TEXT: Final = {"type": "string", "minLength": 1}

Object = dict[str, Any]
"""Checked by the API server alone."""
AnyObject = Annotated[Object, _object("apiVersion", "kind", apiVersion=_TEXT, kind=_TEXT)]
Name = Annotated[str, Field(pattern=f"^{_SUBDOMAIN}$")]
NameOrNone = Annotated[str, Field(pattern=f"^({_SUBDOMAIN})?$")]
"""Empty: none is named."""
LabelKey = Annotated[str, Field(pattern=_KEY)]
Labels = Annotated[dict[str, str], WithJsonSchema(_map(_KEY, {"type": "string", "pattern": _LABEL_VALUE}))]
Annotations = Annotated[dict[str, str], WithJsonSchema(_map(_KEY, {"type": "string"}))]
Repository = Annotated[str, Field(pattern=f"^{_REPOSITORY}$")]
Tag = Annotated[str, Field(pattern=f"^({_TAG})?$")]
Digest = Annotated[str, Field(pattern=f"^({_DIGEST})?$")]
ImageReference = Annotated[str, Field(pattern=f"^{_REPOSITORY}(:{_TAG})?(@{_DIGEST})?$")]
Resources = Annotated[Object, _object(limits=_QUANTITIES, requests=_QUANTITIES)]
EnvironmentVariable = Annotated[Object, _object("name", name={"type": "string", "pattern": "^[^=]+$"})]
Toleration = Annotated[
    Object,
    _object(
        operator={"enum": ["Exists", "Equal", "Lt", "Gt"]},
        effect={"enum": ["NoSchedule", "PreferNoSchedule", "NoExecute"]},
    ),
]
TopologySpread = Annotated[
    Object,
    _object(
        *("maxSkew", "topologyKey", "whenUnsatisfiable"),
        maxSkew={"type": "integer", "minimum": 1},
        topologyKey={"type": "string", "pattern": _KEY},
        whenUnsatisfiable={"enum": ["DoNotSchedule", "ScheduleAnyway"]},
    ),
]
Volume = Annotated[Object, _object("name", name={"type": "string", "pattern": "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"})]
VolumeMount = Annotated[
    Object, _object("name", "mountPath", name=_TEXT, mountPath={"type": "string", "pattern": "^[^:]+$"})
]
LabelExpression = Annotated[
    Object,
    _object(
        *("key", "operator"),
        key={"type": "string", "pattern": _KEY},
        operator={"enum": ["In", "NotIn", "Exists", "DoesNotExist"]},
    ),
]
