"""Copies of images in the installation's own registry: where they lie, and how far one is."""

import re
from dataclasses import dataclass
from typing import Final

from typing_extensions import override

from aiapp.domain.images.reference import (
    HUB,
    MAX_NAME_CHARACTERS,
    InvalidReferenceError,
    Reference,
    reference,
)
from aiapp.domain.sizes import human_size

_NOT_IN_PATHS: Final = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class OwnRegistry:
    """Where the installation keeps its copies."""

    registry: str
    """`host[:port]`."""
    prefix: str
    """Of every repository, without slashes at its ends; may be empty."""

    def place(self, original: Reference, namespace: str, digest: str) -> Reference:
        """Where a namespace's copy of an image lies: each namespace has repositories of its own.

        Raises `InvalidReferenceError` for a name that is too long.
        """
        origin = _NOT_IN_PATHS.sub("-", original.registry).strip("-")
        repository = "/".join(filter(None, (self.prefix, namespace, origin, original.repository)))
        if len(self.registry) + 1 + len(repository) > MAX_NAME_CHARACTERS:
            problem = f"its copy in {self.registry} would have a name of more than {MAX_NAME_CHARACTERS} characters"
            raise InvalidReferenceError(f"{original}: {problem}")
        return Reference(self.registry, repository, None, digest)


def own_registry(text: str) -> OwnRegistry:
    """Of `host[:port][/prefix]`. Raises `InvalidReferenceError`."""
    found = reference(f"{text}/x")
    if found.registry == HUB and not text.startswith(HUB):
        raise InvalidReferenceError(f"{text!r} begins with no host: write host:port/prefix")
    return OwnRegistry(found.registry, found.repository.removesuffix("x").rstrip("/"))


@dataclass(frozen=True, slots=True)
class CopyProgress:
    """How far a copy is."""

    done_bytes: int
    """That the own registry has."""
    total_bytes: int
    """Of all parts for all platforms."""
    without_parts: str | None = None
    """The host that is sending a layer in one go, since it sends no parts of any."""

    @override
    def __str__(self) -> str:
        far = f"{human_size(self.done_bytes)} of {human_size(self.total_bytes)}"
        if self.without_parts is None:
            return far
        return f"{far}; {self.without_parts} sends no parts of layers, so that each is read in one go"
