"""Why a package is not accepted. A value, never an exception."""

from typing import NamedTuple

from aiapp.api.conditions import Reason


class Refusal(NamedTuple):
    """One reason and a sentence that names file, line or JSON pointer, found value and rule."""

    reason: Reason
    message: str
