"""When the store of a pinned version is looked at, and what becomes of what is found."""

import base64
import gzip
from collections.abc import Callable
from typing import Any

import pytest
from tests.support import documents
from tests.support.bucket import Bucket
from tests.support.records import NORMAL, condition, stored
from tests.support.world import World

from aiapp.api.conditions import Reason
from aiapp.api.meta import RECONCILE_AT
from aiapp.controller.workers import Outcome
from aiapp.controller.workqueue import Key
from aiapp.domain.artifact.entry import Entry
from aiapp.domain.artifact.manifest import composed, from_listing
from aiapp.domain.artifact.manifest_config_map import manifest_objects, manifest_reference
from aiapp.domain.conditions import State
from aiapp.domain.kubernetes.resources import CONFIG_MAPS, VERSIONS, Json
from aiapp.domain.objectstore.listing import Listing
from aiapp.domain.records import VersionRecord
from aiapp.domain.version.drift import drift_state, with_drift
from aiapp.domain.version.status import Report, is_pinned
from aiapp.ports.objectstore import StoreError
from aiapp.reconcile.version.drift import DRIFT, SUSPICION_SECONDS, UNKNOWN_SECONDS

PREFIX = "mnist/1.0.0/model/"
SPEC_FOLDER = documents.version()["spec"]["source"]["obs"]["uri"].removeprefix("obs://")
FILES = {f"{number:04d}.bin": b"%d" % (number * 7919) for number in range(300)}
MANIFEST = from_listing(Listing.of(Bucket(FILES, PREFIX).objects), PREFIX)
NAME = manifest_reference(MANIFEST).name
OTHER = composed([Entry("a", 1, "e")])
SAID = Report((), "Normal", {})
HOUR = 3600.0
LOOK = Key(DRIFT, "team", "mnist-1.0.0")
OTHER_WORK = Key("Other", "team", "other")


class DriftWorld(World):
    """One pinned version, its manifest, and the store that it is from."""

    def __init__(self, interval: float = HOUR) -> None:
        super().__init__(Bucket(FILES, PREFIX), drift_interval=interval)
        for part in manifest_objects(MANIFEST):
            self.put_config_map(part)
        self.annotate()

    def put_config_map(self, config_map: Json) -> None:
        metadata = config_map["metadata"] | {"namespace": "team"}
        self.hold(CONFIG_MAPS, config_map | {"metadata": metadata}, "uid-part")

    def annotate(self, request: str | None = None, **status: Any) -> VersionRecord:
        """The version as it is seen from now on."""
        status_of: dict[str, Any] = dict(NORMAL)
        artifact = status_of["artifact"] | {
            "pin": MANIFEST.pin,
            "manifestRef": manifest_reference(MANIFEST).model_dump(by_alias=True, exclude_none=True),
        }
        source = status_of["source"] | {"uri": f"obs://models/{PREFIX}"}
        raw = stored(documents.version(), status=NORMAL | {"artifact": artifact, "source": source} | status)
        if request is not None:
            raw["metadata"]["annotations"] = {RECONCILE_AT: request}
        return VersionRecord.parse(self.hold(VERSIONS, raw, raw["metadata"]["uid"]))

    async def due(self) -> bool:
        """Whether a look is due now; takes it."""
        self.queue.add(OTHER_WORK)  # so that there is something to take in any case
        taken = [await self.queue.take()]
        while len(self.queue):
            taken.append(await self.queue.take())
        for key in taken:
            self.queue.done(key)
        assert set(taken) <= {LOOK, OTHER_WORK}
        return LOOK in taken

    def said(self, record: VersionRecord) -> Report:
        """What the version's reconciler writes."""
        lost = () if self.store.get(CONFIG_MAPS, "team", NAME) else (NAME,)
        if is_pinned(record):
            self.drifts.follow(record, is_lost=bool(lost))
        return with_drift(SAID, drift_state(record, None, self.drifts.checked(record), lost))


