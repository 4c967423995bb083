"""What is said of a version."""

from typing import Any, Final

import pytest
from tests.support.documents import changed
from tests.support.fleet import TABLES, node, seen
from tests.support.records import NORMAL, PIN, SKLEARN, condition, fresh_version, normal_version
from tests.support.verdicts import requirement, verdict

from aiapp.api.conditions import Reason
from aiapp.api.runtime import RuntimeSpec
from aiapp.api.version import ModelStatus, RuntimeStatus
from aiapp.domain.artifact.entry import Entry
from aiapp.domain.artifact.manifest import composed
from aiapp.domain.conditions import State
from aiapp.domain.nodes.compatibility import Verdict
from aiapp.domain.package.inspection import Inspection, Invalid, Unchanged, Unresolved, Valid
from aiapp.domain.records import VersionRecord
from aiapp.domain.runtimes.catalogue import Resolved, Unavailable
from aiapp.domain.sources.imported import imported, remembered
from aiapp.domain.version.drift import recalled
from aiapp.domain.version.status import Report, first_sight, is_pinned, known_listing, report

VALID = Valid(
    uri="obs://models/mnist/1.0.0/model/",
    listing="sha256:2",
    manifest=composed([Entry("config.json", 10, "e1"), Entry("model.pkl", 1024, "e2")]),
    model=ModelStatus(type="Scikit_Learn", algorithm="x", repaired=("line 1: comments ignored",)),
    runtime="python3.7",
)
RESOLVED = Resolved(RuntimeStatus(name=SKLEARN, image="r/s:1", lifecycle="Supported"))
FITS: Verdict = verdict(requirement(RuntimeSpec(name=SKLEARN), None, TABLES), seen(node("cpu-1")), TABLES)


READER: Final = "0.1.0+a"


def told(
    record: VersionRecord, inspection: Inspection, resolution: Any = RESOLVED, judged: Verdict | None = FITS
) -> Report:
    return report(record, imported(record, inspection, READER), resolution, judged)


def states(said: Report) -> dict[str, tuple[str, str]]:
    return {f.type.value: (f.state.value, f.reason.value) for f in said.findings}


def test_at_first_sight_nothing_counts_as_ready() -> None:
    said = first_sight(fresh_version())
    assert states(said)["Ready"] == ("Unknown", "Importing")
    assert states(said)["Reconciling"][0] == "True"
    assert said.phase == "Importing"


def test_an_accepted_package_is_normal_and_tells_what_it_is() -> None:
    said = told(fresh_version(), VALID)
    assert said.phase == "Normal"
    assert {type_: state for type_, (state, _) in states(said).items()} == dict.fromkeys(
        ("SourceResolved", "PackageValid", "ArtifactPinned", "RuntimeResolved", "RuntimeCompatible", "Ready"), "True"
    )
    artifact = said.status["artifact"]
    assert (artifact["objects"], artifact["size"], artifact["verification"]) == (2, "1.0 KiB", "ETag")
    assert artifact["pin"] == VALID.manifest.pin
    assert said.status["model"]["runtime"] == "python3.7"
    assert said.findings[1].message == "read leniently: line 1: comments ignored"


@pytest.mark.parametrize(
    ("inspection", "culprit", "stalled"),
    [
        pytest.param(
            Unresolved(Reason.ENDPOINT_UNREACHABLE, "no answer", retryable=True),
            "SourceResolved",
            False,
            id="store is down",
        ),
        pytest.param(
            Unresolved(Reason.ACCESS_DENIED, "denied", retryable=False), "SourceResolved", True, id="store denies"
        ),
        pytest.param(
            Invalid("obs://m/", "sha256:2", Reason.CONFIG_INVALID, "config.json line 1"),
            "PackageValid",
            True,
            id="faulty",
        ),
    ],
)
def test_a_refusal_names_its_stage_and_the_rest_waits(inspection: Inspection, culprit: str, stalled: bool) -> None:
    said = told(fresh_version(), inspection, None, None)
    found = states(said)
    assert (found[culprit][0], found["ArtifactPinned"][0], found["Ready"][0]) == ("False", "Unknown", "False")
    assert said.phase == ("Failed" if stalled else "Waiting")
    assert ("Stalled" in found) is stalled


def test_the_runtime_of_an_image_waits_for_no_package() -> None:
    version = fresh_version(spec__source={"image": {"reference": "r/mnist:1"}})
    said = told(version, Unresolved(Reason.IMAGE_NOT_FOUND, "no image", retryable=False), None, None)
    named = {str(finding.type): finding.message for finding in said.findings}
    assert "PackageValid" not in named
    assert named["RuntimeResolved"] == "waits for ArtifactPinned"


