"""What happened to an object, as its status remembers it. Types only."""

from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import Field

from aiapp.api.meta import ATOMIC, ApiModel

KEPT_EVENTS: Final = 30
LONGEST_EVENT: Final = 300
"""Characters of a message."""


class PastEvent(ApiModel):
    """One thing that happened. Kubernetes forgets its own Events after an hour."""

    time: datetime
    """When; where it happened again, when it last did."""
    first_time: datetime | None = None
    """When it first happened; absent where it happened once."""
    type: Literal["Normal", "Warning"]
    """Warning: something is wrong."""
    reason: Annotated[str, Field(max_length=64)]
    """A fixed word: a reason, or the type of the condition that became True."""
    message: Annotated[str, Field(max_length=LONGEST_EVENT)]
    """What happened."""
    count: Annotated[int, Field(ge=1)]
    """How often."""


PastEvents = Annotated[tuple[PastEvent, ...], Field(max_length=KEPT_EVENTS, json_schema_extra=ATOMIC)]
