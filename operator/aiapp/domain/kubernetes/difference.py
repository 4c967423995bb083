"""Whether an object as it is still holds everything it should hold. Pure; never decides what to write.

Fields that `desired` lacks are not compared: the API server fills in defaults, and autoscalers and people own some.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from aiapp.domain.kubernetes.child_kinds import MergeKeys
from aiapp.domain.kubernetes.quantities import quantity
from aiapp.domain.kubernetes.resources import Json

QUANTITIES: Final = frozenset({"requests", "limits", "sizeLimit", "divisor", "averageValue"})
"""Fields below which values are quantities, of which `1` and `1000m` are two spellings."""


def contains(observed: Json, desired: Json, merge_keys: MergeKeys) -> bool:
    """Whether every field of `desired` has its value in `observed`. Server-made metadata is not compared.

    `merge_keys` are those of the kind.
    """
    return _Comparison(merge_keys).holds(observed, desired)


@dataclass(frozen=True, slots=True)
class _Comparison:
    merge_keys: MergeKeys

    def holds(self, observed: Json, desired: Json, *, is_quantity: bool = False) -> bool:
        return all(
            self._has(observed.get(field), wanted, field, is_quantity=is_quantity) for field, wanted in desired.items()
        )

    def _has(self, observed: Any, desired: Any, field: str, *, is_quantity: bool = False) -> bool:
        if observed == desired:
            return True
        is_quantity = is_quantity or field in QUANTITIES
        if observed is None:
            return _is_nothing(desired)
        if isinstance(desired, dict):
            return isinstance(observed, dict) and self.holds(observed, desired, is_quantity=is_quantity)
        if isinstance(desired, list):
            return isinstance(observed, list) and self._has_items(observed, desired, field)
        return is_quantity and quantity(observed) == quantity(desired) is not None

    def _has_items(self, observed: Sequence[Any], desired: Sequence[Any], field: str) -> bool:
        keys = self.merge_keys.get(field)
        if keys is None or not all(isinstance(item, dict) for item in (*observed, *desired)):
            return len(observed) == len(desired) and all(
                self._has(seen, wanted, "") for seen, wanted in zip(observed, desired, strict=True)
            )
        by_key = {_merge_key(item, keys): item for item in observed}
        return all(self._has(by_key.get(_merge_key(wanted, keys)), wanted, "") for wanted in desired)


def _is_nothing(desired: Any) -> bool:
    """The API server drops empty values on the way in."""
    return desired is None or desired in ({}, [], "", 0, False)


def _merge_key(item: Json, keys: tuple[str, ...]) -> tuple[Any, ...]:
    """Ports are told apart by number and protocol, whose default is TCP."""
    return tuple(item.get(key, "TCP" if key == "protocol" else None) for key in keys)
