"""When the store of a pinned version is looked at, and what becomes of what is found."""

import asyncio
import base64
import gzip
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from tests.support import documents
from tests.support.fake_api import FakeApi
from tests.support.records import NORMAL, condition, stored
from tests.support.world import Bucket, Trusting
from typing_extensions import override

from aiapp.api.conditions import Reason
from aiapp.controller.cache import Cache
from aiapp.controller.workers import Outcome
from aiapp.controller.workqueue import Key, WorkQueue
from aiapp.controller.write_through import WriteThrough
from aiapp.domain.artifact.manifest import Entry, Listed, composed
from aiapp.domain.artifact.manifest_config_map import manifest_objects, manifest_reference
from aiapp.domain.conditions import State
from aiapp.domain.kubernetes.resources import CONFIG_MAPS, VERSIONS, Json
from aiapp.domain.objectstore.credentials import Credentials
from aiapp.domain.objectstore.listing import Listing
from aiapp.domain.objectstore.location import Location
from aiapp.domain.records import RECONCILE_AT, VersionRecord
from aiapp.domain.version.drift import looked, with_look
from aiapp.domain.version.status import Report, is_pinned
from aiapp.ports import StoreError
from aiapp.reconcile.cluster import StoredCluster
from aiapp.reconcile.import_slots import StoreSlots
from aiapp.reconcile.manifests import Manifests
from aiapp.reconcile.shared_config_maps import SharedConfigMaps
from aiapp.reconcile.sources.obs import ObsPorts
from aiapp.reconcile.sources.sources import Sources
from aiapp.reconcile.version.drift import (
    DRIFT,
    SUSPICION_SECONDS,
    UNKNOWN_SECONDS,
    DriftPorts,
    DriftReconciler,
    DriftTiming,
    DriftTracker,
)
from aiapp.wiring import utc_now

MANIFEST = composed(Entry(f"{number:04d}.bin", 1, f"{number * 7919:032x}") for number in range(300))
NAME = manifest_reference(MANIFEST).name
OTHER = composed([Entry("a", 1, "e")])
PREFIX = "mnist/1.0.0/model/"
SAID = Report((), "Normal", {})
HOUR = 3600.0
LOOK = Key(DRIFT, "team", "mnist-1.0.0")


class Held(Bucket):
    """What the store holds; `fault` is what it says instead."""

    def __init__(self) -> None:
        super().__init__()
        self.listed = [Listed(f"{PREFIX}{e.path}", e.size, e.etag) for e in MANIFEST.entries]
        self.looks: list[Location] = []

    @override
    async def history(self, location: Location, credentials: Credentials | None) -> Listing:
        self.looks.append(location)
        if self.fault is not None:
            raise self.fault
        return Listing.of(self.listed)


class World:
    """One pinned version, its manifest, and a store."""

    def __init__(self, interval: float = HOUR) -> None:
        self.api, self.held, self.now = FakeApi(), Held(), 0.0
        self.store: Cache[Any] = Cache(facts=lambda _: None)
        self.queue = WorkQueue(lambda: self.now)
        self.drifts = DriftTracker(self.queue, DriftTiming(interval, lambda: self.now, uniform=lambda: 0.5))
        self.slots = StoreSlots(2, self.queue.add)
        self.told: list[Key] = []
        self.news = count(1000)
        api = WriteThrough(self.api, self.store)
        shared = SharedConfigMaps(api, self.store)
        self.manifests = Manifests(shared)
        for part in manifest_objects(MANIFEST):
            self.put_config_map(part)
        self.annotate()
        self.reconciler = DriftReconciler(
            DriftPorts(
                store=self.store,
                sources=Sources(
                    ObsPorts(
                        cluster=StoredCluster(api, utc_now),
                        objects=self.held,
                        parsers=Trusting(),
                        manifests=self.manifests,
                        seconds=5,
                        checksum_objects=0,
                    )
                ),
                slots=self.slots,
                drifts=self.drifts,
                tell=self.told.append,
            )
        )

    def put_config_map(self, config_map: Json) -> None:
        metadata = config_map["metadata"] | {"namespace": "team"}
        self.store.put(CONFIG_MAPS, self.api.hold(config_map | {"metadata": metadata}, "uid-part"))

    def annotate(self, request: str | None = None, **status: Any) -> VersionRecord:
        """The version as it is seen from now on."""
        status_of: dict[str, Any] = dict(NORMAL)
        artifact = status_of["artifact"] | {
            "pin": MANIFEST.pin,
            "manifestRef": manifest_reference(MANIFEST).model_dump(by_alias=True, exclude_none=True),
        }
        source = status_of["source"] | {"uri": f"obs://models/{PREFIX}"}
        raw = stored(documents.version(), status=NORMAL | {"artifact": artifact, "source": source} | status)
        raw["metadata"] |= {"resourceVersion": str(next(self.news))}
        if request is not None:
            raw["metadata"]["annotations"] = {RECONCILE_AT: request}
        self.store.put(VERSIONS, raw)
        return VersionRecord.parse(raw)

    async def due(self) -> bool:
        """Whether a look is due now; takes it."""
        taking = asyncio.create_task(self.queue.take())
        await asyncio.sleep(0)
        if not taking.done():
            taking.cancel()
            await asyncio.gather(taking, return_exceptions=True)
            return False
        assert taking.result() == LOOK
        self.queue.done(LOOK)
        return True

    async def look(self) -> Outcome:
        return await self.reconciler(LOOK)

    def said(self, record: VersionRecord) -> Report:
        """What the version's reconciler writes."""
        lost = () if self.store.get(CONFIG_MAPS, "team", NAME) else (NAME,)
        if is_pinned(record):
            self.drifts.follow(record, is_lost=bool(lost))
        return with_look(SAID, looked(record, None, self.drifts.checked(record), lost))


