"""Applications made of images behind a real gateway."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.e2e.images.conftest import image_registry, made_for
from tests.e2e.images.served import ServedImages
from tests.e2e.serving import Serving
from tests.peers.gateway.routed import Routed
from tests.support import registries

__all__ = ["image_registry"]


@dataclass(frozen=True)
class RoutedImages(ServedImages, Routed):
    """Its versions are images, its requests come through the gateway."""


@pytest.fixture
def serving(
    make_serving: Callable[..., Serving], gateway: str, image_registry: registries.Registry, tmp_path: Path
) -> RoutedImages:
    """A namespace whose application is made of images, and a gateway before it."""
    made = make_serving()
    return RoutedImages(
        registry=made.registry,
        kubectl=made.kubectl,
        images=made.images,
        url=gateway,
        output=tmp_path / "load.jsonl",
        pushed_to=image_registry,
        architectures=made_for(made),
    )