def recorded(said: Report) -> Json:
    """A status that was written from it."""
    (finding,) = said.findings
    now = condition(finding.type, finding.state, finding.reason, finding.message)
    before: dict[str, Any] = dict(NORMAL)
    return dict(said.status) | {"conditions": [*before["conditions"], now]}


async def test_a_version_that_an_earlier_release_imported_says_nothing_before_the_first_look() -> None:
    world = DriftWorld()
    assert world.said(world.annotate()) == SAID


async def test_the_import_is_the_first_look_and_the_next_one_is_no_news_if_it_finds_the_same() -> None:
    world = DriftWorld()
    pinned_now = world.annotate().status.artifact
    assert pinned_now is not None
    fresh = VersionRecord.parse(stored(documents.version(), status=None))
    state = drift_state(fresh, pinned_now.model_copy(update={"objects": 300}), None, ())
    assert state.finding is not None
    assert state.finding.state is State.TRUE
    world.annotate(conditions=recorded(with_drift(SAID, state))["conditions"])
    await world.compare()
    assert world.bucket.listed
    assert world.triggered == []


async def test_an_import_that_pins_nothing_says_nothing_of_the_store() -> None:
    world = DriftWorld()
    assert world.said(VersionRecord.parse(stored(documents.version(), status=None))) == SAID


async def test_a_look_reads_the_manifest_live_and_lists_the_root_of_the_package_once() -> None:
    world = DriftWorld()
    outcome = await world.compare()
    assert [(where.bucket, where.prefix) for where in world.bucket.listed] == [("models", PREFIX)]
    (finding,) = world.said(world.annotate()).findings
    assert (finding.state, finding.message) == (State.TRUE, "the store holds all 300 files as they were pinned")
    assert world.triggered == [Key("AIApplicationVersion", "team", "mnist-1.0.0")]
    assert outcome == Outcome(retry_after=HOUR * 0.95)


async def test_a_pinned_version_whose_status_lost_its_source_is_looked_for_where_its_spec_says() -> None:
    world = DriftWorld()
    world.annotate(source=None)
    await world.compare()
    assert [f"{where.bucket}/{where.prefix}" for where in world.bucket.listed] == [SPEC_FOLDER]


async def test_what_is_known_already_is_not_told_again() -> None:
    world = DriftWorld()
    await world.compare()
    world.annotate(**recorded(world.said(world.annotate())))
    world.triggered.clear()
    await world.compare()
    assert world.triggered == []


async def test_drift_is_told_and_so_is_its_end() -> None:
    world = DriftWorld()
    was, world.bucket.files["0007.bin"] = world.bucket.files["0007.bin"], b"other"
    await world.compare()
    record = world.annotate()
    (finding,) = world.said(record).findings
    assert (finding.state, finding.reason) == (State.FALSE, Reason.SOURCE_LOST)
    assert finding.message.startswith("replaced '0007.bin'; 1 of 300 pinned files are gone")
    world.annotate(**recorded(world.said(record)))
    world.bucket.files["0007.bin"] = was
    await world.compare()
    assert len(world.triggered) == 2
    assert world.said(world.annotate()).findings[0].state is State.TRUE


@pytest.mark.parametrize(
    ("fault", "state", "reason"),
    [
        pytest.param(
            StoreError(Reason.ENDPOINT_UNREACHABLE, "s3.test refuses connections", retryable=True),
            State.UNKNOWN,
            Reason.ENDPOINT_UNREACHABLE,
            id="the store is down",
        ),
        pytest.param(
            StoreError(Reason.ACCESS_DENIED, "s3.test denies access", retryable=False),
            State.UNKNOWN,
            Reason.ACCESS_DENIED,
            id="the key is no longer valid",
        ),
        pytest.param(
            StoreError(Reason.PREFIX_EMPTY, "nothing lies there", retryable=False),
            State.FALSE,
            Reason.SOURCE_LOST,
            id="everything was removed",
        ),
    ],
)
async def test_what_a_store_says_instead_of_a_listing(fault: StoreError, state: State, reason: Reason) -> None:
    world = DriftWorld()
    world.bucket.fault = fault
    outcome = await world.compare()
    (finding,) = world.said(world.annotate()).findings
    assert (finding.state, finding.reason) == (state, reason)
    expected = UNKNOWN_SECONDS if state is State.UNKNOWN else HOUR
    assert outcome == Outcome(retry_after=expected * 0.95)


