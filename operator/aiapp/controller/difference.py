"""Whether an object as it is still holds everything it should hold. Pure; never says how to mend it.

Fields that `desired` lacks are not compared: the API server fills in defaults, and autoscalers and people own some.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiapp.domain.kubernetes.quantities import quantity
from aiapp.domain.kubernetes.resources import Json

MERGE_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "ownerReferences": ("uid",),
    "containers": ("name",),
    "initContainers": ("name",),
    "volumes": ("name",),
    "env": ("name",),
    "imagePullSecrets": ("name",),
    "volumeMounts": ("mountPath",),
    "ports": ("containerPort", "port", "protocol"),
}
"""Lists that Kubernetes merges by key in the objects we write (`x-kubernetes-list-map-keys` of their schemas);
all others, such as `args` and `tolerations`, belong to one owner and are compared whole."""

QUANTITIES: Final = frozenset({"requests", "limits", "sizeLimit", "divisor"})
"""Fields below which values are quantities, of which `1` and `1000m` are two spellings."""


def contains(observed: Json, desired: Json) -> bool:
    """Whether every field of `desired` has its value in `observed`. Server-made metadata is not compared."""
    return all(_holds(observed.get(field), wanted, field) for field, wanted in desired.items())


def _holds(observed: Any, desired: Any, field: str, *, is_quantity: bool = False) -> bool:
    if observed == desired:
        return True
    is_quantity = is_quantity or field in QUANTITIES
    if observed is None:
        return _is_nothing(desired)
    if isinstance(desired, dict):
        return isinstance(observed, dict) and all(
            _holds(observed.get(key), value, key, is_quantity=is_quantity) for key, value in desired.items()
        )
    if isinstance(desired, list):
        return isinstance(observed, list) and _holds_list(observed, desired, field)
    return is_quantity and quantity(observed) == quantity(desired) is not None


def _is_nothing(desired: Any) -> bool:
    """The API server drops empty values on the way in."""
    return desired is None or desired in ({}, [], "", 0, False)


def _holds_list(observed: Sequence[Any], desired: Sequence[Any], field: str) -> bool:
    keys = MERGE_KEYS.get(field)
    if keys is None or not all(isinstance(item, dict) for item in (*observed, *desired)):
        return len(observed) == len(desired) and all(
            _holds(seen, wanted, "") for seen, wanted in zip(observed, desired, strict=True)
        )
    by_key = {_merge_key(item, keys): item for item in observed}
    return all(_holds(by_key.get(_merge_key(wanted, keys)), wanted, "") for wanted in desired)


def _merge_key(item: Json, keys: tuple[str, ...]) -> tuple[Any, ...]:
    """Ports are told apart by number and protocol, whose default is TCP."""
    return tuple(item.get(key, "TCP" if key == "protocol" else None) for key in keys)
