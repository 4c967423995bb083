"""Packages that an image serves: their config.json names it, or the version does (engine Custom)."""

from dataclasses import replace
from typing import Final

from aiapp.api.conditions import Reason
from aiapp.api.image import ImageStatus
from aiapp.api.version import VersionSpec
from aiapp.domain.package.inspection import Invalid, Valid, ValidImage
from aiapp.domain.sources.variants import stated_digest

_NAMES_IMAGE: Final = "config.json names an image (model_type Image, swr_location)"


def image_refusal(package: Valid, spec: VersionSpec) -> Invalid | None:
    """What the version says that does not go with a package whose config.json names an image."""
    if package.image_reference is None:
        return None
    container = spec.container
    if container is not None and container.image is not None:
        return _refused(package, Reason.SPEC_INVALID, "container.image would be another one: leave it out")
    if spec.runtime is not None:
        return _refused(package, Reason.ENGINE_MISMATCH, f"it brings what it needs: leave out runtime {spec.runtime}")
    if (stated := stated_digest(spec.source)) is not None:
        remedy = f"its files are not what is pinned: leave out {stated.field}, swr_location may have a digest"
        return _refused(package, Reason.SPEC_INVALID, remedy)
    return None


def with_image(package: Valid, image: ImageStatus) -> Valid | ValidImage:
    """What is to be pinned: of a package whose config.json names an image, the image alone."""
    if package.image_reference is None:
        return replace(package, image=image)
    return ValidImage(image, package.model, package.uri, package.listing)


def _refused(package: Valid, reason: Reason, remedy: str) -> Invalid:
    return Invalid(package.uri, package.listing, reason, f"{_NAMES_IMAGE}; {remedy}")
