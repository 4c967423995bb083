"""What is said of new objects: of quick imports only the outcome, of slow ones also that they go on."""

import asyncio
from datetime import timedelta
from typing import Any, Final

import pytest
from tests.support import documents
from tests.support.engine import settles
from tests.support.fake_api import FakeApi
from tests.support.fleet import TABLES
from tests.support.records import NOON, stored
from typing_extensions import override

from aiapp.api import crd
from aiapp.api.conditions import Reason
from aiapp.api.meta import NEVER
from aiapp.controller.cache import Cache
from aiapp.controller.workqueue import Key, WorkQueue
from aiapp.domain.application.status import QUICK_SECONDS
from aiapp.domain.artifact.manifest import Listed
from aiapp.domain.events import EventType
from aiapp.domain.kubernetes.resources import APPLICATIONS, VERSIONS, Json, Resource
from aiapp.domain.objectstore.credentials import Credentials
from aiapp.domain.objectstore.listing import Listing
from aiapp.domain.objectstore.location import Location
from aiapp.domain.package.service_code import Syntax
from aiapp.domain.rendering.pod.delivery import Fetcher
from aiapp.ports import HashingStore, PythonParser, Recorder, StaleError, StoreError
from aiapp.reconcile.application import ApplicationPorts, ApplicationReconciler
from aiapp.reconcile.cluster import StoredCluster
from aiapp.reconcile.digests import Digests
from aiapp.reconcile.import_slots import StoreSlots
from aiapp.reconcile.manifests import Manifests
from aiapp.reconcile.replica_sets import ReplicaSets
from aiapp.reconcile.shared_config_maps import SharedConfigMaps
from aiapp.reconcile.version.drift import DriftTiming, DriftTracker
from aiapp.reconcile.version.reconciler import VersionPorts, VersionReconciler
from aiapp.reconcile.views.catalogue import Catalogue
from aiapp.reconcile.views.node_facts import NodeFactsConfig
from aiapp.reconcile.views.nodes import NodeInventoryView
from aiapp.wiring import utc_now

UNSEEN: Final[dict[Resource, Json]] = {
    resource: crd.schema(kind)["properties"]["status"]["default"]
    for resource, kind in ((VERSIONS, crd.VERSIONS), (APPLICATIONS, crd.APPLICATIONS))
}
"""What the API server says of an object that nobody looked at."""


class Bucket(HashingStore):
    """Answers, when it is told to, that there is no such bucket."""

    def __init__(self) -> None:
        self.answers = asyncio.Event()
        self.asked = asyncio.Event()

    @override
    async def list(self, location: Location, credentials: Credentials | None) -> Listing:
        self.asked.set()
        await self.answers.wait()
        raise StoreError(Reason.BUCKET_NOT_FOUND, "no such bucket", retryable=False)

    @override
    async def read(self, location: Location, credentials: Credentials | None, listed: Listed, limit: int) -> bytes:
        raise AssertionError

    @override
    async def sha256(self, location: Location, credentials: Credentials | None, listed: Listed) -> str | None:
        raise AssertionError


class Unused(PythonParser, Recorder):
    @override
    async def parse(self, source: bytes) -> Syntax:
        raise AssertionError

    @override
    def event(self, about: Json, type: EventType, reason: Reason, message: str) -> None:
        pass


