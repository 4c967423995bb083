"""Whether a registry still holds what was pinned: from what it says to a finding. Never asks a registry.

A tag that moves changes nothing of what pods run; a digest that vanishes is told before a node has to pull it.
"""

from dataclasses import dataclass

from aiapp.api.conditions import ConditionType, Reason
from aiapp.api.image import ImageStatus
from aiapp.domain.conditions import Finding, fails, holds
from aiapp.domain.images.status import original


@dataclass(frozen=True, slots=True)
class ImageDrift:
    """What became of a pinned image in its registry."""

    is_there: bool
    """Whether the registry can still give what was pinned."""
    moved_to: str | None = None
    """The digest that the tag stands for now, if that is another one."""


def source_unchanged(image: ImageStatus, found: ImageDrift) -> Finding:
    """The condition SourceUnchanged for it."""
    if not found.is_there and image.replicated:
        message = (
            f"the registry has no {original(image)} any more, or does not show it to these credentials; pods run the "
            f"copy {image.image}"
        )
        return fails(ConditionType.SOURCE_UNCHANGED, Reason.SOURCE_CHANGED, message)
    if not found.is_there:
        message = (
            f"the registry has no {image.image} any more, or does not show it to these credentials: pods run on nodes "
            "that have pulled it, and start on no other one; push that very image again, or register what there is as "
            "a new version"
        )
        return fails(ConditionType.SOURCE_UNCHANGED, Reason.IMAGE_NOT_FOUND, message)
    if found.moved_to is not None:
        message = (
            f"{image.reference} stands for {found.moved_to} now; pods still run what was pinned, {image.digest}, which "
            "the registry still has: to serve the other one, register it as a new version"
        )
        return fails(ConditionType.SOURCE_UNCHANGED, Reason.SOURCE_CHANGED, message)
    return unchanged()


def unchanged() -> Finding:
    """SourceUnchanged is True. A tag that was deleted alone changes nothing."""
    return holds(ConditionType.SOURCE_UNCHANGED, "the registry holds the image as it was pinned")