def recorded(said: Report) -> Json:
    """A status that was written from it."""
    (finding,) = said.findings
    now = condition(finding.type, finding.state, finding.reason, finding.message)
    before: dict[str, Any] = dict(NORMAL)
    return dict(said.status) | {"conditions": [*before["conditions"], now]}


async def test_a_version_that_an_earlier_release_imported_says_nothing_before_the_first_look() -> None:
    world = World()
    assert world.said(world.annotate()) == SAID


async def test_the_import_is_the_first_look_and_the_next_one_is_no_news_if_it_finds_the_same() -> None:
    world = World()
    pinned_now = world.annotate().status.artifact
    assert pinned_now is not None
    fresh = VersionRecord.parse(stored(documents.version(), status=None))
    look = looked(fresh, pinned_now.model_copy(update={"objects": 300}), None, ())
    assert look.finding is not None
    assert look.finding.state is State.TRUE
    world.annotate(conditions=recorded(with_look(SAID, look))["conditions"])
    await world.look()
    assert world.held.looks
    assert world.told == []


async def test_an_import_that_pins_nothing_says_nothing_of_the_store() -> None:
    world = World()
    assert world.said(VersionRecord.parse(stored(documents.version(), status=None))) == SAID


async def test_a_look_reads_the_manifest_live_and_lists_the_root_of_the_package_once() -> None:
    world = World()
    outcome = await world.look()
    assert [(where.bucket, where.prefix) for where in world.held.looks] == [("models", PREFIX)]
    (finding,) = world.said(world.annotate()).findings
    assert (finding.state, finding.message) == (State.TRUE, "the store holds all 300 files as they were pinned")
    assert world.told == [Key("AIApplicationVersion", "team", "mnist-1.0.0")]
    assert outcome == Outcome(retry_after=HOUR * 0.95)


async def test_what_is_known_already_is_not_told_again() -> None:
    world = World()
    await world.look()
    world.annotate(**recorded(world.said(world.annotate())))
    world.told.clear()
    await world.look()
    assert world.told == []


async def test_drift_is_told_and_so_is_its_end() -> None:
    world = World()
    was, world.held.listed[7] = world.held.listed[7], world.held.listed[7]._replace(etag="other")
    await world.look()
    record = world.annotate()
    (finding,) = world.said(record).findings
    assert (finding.state, finding.reason) == (State.FALSE, Reason.SOURCE_CHANGED)
    assert finding.message.startswith("replaced '0007.bin'; 1 of 300 pinned files are gone")
    world.annotate(**recorded(world.said(record)))
    world.held.listed[7] = was
    await world.look()
    assert len(world.told) == 2
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
            Reason.SOURCE_CHANGED,
            id="everything was removed",
        ),
    ],
)
async def test_what_a_store_says_instead_of_a_listing(fault: StoreError, state: State, reason: Reason) -> None:
    world = World()
    world.held.fault = fault
    outcome = await world.look()
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
    world = World()
    world.api.objects[CONFIG_MAPS, "team", NAME]["binaryData"] = held
    outcome = await world.look()
    (finding,) = world.said(world.annotate()).findings
    assert (finding.state, finding.reason) == (State.UNKNOWN, Reason.MANIFEST_MISSING)
    assert finding.message.startswith(f"ConfigMap {NAME} does not hold what was pinned")
    assert words in finding.message
    assert outcome.failed


