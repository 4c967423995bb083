"""The message about a stored object that breaks a rule of this operator, as one of an older CRD may. Pure."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from pydantic import ValidationError

_SHOWN: Final = 3
_AS_THEY_ARE: Final[Mapping[str, str]] = MappingProxyType({})


def faults(error: ValidationError, called: Mapping[str, str] = _AS_THEY_ARE) -> str:
    """The first faults, each with its field, without the values: they may be secret.

    `called`: what the user knows a field as, where that is something else, by the field's path with dots.
    """
    found = error.errors(include_url=False, include_input=False, include_context=False)
    places = ((".".join(map(str, fault["loc"])), fault["msg"]) for fault in found[:_SHOWN])
    shown = [f"{called.get(place, place)}: {message}" for place, message in places]
    more = [f"{len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
    return "; ".join([*shown, *more])
