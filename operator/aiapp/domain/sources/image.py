"""A container image as a source: what it states. Never asks a registry."""

from aiapp.api.source import ImageSource
from aiapp.domain.kubernetes.resources import Json


def image(source: ImageSource) -> str:
    """What is imported, for people."""
    return f"the image {source.reference}"


def canonical(_: ImageSource) -> Json:
    """The fields that reach the pod template, in the form `rollout/1`: none, as the pinned image says it all."""
    return {}