@pytest.mark.parametrize(
    ("held", "words"),
    [
        pytest.param({}, "does not hold a part of a manifest; delete it", id="nothing"),
        pytest.param({"manifest.gz": "bm8gbWFuaWZlc3Q="}, "not gzip", id="no manifest"),
        pytest.param(manifest_objects(OTHER)[0]["binaryData"], f"manifest {OTHER.pin}", id="another manifest"),
    ],
)
async def test_a_config_map_that_does_not_hold_what_was_pinned_is_named(held: Json, words: str) -> None:
    world = DriftWorld()
    world.api.objects[CONFIG_MAPS, "team", NAME]["binaryData"] = held
    outcome = await world.compare()
    (finding,) = world.said(world.annotate()).findings
    assert (finding.state, finding.reason) == (State.UNKNOWN, Reason.MANIFEST_MISSING)
    assert finding.message.startswith(f"ConfigMap {NAME} does not hold what was pinned")
    assert words in finding.message
    assert outcome.failed


async def test_a_manifest_of_another_hash_is_not_looked_into(monkeypatch: pytest.MonkeyPatch) -> None:
    world = DriftWorld()
    hostile = gzip.compress(b"aiapp-manifest/1\n" + b"".join(b"%06d\t1\te\t-\n" % number for number in range(9)))
    world.api.objects[CONFIG_MAPS, "team", NAME]["binaryData"] = {"manifest.gz": base64.b64encode(hostile).decode()}
    monkeypatch.setattr("aiapp.domain.artifact.manifest._entries", None)
    await world.compare()
    assert "pinned is" in world.said(world.annotate()).findings[0].message


def lose_manifest(world: DriftWorld) -> None:
    world.lose(CONFIG_MAPS, NAME)


async def test_a_deleted_manifest_is_said_at_once_and_written_again_when_the_store_lists_exactly_the_pin() -> None:
    world = DriftWorld()
    await world.compare()
    unchanged = recorded(world.said(world.annotate()))
    lose_manifest(world)
    world.triggered.clear()
    (finding,) = world.said(world.annotate(**unchanged)).findings
    assert (finding.state, finding.reason) == (State.UNKNOWN, Reason.MANIFEST_MISSING)
    assert await world.due()
    world.said(world.annotate(**unchanged))
    assert not await world.due()
    outcome = await world.compare()
    (kept,) = manifest_objects(MANIFEST)
    assert world.api.objects[CONFIG_MAPS, "team", NAME]["binaryData"] == kept["binaryData"]
    assert world.triggered == [Key("AIApplicationVersion", "team", "mnist-1.0.0")]
    (finding,) = world.said(world.annotate()).findings
    assert (finding.state, outcome.failed) == (State.TRUE, False)


LOST_FOR_GOOD = [
    pytest.param(
        lambda world: world.bucket.files.popitem(), "no longer lists exactly what was pinned", id="it lists less"
    ),
    pytest.param(
        lambda world: setattr(
            world.bucket, "fault", StoreError(Reason.ACCESS_DENIED, "s3.test denies", retryable=False)
        ),
        "the store cannot be asked for it: s3.test denies",
        id="it denies access",
    ),
    pytest.param(
        lambda world: world.put_config_map(
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": NAME}, "binaryData": {}}
        ),
        "is not labelled as the operator's: delete it",
        id="another ConfigMap took its name",
    ),
]