class World:
    """One version and its application, just applied, on an API server in memory that fills in the first status."""

    def __init__(self) -> None:
        self.api = FakeApi()
        self.now = 0.0
        self.bucket = Bucket()
        self.store: Cache[Any] = Cache(facts=lambda _: None)
        for resource, document in ((VERSIONS, documents.version()), (APPLICATIONS, documents.application())):
            self.store.put(resource, self.api.hold(stored(document, status=UNSEEN[resource]), f"uid-{resource.plural}"))
        self.version = Key(VERSIONS.kind, "team", "mnist-1.0.0")
        self.application = Key(APPLICATIONS.kind, "team", "mnist")
        shared = SharedConfigMaps(self.api, self.store)
        common: dict[str, Any] = {
            "store": self.store,
            "cluster": StoredCluster(self.api, self.store, utc_now),
            "recorder": Unused(),
            "catalogue": Catalogue(),
            "view": NodeInventoryView(self.store, NodeFactsConfig(TABLES, Unused(), lambda: None), None),
            "drifts": DriftTracker(WorkQueue(lambda: self.now), DriftTiming(0, lambda: self.now)),
        }
        self.of_versions = VersionReconciler(
            VersionPorts(
                manifests=Manifests(shared),
                digests=Digests(self.api, self.store, shared, self.bucket, 0),
                objects=self.bucket,
                parser=Unused(),
                slots=StoreSlots(1, print),
                import_seconds=10,
                manifest_bytes=1 << 20,
                clock=lambda: self.now,
                **common,
            )
        )
        fetcher = Fetcher("r/operator:1")
        self.of_applications = ApplicationReconciler(
            ApplicationPorts(
                shared=shared,
                fetcher=lambda: fetcher,
                replica_sets=ReplicaSets(common["cluster"]),
                clock=lambda: NOON + timedelta(seconds=self.now),
                **common,
            )
        )

    @property
    def writes(self) -> int:
        return self.api.calls.count("replace_status")

    def ready(self, resource: Resource, name: str) -> str:
        """The reason of the condition Ready, as the API server has it."""
        conditions = self.api.objects[resource, "team", name]["status"]["conditions"]
        return next(str(c["reason"]) for c in conditions if c["type"] == "Ready")


@pytest.fixture
def world() -> World:
    return World()


def test_an_object_that_nobody_looked_at_is_not_ready_and_has_no_date() -> None:
    (ready,) = UNSEEN[VERSIONS]["conditions"]
    assert (ready["type"], ready["status"], ready["lastTransitionTime"]) == ("Ready", "Unknown", NEVER)


async def test_of_a_quick_import_only_the_outcome_is_written(world: World) -> None:
    world.bucket.answers.set()
    await world.of_versions(world.version)
    assert (world.ready(VERSIONS, "mnist-1.0.0"), world.writes) == ("BucketNotFound", 1)


async def test_a_slow_import_is_told_while_it_goes_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aiapp.reconcile.version.reconciler.QUICK_SECONDS", 0.0)
    under_way = asyncio.create_task(world.of_versions(world.version))
    await settles(lambda: world.writes == 1)
    assert world.ready(VERSIONS, "mnist-1.0.0") == "Importing"
    world.bucket.answers.set()
    await under_way
    assert (world.ready(VERSIONS, "mnist-1.0.0"), world.writes) == ("BucketNotFound", 2)


async def test_the_first_date_is_the_operators_not_the_schemas(world: World) -> None:
    world.bucket.answers.set()
    await world.of_applications(world.application)
    world.now += QUICK_SECONDS
    await world.of_applications(world.application)
    conditions = world.api.objects[APPLICATIONS, "team", "mnist"]["status"]["conditions"]
    assert [c for c in conditions if c["lastTransitionTime"] == NEVER] == []


async def test_a_new_application_says_that_it_waits_only_when_that_takes_long(world: World) -> None:
    outcome = await world.of_applications(world.application)
    assert (outcome.retry_after, world.writes) == (QUICK_SECONDS, 0)
    world.now += QUICK_SECONDS
    outcome = await world.of_applications(world.application)
    assert (outcome.retry_after, world.ready(APPLICATIONS, "mnist")) == (None, "VersionNotReady")


async def test_an_application_that_was_told_of_says_at_once_that_it_waits(world: World) -> None:
    world.now += QUICK_SECONDS
    app = world.store.get(APPLICATIONS, "team", "mnist")
    assert app is not None
    told = app | {"status": {**UNSEEN[APPLICATIONS], "observedGeneration": 1}}
    world.store.put(APPLICATIONS, world.api.hold(told, app["metadata"]["uid"]))
    assert (await world.of_applications(world.application)).retry_after is None
    assert world.ready(APPLICATIONS, "mnist") == "VersionNotReady"


async def test_an_import_that_another_writer_was_quicker_with_is_not_told_over_it(world: World) -> None:
    under_way = asyncio.create_task(world.of_versions(world.version))
    await world.bucket.asked.wait()
    seen = world.store.get(VERSIONS, "team", "mnist-1.0.0")
    assert seen is not None
    pinned = world.api.hold(seen | {"status": {**seen["status"], "phase": "Normal"}}, seen["metadata"]["uid"])
    world.store.put(VERSIONS, pinned)
    world.bucket.answers.set()
    with pytest.raises(StaleError):
        await under_way
    assert world.api.objects[VERSIONS, "team", "mnist-1.0.0"] == pinned
