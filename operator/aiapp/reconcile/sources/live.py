"""The source of one version, as it can be asked now: what the reconcilers know of every kind of source."""

from collections.abc import Callable
from typing import Protocol

from aiapp.domain.artifact.digest_config_map import KnownContent
from aiapp.domain.conditions import Finding
from aiapp.domain.package.inspection import Inspection

KnownOfPin = Callable[[str], KnownContent | None]
"""The content digest that is known of a pin without asking the source."""


class LiveSource(Protocol):
    """All methods raise `ApiError` for what the queue retries; whatever else hinders them is in their result."""

    async def inspect(self, content_of: KnownOfPin) -> Inspection:
        """What is there, or the one reason why it is not accepted."""
        ...

    async def compare(self) -> Finding:
        """Whether it still holds what the version has pinned: the condition `SourceUnchanged`."""
        ...

    async def require_access(self) -> None:
        """Raises `AccessError` where new pods may not have what they need to reach it."""
        ...
