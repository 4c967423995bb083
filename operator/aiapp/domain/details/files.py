"""The files that a version is pinned to, with their sizes and digests. Pure."""

from dataclasses import dataclass

from aiapp.domain.artifact.content import Content
from aiapp.domain.artifact.manifest import Manifest


@dataclass(frozen=True, slots=True)
class PinnedFile:
    """One file of a package."""

    path: str
    size: int
    """In bytes."""
    etag: str
    """As the store gave it."""
    version_id: str | None
    """Of its object, in a bucket with versions."""
    sha256: str | None
    """Lower-case hex; None until the content was hashed."""
    is_inline: bool
    """Whether a template made it, so that it lies in the manifest itself."""


def pinned_files(manifest: Manifest, content: Content | None) -> tuple[PinnedFile, ...]:
    """In the order of the manifest, which is that of their paths."""
    hashes = content.by_path(manifest.entries) if content is not None else {}
    return tuple(
        PinnedFile(
            path=entry.path,
            size=entry.size,
            etag=entry.etag,
            version_id=entry.version_id,
            sha256=hashes.get(entry.path),
            is_inline=entry.content is not None,
        )
        for entry in manifest.entries
    )
