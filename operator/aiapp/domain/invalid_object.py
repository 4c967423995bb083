"""The message about a stored object that breaks a rule of this operator, as one of an older CRD may. Pure."""

from typing import Final

from pydantic import ValidationError

_SHOWN: Final = 3


def faults(error: ValidationError) -> str:
    """The first faults, each with its field, without the values: they may be secret."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    shown = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in found[:_SHOWN]]
    more = [f"{len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
    return "; ".join([*shown, *more])
