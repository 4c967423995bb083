"""The content that a fetch must bring, where that is known before. Reads the record, never the package."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from aiapp.api.conditions import Reason
from aiapp.domain.artifact.content import DIGEST_KEY, HASHES_KEY, Content, is_digest
from aiapp.domain.artifact.manifest import Hashed, Manifest
from aiapp.fetch.failures import FetchError

Verified = Literal["ETag", "SHA256"]
"""What the content was verified by: only the ETag in every answer, or a digest that was known before."""


@dataclass(frozen=True, slots=True)
class ExpectedContent:
    """Digests and hashes that are known before the fetch."""

    recorded: str | None
    """The digest that an earlier fetch, the store or a SHA256SUMS file gave."""
    stated: str | None
    """The digest that the version's source states."""
    hashes: Mapping[str, str]
    """The recorded SHA-256 of each file by path; empty where only the digest is known."""

    def kept(self, complete: Mapping[str, Hashed]) -> dict[str, Hashed]:
        """Returns the complete files but those whose recorded SHA-256 differs."""
        return {p: file for p, file in complete.items() if self.hashes.get(p, file.sha256) == file.sha256}

    def verify(self, digest: str) -> Verified:
        """Returns what the content is verified by. Raises FetchError if it is not the expected one."""
        if self.stated not in {None, digest}:
            raise _not_as_stated(f"the content is {digest}", self.stated)
        if self.recorded not in {None, digest}:
            message = (
                f"the content is {digest}, recorded is {self.recorded}, though every object is the pinned one for the "
                "store; which file differs is not known: delete the pod to fetch again, or register a new version"
            )
            raise FetchError(Reason.CONTENT_CHANGED, message)
        return "ETag" if self.recorded is None and self.stated is None else "SHA256"


def expected_content(folder: Path | None, stated: str | None, manifest: Manifest) -> ExpectedContent:
    """Returns what the mounted record and the source expect. Raises FetchError if they differ."""
    recorded = _recorded(folder) if folder is not None else None
    if recorded is None:
        return ExpectedContent(None, stated, {})
    if stated not in {None, recorded.digest}:
        raise _not_as_stated(f"the content was recorded as {recorded.digest}", stated)
    return ExpectedContent(recorded.digest, stated, recorded.by_path(manifest.entries))


def _recorded(folder: Path) -> Content | None:
    """Returns None while nothing is recorded: the folder of an optional ConfigMap is empty then."""
    file = folder / DIGEST_KEY
    if not file.exists():
        return None
    digest, hashes = file.read_text("utf-8", errors="replace").strip(), folder / HASHES_KEY
    if not is_digest(digest):
        raise FetchError(
            Reason.FETCH_FAILED, f"{file} holds no digest: delete its ConfigMap, the operator writes it again"
        )
    return Content(digest, hashes.read_bytes() if hashes.exists() else b"")


def _not_as_stated(found: str, stated: str | None) -> FetchError:
    message = (
        f"{found}, the version's source states {stated}: put the very files there that were promoted, or register "
        "what lies there as another version"
    )
    return FetchError(Reason.DIGEST_MISMATCH, message)
