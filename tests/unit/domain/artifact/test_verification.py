"""What is said to vouch for a content, from the import to the first fetch and after it."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.support.documents import changed
from tests.support.records import PIN, deployed, normal_version, observed, pod

from aiapp.api.artifact import PackageArtifact
from aiapp.api.conditions import ConditionType, Reason
from aiapp.domain.application.observed import Children
from aiapp.domain.application.plan import plan
from aiapp.domain.application.status import assess
from aiapp.domain.artifact.content import Content
from aiapp.domain.artifact.digest_config_map import KnownContent
from aiapp.domain.artifact.verification import (
    StatedDigest,
    deviation,
    fetched,
    has_reported,
    learnt,
    mismatch,
    pinned,
    with_digest,
)
from aiapp.domain.conditions import State

ONE, OTHER = f"sha256:{'d1' * 32}", f"sha256:{'d2' * 32}"
FIELD = "spec.source.obs.digest"
AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SUMS = KnownContent(Content(ONE, bytes(96)), "SHA256SUMS")


def artifact(**known: Any) -> PackageArtifact:
    found = normal_version().package
    assert found is not None
    return found.model_copy(update=known)


def telling(digest: str, name: str = "mnist-1-0-0-x", at: str = "2026-01-02T03:04:05Z", **ended: Any) -> dict[str, Any]:
    """A pod whose fetch has ended."""
    message = json.dumps({"digest": digest, "files": 3})
    terminated = {"exitCode": 0, "message": message, "finishedAt": at} | ended
    spoken = pod(name=name, initContainerStatuses=[{"name": "fetch", "state": {"terminated": terminated}}])
    maker = {"kind": "ReplicaSet", "name": "mnist-1-0-0-abc", "uid": "uid-rs", "controller": True}
    return changed(spoken, metadata__ownerReferences=[maker])


@pytest.mark.parametrize(
    ("stated", "known", "expected"),
    [
        pytest.param(None, None, (None, None, "ETag"), id="nothing is known"),
        pytest.param(None, SUMS, (ONE, "SHA256SUMS", "SHA256"), id="the package brings its hashes"),
        pytest.param(ONE, None, (ONE, "Spec", "SHA256"), id="the source states it"),
        pytest.param(ONE, SUMS, (ONE, "SHA256SUMS", "SHA256"), id="both agree"),
    ],
)
def test_at_the_import(stated: str | None, known: KnownContent | None, expected: tuple[str | None, ...]) -> None:
    of_source = StatedDigest(FIELD, stated) if stated else None
    found = with_digest(artifact(), of_source, known)
    assert (found.digest, found.digest_from, found.verification) == expected
    assert mismatch(of_source, known) is None


@pytest.mark.parametrize(
    ("found", "words"),
    [
        pytest.param(artifact(), "content held by ETag until the first fetch", id="nothing else"),
        pytest.param(artifact(digest=ONE, digest_from="Checksums"), f"content {ONE} by the store's", id="checksums"),
        pytest.param(artifact(digest=ONE, digest_from="Spec"), "not fetched yet", id="the source alone"),
        pytest.param(artifact(digest=ONE, digest_from="Fetch"), f"content {ONE} as first fetched", id="a fetch"),
    ],
)
def test_the_condition_says_what_vouches(found: PackageArtifact, words: str) -> None:
    told = pinned(found)
    assert (told.type, told.state) == (ConditionType.ARTIFACT_PINNED, State.TRUE)
    assert PIN in told.message
    assert words in told.message


def test_a_content_that_is_known_to_be_another_than_stated_is_not_pinned() -> None:
    refused = mismatch(StatedDigest(FIELD, OTHER), SUMS)
    assert refused is not None
    assert (refused.type, refused.state, refused.reason) == (
        ConditionType.ARTIFACT_PINNED,
        State.FALSE,
        Reason.DIGEST_MISMATCH,
    )
    assert ONE in refused.message
    assert f"{FIELD} states {OTHER}" in refused.message


@pytest.mark.parametrize(
    ("before", "origin"),
    [
        pytest.param({}, "Fetch", id="learnt"),
        pytest.param({"digest": ONE, "digest_from": "Spec"}, "Fetch", id="the stated one"),
        pytest.param({"digest": ONE, "digest_from": "Checksums"}, "Checksums", id="the store's, confirmed"),
    ],
)
def test_after_a_first_fetch(before: dict[str, Any], origin: str) -> None:
    told = fetched([telling(ONE)], 3)[0]
    found = learnt(artifact(**before), KnownContent(told.content, "Fetch"), told)
    assert (found.digest, found.digest_from, found.verified_at, found.verification) == (ONE, origin, AT, "SHA256")


def test_what_is_on_record_wins_over_what_a_pod_tells() -> None:
    told = fetched([telling(OTHER)], 3)[0]
    found = learnt(artifact(), KnownContent(Content(ONE), "Fetch"), told)
    assert (found.digest, found.verified_at) == (ONE, None)


def test_what_the_source_states_is_not_changed_by_another_record() -> None:
    stated = artifact(digest=OTHER, digest_from="Spec")
    assert learnt(stated, KnownContent(Content(ONE), "Fetch"), None) == stated


def test_the_earliest_pod_is_the_first_to_be_heard() -> None:
    pods = [telling(ONE, "b", "2026-01-02T03:04:06Z"), telling(OTHER, "a", "2026-01-02T03:04:05Z")]
    assert [one.pod["metadata"]["name"] for one in fetched(pods, 3)] == ["a", "b"]


@pytest.mark.parametrize(
    "ended",
    [
        pytest.param({"exitCode": 3}, id="a failed fetch"),
        pytest.param({"message": "done"}, id="words"),
        pytest.param({"message": ""}, id="nothing"),
        pytest.param({"finishedAt": "yesterday"}, id="no time"),
        pytest.param({"finishedAt": "2026-01-02T03:04:05"}, id="a time without zone"),
    ],
)
def test_a_pod_is_not_heard_that_tells_of(ended: dict[str, Any]) -> None:
    assert fetched([telling(ONE, **ended)], 3) == []


def test_other_containers_are_not_heard() -> None:
    spoken = telling(ONE)
    spoken["status"]["initContainerStatuses"][0]["name"] = "dependencies"
    assert not has_reported(spoken)
    assert fetched([spoken], 3) == []


@pytest.mark.parametrize("ready", [2, 1], ids=["when all run", "while the rollout goes on"])
def test_a_pod_that_holds_another_content_is_a_condition_of_its_application(ready: int) -> None:
    raw = normal_version().raw
    record = type(normal_version()).parse(
        raw | {"status": raw["status"] | {"artifact": raw["status"]["artifact"] | {"digest": ONE}}}
    )
    pods = (telling(ONE, "mnist-1-0-0-a"), telling(OTHER, "mnist-1-0-0-b"))
    seen = observed(None, record, children=Children(deployments=(deployed(replicas=2, ready=ready),), pods=pods))
    said = assess(seen, plan(seen))
    found = next(f for f in said.findings if f.type is ConditionType.WORKLOADS_AVAILABLE)
    assert (found.state, found.reason) == (State.FALSE, Reason.CONTENT_CHANGED)
    assert "pod mnist-1-0-0-b" in found.message
    assert "mnist-1-0-0-a" not in found.message


def test_no_pod_deviates_while_nothing_is_on_record() -> None:
    assert deviation(deployed(), [telling(ONE), telling(OTHER)], artifact()) is None


def test_no_pod_of_somebody_else_deviates() -> None:
    strangers = [changed(telling(OTHER), metadata__ownerReferences=[])]
    assert deviation(deployed(), strangers, artifact(digest=ONE)) is None
