"""What to say of a stored object that breaks a rule of this operator, as one of an older CRD may. Pure."""

from typing import Final

from pydantic import ValidationError

_TOLD: Final = 3


def faults(error: ValidationError) -> str:
    """The first faults, each with its field, without the values: they may be secret."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    told = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in found[:_TOLD]]
    more = [f"{len(found) - _TOLD} more"] if len(found) > _TOLD else []
    return "; ".join([*told, *more])