async def test_a_manifest_of_another_hash_is_not_looked_into(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    hostile = gzip.compress(b"aiapp-manifest/1\n" + b"".join(b"%06d\t1\te\t-\n" % number for number in range(9)))
    world.api.objects[CONFIG_MAPS, "team", NAME]["binaryData"] = {"manifest.gz": base64.b64encode(hostile).decode()}
    monkeypatch.setattr("aiapp.domain.artifact.manifest._entries", None)
    await world.look()
    assert "pinned is" in world.said(world.annotate()).findings[0].message


def lose_manifest(world: World) -> None:
    lost = world.api.objects.pop((CONFIG_MAPS, "team", NAME))
    world.store.remove(CONFIG_MAPS, lost)


async def test_a_deleted_manifest_is_said_at_once_and_written_again_when_the_store_lists_exactly_the_pin() -> None:
    world = World()
    await world.look()
    unchanged = recorded(world.said(world.annotate()))
    lose_manifest(world)
    world.told.clear()
    (finding,) = world.said(world.annotate(**unchanged)).findings
    assert (finding.state, finding.reason) == (State.UNKNOWN, Reason.MANIFEST_MISSING)
    assert await world.due()
    world.said(world.annotate(**unchanged))
    assert not await world.due()
    outcome = await world.look()
    (kept,) = manifest_objects(MANIFEST)
    assert world.api.objects[CONFIG_MAPS, "team", NAME]["binaryData"] == kept["binaryData"]
    assert world.told == [Key("AIApplicationVersion", "team", "mnist-1.0.0")]
    (finding,) = world.said(world.annotate()).findings
    assert (finding.state, outcome.failed) == (State.TRUE, False)


LOST_FOR_GOOD = [
    pytest.param(lambda world: world.held.listed.pop(), "no longer lists exactly what was pinned", id="it lists less"),
    pytest.param(
        lambda world: setattr(world.held, "fault", StoreError(Reason.ACCESS_DENIED, "s3.test denies", retryable=False)),
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
    fate: Callable[[World], object], words: str
) -> None:
    world = World()
    lose_manifest(world)
    fate(world)
    outcome = await world.look()
    (finding,) = world.said(world.annotate()).findings
    assert (finding.state, finding.reason) == (State.UNKNOWN, Reason.MANIFEST_MISSING)
    assert words in finding.message
    assert outcome.failed


async def test_a_look_waits_for_a_slot_when_its_namespace_has_its_share() -> None:
    world = World()
    with world.slots.slot("https://s3.test", Key(DRIFT, "team", "slow-1.0.0")):
        outcome = await world.look()
    assert (outcome.waiting, world.held.looks) == (True, [])
    assert await world.due()


async def test_the_first_look_lies_within_the_interval() -> None:
    world = World()
    world.said(world.annotate())
    world.now = HOUR * 0.49
    assert not await world.due()
    world.now = HOUR * 0.51
    assert await world.due()


async def test_without_an_interval_there_is_a_look_only_on_request() -> None:
    world = World(interval=0)
    world.said(world.annotate())
    world.now = 1e9
    assert not await world.due()
    world.said(world.annotate("please"))
    assert await world.due()
    assert await world.look() == Outcome()


async def test_a_request_is_answered_once() -> None:
    world = World()
    asking = world.annotate("one")
    assert "lastHandledReconcileAt" not in world.said(asking).status
    assert await world.due()
    world.said(asking)
    assert not await world.due()
    await world.look()
    said = world.said(asking)
    assert said.status["lastHandledReconcileAt"] == "one"
    answered = world.annotate("one", **recorded(said))
    assert answered.request is None
    assert world.said(answered).status["lastHandledReconcileAt"] == "one"
    assert not await world.due()
    world.said(world.annotate("two", **recorded(said)))
    assert await world.due()


async def test_a_restart_says_what_was_written_before() -> None:
    world = World()
    world.annotate("one")
    await world.look()
    written = recorded(world.said(world.annotate("one")))
    restarted = World()
    assert recorded(restarted.said(restarted.annotate("one", **written))) == written
    assert not await restarted.due()


async def test_a_failing_fetch_leads_to_a_look_at_once_but_not_to_many() -> None:
    world = World()
    record = world.annotate()
    for _ in range(3):
        world.drifts.suspect(record)
    assert await world.due()
    assert not await world.due()
    world.now = SUSPICION_SECONDS
    world.drifts.suspect(record)
    assert await world.due()


async def test_a_failing_fetch_that_is_explained_leads_to_no_look() -> None:
    world = World()
    world.held.listed.pop()
    await world.look()
    world.drifts.suspect(world.annotate(**recorded(world.said(world.annotate()))))
    assert not await world.due()


async def test_what_was_found_of_a_deleted_version_is_not_said_of_a_new_one() -> None:
    world = World()
    await world.look()
    raw = world.annotate().raw
    again = VersionRecord.parse(raw | {"metadata": raw["metadata"] | {"uid": "another"}})
    assert world.said(again) == SAID
    world.drifts.forget(Key("AIApplicationVersion", "team", "mnist-1.0.0"))
    assert world.said(world.annotate()) == SAID


async def test_the_look_of_an_import_answers_a_request() -> None:
    world = World()
    fresh = stored(documents.version())
    fresh["metadata"]["annotations"] = {RECONCILE_AT: "x" * 200}
    said = world.said(VersionRecord.parse(fresh))
    assert (said.findings, said.status) == ((), {"lastHandledReconcileAt": "x" * 128})
    assert not await world.due()