def refused(reason: Reason) -> VersionRecord:
    """A version whose package was refused, as its status has it."""
    first = told(fresh_version(), Invalid("obs://m/", "sha256:2", reason, "line 1"), None, None)
    conditions = [
        {
            "type": f.type,
            "status": f.state,
            "reason": f.reason,
            "message": f.message,
            "lastTransitionTime": "2026-01-01T00:00:00Z",
        }
        for f in first.findings
    ]
    return VersionRecord.parse(fresh_version().raw | {"status": first.status | {"conditions": conditions}})


def test_a_folder_without_config_json_is_looked_at_again_since_a_runtime_that_takes_it_may_have_come() -> None:
    assert known_listing(refused(Reason.CONFIG_MISSING), READER) is None


def test_what_another_build_of_the_operator_has_refused_is_read_again() -> None:
    faulty = refused(Reason.CONFIG_INVALID)
    assert faulty.status.source is not None
    assert faulty.status.source.reader == READER
    assert known_listing(faulty, "0.1.0+b") is None
    before_readers_were_recorded = faulty.status.source.model_copy(update={"reader": None})
    status = faulty.raw["status"] | {"source": before_readers_were_recorded.model_dump(by_alias=True, mode="json")}
    assert known_listing(VersionRecord.parse(faulty.raw | {"status": status}), READER) is None


def test_a_source_that_is_away_keeps_the_reader_that_refused_its_package() -> None:
    away = Unresolved(Reason.ENDPOINT_UNREACHABLE, "away", retryable=True)
    assert told(refused(Reason.CONFIG_INVALID), away).status["source"]["reader"] == READER


def test_an_unchanged_listing_repeats_what_was_said_and_heals_the_source() -> None:
    faulty = refused(Reason.CONFIG_INVALID)
    assert known_listing(faulty, READER) == "sha256:2"
    mended = VersionRecord.parse(faulty.raw | {"metadata": faulty.raw["metadata"] | {"generation": 2}})
    assert known_listing(mended, READER) is None
    again = told(faulty, Unchanged("sha256:2"), None, None)
    assert (states(again)["SourceResolved"][0], again.findings[1].message) == ("True", "line 1")


def test_a_pinned_version_is_not_read_again() -> None:
    record = normal_version()
    assert is_pinned(record)
    assert not is_pinned(fresh_version())
    said = report(record, remembered(record), RESOLVED, FITS)
    assert said.status["artifact"]["pin"] == PIN
    assert said.status["source"] == NORMAL["source"]


def test_a_runtime_that_is_unknown_leaves_the_package_valid() -> None:
    unknown = Unavailable(Reason.RUNTIME_UNKNOWN, "did you mean x?")
    said = told(fresh_version(), VALID, unknown, None)
    found = states(said)
    assert (found["PackageValid"][0], found["RuntimeResolved"], found["Ready"][0]) == (
        "True", ("False", "RuntimeUnknown"), "False",
    )  # fmt: skip


def test_a_package_that_a_runtime_serves_says_that_fields_of_images_have_no_effect() -> None:
    said = told(fresh_version(spec__container={"port": 9000}), VALID, RESOLVED, FITS)
    found = next(one for one in said.findings if one.type == "RuntimeResolved")
    assert found.message.endswith("; container: port has no effect: a runtime says how it is started and asked")


MISMATCH = {"nodes": 1, "examples": ["n"]}


def test_nodes_are_no_part_of_ready() -> None:
    nowhere = verdict(requirement(RuntimeSpec(name=SKLEARN), None, TABLES), seen(node("n", arch="arm64")), TABLES)
    said = told(fresh_version(), VALID, RESOLVED, nowhere)
    assert (states(said)["RuntimeCompatible"], states(said)["Ready"][0]) == (("False", "Incompatible"), "True")
    assert said.status["compatibility"] == {
        "verdict": "Incompatible",
        "nodes": 1,
        "compatible": 0,
        "reasons": [{**MISMATCH, "reason": "ArchitectureMismatch", "detail": "the node is arm64, the runtime amd64"}],
        "nearFits": [{**MISMATCH, "missing": "ArchitectureMismatch", "remedy": "a runtime for arm64"}],
    }


def test_a_reason_that_a_newer_operator_gave_is_told_on_and_nothing_raises() -> None:
    conditions = [
        condition("PackageValid", reason="NewlyInvented"),
        condition("SourceUnchanged", "False", "Other", "m"),
    ]
    kept = [one for one in normal_version().raw["status"]["conditions"] if one["type"] != "PackageValid"]
    record = VersionRecord.parse(changed(normal_version().raw, status__conditions=[*kept, *conditions]))
    said = report(record, remembered(record), RESOLVED, FITS)
    assert states(said)["PackageValid"] == ("True", "Succeeded")
    assert said.phase == "Normal"
    finding = recalled(record)
    assert finding is not None
    assert (finding.state, finding.reason, finding.message) == (State.FALSE, Reason.UNRECOGNIZED, "m")


def test_what_was_pinned_stays_pinned_whatever_became_of_its_conditions() -> None:
    raw = normal_version().raw
    record = VersionRecord.parse(changed(raw, status__conditions=[]))
    assert is_pinned(record)
