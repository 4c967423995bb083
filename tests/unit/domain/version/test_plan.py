"""What is to be done about a version: from what was gathered to what is written, told and looked at."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.support.documents import changed
from tests.support.fleet import TABLES, node, seen
from tests.support.records import CREATED, NOON, NORMAL, PIN, SKLEARN, fresh_version, image_version, normal_version

from aiapp.api.conditions import ConditionType, Reason
from aiapp.api.runtime import RuntimeSpec
from aiapp.api.version import ModelStatus
from aiapp.domain.artifact.content import Content
from aiapp.domain.artifact.digest_config_map import KnownContent
from aiapp.domain.artifact.entry import Entry
from aiapp.domain.artifact.manifest import composed
from aiapp.domain.artifact.manifest_config_map import manifest_objects
from aiapp.domain.artifact.sharing import used_by
from aiapp.domain.conditions import State, fails, holds, unknown
from aiapp.domain.events import Event
from aiapp.domain.kubernetes.naming import digest_config_map, manifest_config_map
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.package.inspection import Invalid, Unresolved, Valid
from aiapp.domain.records import VersionRecord
from aiapp.domain.version.drift import DriftResult
from aiapp.domain.version.pinning import Shared
from aiapp.domain.version.plan import COUNTS_SECONDS, ObservedVersion, Recording, UnderWay, VersionPlan, plan

VALID = Valid(
    uri="obs://models/mnist/1.0.0/",
    listing="sha256:2",
    manifest=composed([Entry("config.json", 10, "e1"), Entry("model.pkl", 1024, "e2")]),
    model=ModelStatus(type="Scikit_Learn", algorithm="x"),
    runtime=SKLEARN,
)
DIGEST = KnownContent(Content(f"sha256:{'d1' * 32}"), "SHA256SUMS")
CATALOGUE = {SKLEARN: RuntimeSpec(name=SKLEARN, image="r/s:1")}
MANIFEST = manifest_config_map(PIN)
RECORD = digest_config_map(PIN)


def config_map(name: str, record: VersionRecord, used: Json | None = None) -> Json:
    return {"metadata": {"name": name, **(used_by(record.raw) if used is None else used)}}


def new(**changes: Any) -> ObservedVersion:
    """A version of which nothing is known, with a valid package."""
    record = changes.pop("record", fresh_version())
    observed = ObservedVersion(
        now=NOON,
        record=record,
        inspection=VALID,
        reader="0.1.0+a",
        shared=Shared(record=record, config_maps=changes.pop("config_maps", {}), namespace_bytes=0),
        manifest_bytes=1 << 20,
        catalogue=CATALOGUE,
        inventory=seen(node("cpu-1")),
        tables=TABLES,
    )
    return replace(observed, **changes)


def pinned(
    config_maps: Mapping[str, Json | None] | None = None, artifact: Json | None = None, **changes: Any
) -> ObservedVersion:
    """A version that is pinned; of `config_maps` the metadata say that it uses them unless others are given."""
    status = NORMAL | {"artifact": NORMAL["artifact"] | (artifact or {})}  # type: ignore[operator]
    record = VersionRecord.parse(normal_version().raw | {"status": status})
    held = {MANIFEST: None} if config_maps is None else config_maps
    maps = {name: config_map(name, record, used) for name, used in held.items()}
    return new(record=record, inspection=None, config_maps=maps, **changes)


def condition(wanted: VersionPlan, type_: ConditionType) -> tuple[str, str, str]:
    found = next(f for f in wanted.report.findings if f.type is type_)
    return found.state.value, found.reason.value, found.message


def events(wanted: VersionPlan) -> list[tuple[str, str]]:
    return [(event.type, event.reason.value) for event in wanted.events]


# The import


def test_a_valid_package_is_kept_and_pinned_and_told_of() -> None:
    wanted = plan(new())
    assert (wanted.keep, wanted.put_on_record, wanted.failed) == (VALID.manifest, None, False)
    assert wanted.report.status["artifact"]["pin"] == VALID.manifest.pin
    assert events(wanted) == [("Normal", "Normal")]
    message = wanted.events[0].message
    assert message.startswith(f"published, runs on {SKLEARN}; model files pinned: 2 files")
    assert message.endswith("Scikit_Learn, x")


def test_a_digest_that_is_known_at_the_import_is_put_on_record() -> None:
    wanted = plan(new(inspection=replace(VALID, content=DIGEST)))
    assert wanted.put_on_record == Recording(VALID.manifest.pin, DIGEST)
    assert wanted.report.status["artifact"]["digest"] == DIGEST.content.digest


def test_an_import_that_goes_on_says_so_and_nothing_else() -> None:
    wanted = plan(new(inspection=UnderWay()))
    assert wanted.report.phase == "Importing"
    assert events(wanted) == [("Normal", "ImportStarted")]
    assert (wanted.keep, wanted.follows, wanted.failed) == (None, False, False)


NOT_PINNED = [
    pytest.param(
        {"inspection": Unresolved(Reason.ACCESS_DENIED, "denied", retryable=False)},
        ConditionType.SOURCE_RESOLVED,
        "AccessDenied",
        id="the store denies access",
    ),
    pytest.param(
        {"inspection": Invalid("obs://m/", "sha256:1", Reason.CONFIG_INVALID, "faulty")},
        ConditionType.PACKAGE_VALID,
        "ConfigInvalid",
        id="the package breaks a rule",
    ),
    pytest.param(
        {"taken": "ConfigMap x exists and does not hold the manifest: delete it"},
        ConditionType.ARTIFACT_PINNED,
        "NameTaken",
        id="a ConfigMap is somebody else's",
    ),
    pytest.param(
        {
            "config_maps": {
                MANIFEST: config_map(MANIFEST, fresh_version(), {"labels": {"version.aiapp.dev/mnist-1.0.0": "x"}})
            }
        },
        ConditionType.ARTIFACT_PINNED,
        "PinMismatch",
        id="it was pinned to other content in an earlier life",
    ),
    pytest.param(
        {"manifest_bytes": 10}, ConditionType.ARTIFACT_PINNED, "LimitExceeded", id="the namespace keeps too much"
    ),
]


@pytest.mark.parametrize(("observed", "culprit", "reason"), NOT_PINNED)
def test_nothing_is_pinned_or_written_when(observed: dict[str, Any], culprit: ConditionType, reason: str) -> None:
    wanted = plan(new(**observed))
    assert (wanted.keep, wanted.put_on_record, wanted.failed) == (None, None, True)
    assert "artifact" not in wanted.report.status
    assert condition(wanted, culprit)[:2] == ("False", reason)
    assert events(wanted) == [("Warning", reason)]


def test_a_manifest_that_another_version_keeps_already_costs_no_room() -> None:
    held = {one["metadata"]["name"]: one for one in manifest_objects(VALID.manifest)}
    assert plan(new(config_maps=held, manifest_bytes=10)).keep == VALID.manifest


# What a pinned version holds


def test_a_pinned_version_that_is_as_it_should_be_asks_for_nothing_but_looks_at_its_store() -> None:
    wanted = plan(pinned())
    assert (wanted.keep, wanted.put_on_record, wanted.share, wanted.release) == (None, None, (), ())
    assert (wanted.follows, wanted.is_lost, wanted.failed, wanted.retry_after) == (True, False, False, None)


def test_it_takes_its_manifest_and_record_back_when_a_backup_left_its_owner_out() -> None:
    assert plan(pinned({MANIFEST: {}, RECORD: {}})).share == (MANIFEST, RECORD)


def test_it_lets_go_of_a_manifest_that_an_interrupted_import_noted() -> None:
    other = manifest_config_map(f"sha256:{'0' * 64}")
    wanted = plan(pinned({MANIFEST: None, other: None, f"{other}-1": None, f"{other}-digest": None}))
    assert set(wanted.release) == {other, f"{other}-1", f"{other}-digest"}


def test_a_manifest_that_is_gone_is_said_and_looked_for_at_once() -> None:
    wanted = plan(pinned({}))
    assert (wanted.is_lost, condition(wanted, ConditionType.SOURCE_UNCHANGED)[:2]) == (
        True,
        ("Unknown", "ManifestMissing"),
    )
    assert ("Warning", "ManifestMissing") in events(wanted)
    assert condition(wanted, ConditionType.READY)[0] == "True"


# Its digest


LEARNS = [
    pytest.param({"vouched": DIGEST}, (DIGEST, DIGEST.content.digest), id="another version vouches for a digest"),
    pytest.param({}, (None, None), id="nobody says anything"),
]


@pytest.mark.parametrize(("observed", "expected"), LEARNS)
def test_a_version_without_digest_learns_it_when(
    observed: dict[str, Any], expected: tuple[KnownContent | None, str]
) -> None:
    wanted = plan(pinned(**observed))
    recorded = wanted.put_on_record.known if wanted.put_on_record else None
    assert (recorded, wanted.report.status["artifact"].get("digest")) == expected


KNOWN = {"digest": DIGEST.content.digest, "digestFrom": "SHA256SUMS", "verification": "SHA256"}


def test_a_digest_that_is_known_is_put_on_record_again_only_where_that_is_gone() -> None:
    assert plan(pinned(artifact=KNOWN)).put_on_record == Recording(PIN, DIGEST)
    assert plan(pinned({MANIFEST: None, RECORD: None}, artifact=KNOWN)).put_on_record is None


DOUBTS = [
    pytest.param(
        pinned({MANIFEST: None, RECORD: None}),
        f"ConfigMap {RECORD} states a digest that no version here vouches for",
        id="nobody vouches for the record",
    ),
    pytest.param(pinned(artifact=KNOWN, taken="ConfigMap x is taken"), "ConfigMap x is taken", id="it is taken"),
]


@pytest.mark.parametrize(("observed", "words"), DOUBTS)
def test_a_record_is_doubted_but_the_pin_stands_when(observed: ObservedVersion, words: str) -> None:
    wanted = plan(observed)
    state, _, message = condition(wanted, ConditionType.ARTIFACT_PINNED)
    assert (state, words in message, wanted.failed) == ("True", True, False)


# Its source


UNCHANGED = holds(ConditionType.SOURCE_UNCHANGED, "as pinned")
CHANGED = fails(ConditionType.SOURCE_UNCHANGED, Reason.SOURCE_CHANGED, "replaced")
UNREACHABLE = unknown(ConditionType.SOURCE_UNCHANGED, Reason.ENDPOINT_UNREACHABLE, "down")
LOOKS = [
    pytest.param(UNCHANGED, [], id="nothing has changed"),
    pytest.param(CHANGED, [("Warning", "SourceChanged")], id="an object was replaced"),
    pytest.param(UNREACHABLE, [], id="the store could not be asked"),
]


@pytest.mark.parametrize(("found", "told"), LOOKS)
def test_what_a_look_found_is_said_and_a_change_of_it_is_told_when(found: Any, told: list[tuple[str, str]]) -> None:
    observed = pinned(checked=DriftResult("uid-mnist-1.0.0", found, "a request"))
    wanted = plan(observed)
    assert condition(wanted, ConditionType.SOURCE_UNCHANGED) == (found.state.value, found.reason.value, found.message)
    assert wanted.report.status["lastHandledReconcileAt"] == "a request"
    assert events(wanted) == told


# Its runtime and its nodes


def test_a_runtime_that_nobody_knows_leaves_the_package_pinned() -> None:
    wanted = plan(new(catalogue={}))
    assert condition(wanted, ConditionType.RUNTIME_RESOLVED)[:2] == ("False", "RuntimeUnknown")
    assert events(wanted) == [("Normal", "Imported"), ("Warning", "RuntimeUnknown")]
    assert (wanted.keep, wanted.failed) == (VALID.manifest, False)


def counted(nodes: int) -> Callable[[float | None], VersionPlan]:
    """The plan for a version whose status tells of one node, when there are so many; by the age of what it tells."""
    said = plan(pinned())
    told = [
        {
            "type": f.type.value,
            "status": f.state.value,
            "reason": f.reason.value,
            "lastTransitionTime": "2026-01-01T00:00:00Z",
        }
        for f in said.report.findings
    ]
    observed = pinned(inventory=seen(*(node(f"cpu-{number}") for number in range(nodes))))
    raw = changed(observed.record.raw, status=said.report.status | {"conditions": told})
    record = VersionRecord.parse(raw)
    return lambda ago: plan(
        replace(observed, record=record, counted=None if ago is None else NOON - timedelta(seconds=ago))
    )


def test_mere_counts_of_nodes_are_written_at_most_every_few_minutes() -> None:
    two_nodes = counted(2)
    first = two_nodes(None)
    assert (first.writes_status, first.counted) == (True, NOON)
    soon = two_nodes(100)
    assert (soon.writes_status, soon.retry_after, soon.events) == (False, COUNTS_SECONDS - 100, ())
    later = two_nodes(COUNTS_SECONDS)
    assert (later.writes_status, later.retry_after, later.counted) == (True, None, NOON)


def test_another_verdict_is_written_at_once() -> None:
    wanted = counted(0)(1)
    assert wanted.writes_status
    assert condition(wanted, ConditionType.RUNTIME_COMPATIBLE)[0] != State.TRUE.value


def test_what_is_pinned_to_an_image_stays_as_it_is() -> None:
    record = image_version()
    wanted = plan(new(record=record, inspection=None))
    assert (wanted.keep, wanted.put_on_record, wanted.share, wanted.release) == (None, None, (), ())
    assert wanted.report.status["artifact"] == record.raw["status"]["artifact"]
    assert wanted.report.status["source"]["type"] == "Image"
    assert wanted.report.ready.state is State.TRUE


@pytest.mark.parametrize("observed", [new(), new(inspection=UnderWay()), pinned()], ids=["new", "under way", "pinned"])
def test_it_says_which_application_serves_it(observed: ObservedVersion) -> None:
    assert plan(replace(observed, used_by=("mnist",))).report.status["usedBy"] == ["mnist"]
    assert "usedBy" not in plan(observed).report.status


def test_a_version_that_an_earlier_release_has_pinned_says_by_now_who_registered_it() -> None:
    said = plan(pinned()).report.status["provenance"]
    assert said["createdAt"] == CREATED


def test_the_status_remembers_each_step_of_an_import_and_its_outcome() -> None:
    found = [one.reason if isinstance(one, Event) else one["reason"] for one in plan(new()).past]
    assert found == [
        "ImportStarted",
        "SourceResolved",
        "PackageValid",
        "ArtifactPinned",
        "RuntimeResolved",
        "Compatible",
        "Normal",
    ]
    assert plan(pinned()).past == ()
