"""Whether an object as it is still holds everything it should hold. Pure; never says how to mend it.

Fields that `desired` lacks are not compared: the API server fills in defaults, and autoscalers and people own some.
"""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from aiapp.domain.resources import Json

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

_SUFFIXES: Final[Mapping[str, Decimal]] = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "": Decimal(1),
    "k": Decimal(10**3),
    "M": Decimal(10**6),
    "G": Decimal(10**9),
    "T": Decimal(10**12),
    "P": Decimal(10**15),
    "E": Decimal(10**18),
    "Ki": Decimal(2**10),
    "Mi": Decimal(2**20),
    "Gi": Decimal(2**30),
    "Ti": Decimal(2**40),
    "Pi": Decimal(2**50),
    "Ei": Decimal(2**60),
}

_QUANTITY: Final = re.compile(
    rf"(?P<number>[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?)(?P<suffix>{'|'.join(_SUFFIXES)})"
)


def quantity(text: object) -> Decimal | None:
    """The number that a Kubernetes quantity stands for; None when it is none."""
    match = _QUANTITY.fullmatch(str(text))
    return Decimal(match["number"]) * _SUFFIXES[match["suffix"]] if match else None


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