@pytest.mark.parametrize(("fate", "words"), LOST_FOR_GOOD)
async def test_a_deleted_manifest_that_cannot_be_written_again_is_said_and_tried_again(
    fate: Callable[[DriftWorld], object], words: str
) -> None:
    world = DriftWorld()
    lose_manifest(world)
    fate(world)
    outcome = await world.compare()
    (finding,) = world.said(world.annotate()).findings
    assert (finding.state, finding.reason) == (State.UNKNOWN, Reason.MANIFEST_MISSING)
    assert words in finding.message
    assert outcome.failed


async def test_a_look_waits_for_a_slot_when_its_namespace_has_its_share() -> None:
    world = DriftWorld()
    with world.slots.slot("https://s3.test", Key(DRIFT, "team", "slow-1.0.0")):
        outcome = await world.compare()
    assert (outcome.waiting, world.bucket.listed) == (True, [])
    assert await world.due()


async def test_the_first_look_lies_within_the_interval() -> None:
    world = DriftWorld()
    world.said(world.annotate())
    world.now = HOUR * 0.49
    assert not await world.due()
    world.now = HOUR * 0.51
    assert await world.due()


async def test_without_an_interval_there_is_a_look_only_on_request() -> None:
    world = DriftWorld(interval=0)
    world.said(world.annotate())
    world.now = 1e9
    assert not await world.due()
    world.said(world.annotate("please"))
    assert await world.due()
    assert await world.compare() == Outcome()


async def test_a_request_is_answered_once() -> None:
    world = DriftWorld()
    asking = world.annotate("one")
    assert "lastHandledReconcileAt" not in world.said(asking).status
    assert await world.due()
    world.said(asking)
    assert not await world.due()
    await world.compare()
    said = world.said(asking)
    assert said.status["lastHandledReconcileAt"] == "one"
    answered = world.annotate("one", **recorded(said))
    assert answered.request is None
    assert world.said(answered).status["lastHandledReconcileAt"] == "one"
    assert not await world.due()
    world.said(world.annotate("two", **recorded(said)))
    assert await world.due()


async def test_a_restart_says_what_was_written_before() -> None:
    world = DriftWorld()
    world.annotate("one")
    await world.compare()
    written = recorded(world.said(world.annotate("one")))
    restarted = DriftWorld()
    assert recorded(restarted.said(restarted.annotate("one", **written))) == written
    assert not await restarted.due()


async def test_a_failing_fetch_leads_to_a_look_at_once_but_not_to_many() -> None:
    world = DriftWorld()
    record = world.annotate()
    for _ in range(3):
        world.drifts.suspect(record)
    assert await world.due()
    assert not await world.due()
    world.now = SUSPICION_SECONDS
    world.drifts.suspect(record)
    assert await world.due()


async def test_a_failing_fetch_that_is_explained_leads_to_no_look() -> None:
    world = DriftWorld()
    world.bucket.files.popitem()
    await world.compare()
    world.drifts.suspect(world.annotate(**recorded(world.said(world.annotate()))))
    assert not await world.due()


async def test_what_was_found_of_a_deleted_version_is_not_said_of_a_new_one() -> None:
    world = DriftWorld()
    await world.compare()
    raw = world.annotate().raw
    again = VersionRecord.parse(raw | {"metadata": raw["metadata"] | {"uid": "another"}})
    assert world.said(again) == SAID
    world.drifts.forget(Key("AIApplicationVersion", "team", "mnist-1.0.0"))
    assert world.said(world.annotate()) == SAID


async def test_the_look_of_an_import_answers_a_request() -> None:
    world = DriftWorld()
    fresh = stored(documents.version())
    fresh["metadata"]["annotations"] = {RECONCILE_AT: "x" * 200}
    said = world.said(VersionRecord.parse(fresh))
    assert (said.findings, said.status) == ((), {"lastHandledReconcileAt": "x" * 128})
    assert not await world.due()
