"""What vouches for a version's content, at the import and after its first fetch. Never looks at the cluster."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from aiapp.api.artifact import PackageArtifact
from aiapp.api.conditions import ConditionType, Reason
from aiapp.domain.artifact.content import Content, reported_content
from aiapp.domain.artifact.digest_config_map import KnownContent
from aiapp.domain.conditions import Finding, Trouble, fails, holds
from aiapp.domain.fetching.pod_status import FETCHER
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.moments import moment_of

_VOUCHES: Final = {
    "Checksums": "by the store's checksums",
    "SHA256SUMS": "by SHA256SUMS",
    "Fetch": "as first fetched",
    "Spec": "as its source states; not fetched yet",
}


class StatedDigest(NamedTuple):
    """A content digest that a source states of itself."""

    field: str
    """The field that states it."""
    digest: str


@dataclass(frozen=True, slots=True)
class FetchReport:
    """What one pod reported after it had fetched and hashed every file."""

    pod: Json
    content: Content
    at: datetime


def with_digest(artifact: PackageArtifact, stated: StatedDigest | None, known: KnownContent | None) -> PackageArtifact:
    """The artifact with what is known of its content; `stated` is the source's own statement."""
    if known is not None:
        found = {"digest": known.content.digest, "digest_from": known.origin}
    elif stated is not None:
        found = {"digest": stated.digest, "digest_from": "Spec"}
    else:
        return artifact
    return artifact.model_copy(update=found | {"verification": "SHA256"})


def pinned(artifact: PackageArtifact) -> Finding:
    """`ArtifactPinned` is True, and what vouches for the content."""
    found = f"{artifact.objects} files, {artifact.size}, {artifact.pin}"
    if artifact.digest is None or artifact.digest_from is None:
        return holds(ConditionType.ARTIFACT_PINNED, f"{found}; content held by ETag until the first fetch")
    return holds(ConditionType.ARTIFACT_PINNED, f"{found}; content {artifact.digest} {_VOUCHES[artifact.digest_from]}")


def is_known(artifact: PackageArtifact) -> bool:
    """Whether anything but the source's own statement confirms the digest."""
    return artifact.digest is not None and artifact.digest_from not in {None, "Spec"}


def vouched(pin: str, versions: Iterable[Json]) -> KnownContent | None:
    """The digest that one of the versions has in its status for that pin: unlike a record, no user can write it."""
    artifacts = ((version.get("status") or {}).get("artifact") or {} for version in versions)
    known = (PackageArtifact.model_validate(artifact) for artifact in artifacts if artifact.get("pin") == pin)
    return next((KnownContent(Content(a.digest or ""), a.digest_from or "Fetch") for a in known if is_known(a)), None)


def unconfirmed(config_map: str) -> str:
    """What to report of a record that nothing confirms."""
    return (
        f"ConfigMap {config_map} states a digest that no version here vouches for: fetches are held to it; delete it "
        "unless it comes from a backup of yours"
    )


def mismatch(stated: StatedDigest | None, known: KnownContent | None) -> Finding | None:
    """`ArtifactPinned` is False: the source states another content than is known to lie there."""
    if stated is None or known is None or known.content.digest == stated.digest:
        return None
    message = (
        f"the content is {known.content.digest} {_VOUCHES[known.origin]}, {stated.field} states {stated.digest}: put "
        "the very files there that were promoted, or register what lies there as another version"
    )
    return fails(ConditionType.ARTIFACT_PINNED, Reason.DIGEST_MISMATCH, message)


def learnt(artifact: PackageArtifact, recorded: KnownContent, fetched: FetchReport | None) -> PackageArtifact:
    """The artifact with what is on record, and when that was found by a fetch."""
    digest = recorded.content.digest
    if fetched is not None and fetched.content.digest == digest:
        origin = "Fetch" if artifact.digest_from in {None, "Spec"} else artifact.digest_from
        found = {"digest": digest, "digest_from": origin, "verified_at": fetched.at, "verification": "SHA256"}
        return artifact.model_copy(update=found)
    return with_digest(artifact, None, recorded) if artifact.digest in {None, digest} else artifact


def fetched(pods: Iterable[Json], objects: int) -> list[FetchReport]:
    """What pods reported after a complete fetch of so many files, the earliest first; the malformed is left out."""
    return sorted(_fetched(pods, objects), key=lambda one: (one.at, one.pod["metadata"]["name"]))


def has_reported(pod: Json) -> bool:
    """Whether a pod has reported something after a complete fetch."""
    return bool(_end(pod).get("message"))


def deviation(deployment: Json, pods: Iterable[Json], artifact: PackageArtifact | None) -> Trouble | None:
    """A pod of the Deployment that holds another content than the one on record: it had fetched before the record."""
    if artifact is None or artifact.digest is None:
        return None
    for one in fetched((pod for pod in pods if _is_of(pod, deployment)), artifact.objects):
        if one.content.digest != artifact.digest:
            message = (
                f"pod {one.pod['metadata']['name']} fetched the content {one.content.digest}, on record is "
                f"{artifact.digest}: the store gave different bytes under the same ETags; delete the pod to fetch again"
            )
            return Trouble(Reason.CONTENT_CHANGED, message)
    return None


def _is_of(pod: Json, deployment: Json) -> bool:
    """Whether the Deployment made the pod, by its name: it only appears in messages."""
    owners = pod["metadata"].get("ownerReferences") or ()
    prefix = f"{deployment['metadata']['name']}-"
    return any(o.get("controller") and o["kind"] == "ReplicaSet" and o["name"].startswith(prefix) for o in owners)


def _fetched(pods: Iterable[Json], objects: int) -> Iterator[FetchReport]:
    for pod in pods:
        end = _end(pod)
        content = reported_content(str(end.get("message", "")), objects)
        if content is not None and (at := moment_of(end.get("finishedAt"))) is not None:
            yield FetchReport(pod, content, at)


def _end(pod: Json) -> dict[str, Any]:
    """How the fetch of a pod ended well; empty while it has not."""
    for container in pod.get("status", {}).get("initContainerStatuses") or ():
        ended = container.get("state", {}).get("terminated") or {}
        if container["name"] == FETCHER and ended.get("exitCode") == 0:
            return dict(ended)
    return {}
