"""The operator's reconcilers over an API server and an object store in memory; the rules are real."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from tests.support import documents
from tests.support.fake_api import FakeApi
from tests.support.fleet import TABLES
from tests.support.records import NOON, stored
from typing_extensions import override

from aiapp.adapters.metrics.metrics import Metrics
from aiapp.api import crd
from aiapp.api.conditions import Reason
from aiapp.controller.cache import Cache
from aiapp.controller.workers import Outcome
from aiapp.controller.workqueue import Key, WorkQueue
from aiapp.controller.write_through import WriteThrough
from aiapp.domain.artifact.manifest import Listed
from aiapp.domain.events import EventType
from aiapp.domain.kubernetes.resources import APPLICATIONS, VERSIONS, Json, Resource
from aiapp.domain.objectstore.credentials import Credentials
from aiapp.domain.objectstore.listing import Listing
from aiapp.domain.objectstore.location import Location
from aiapp.domain.package.service_code import ServiceCode, Syntax
from aiapp.domain.rendering.pod.delivery import Fetcher
from aiapp.ports import ObjectChangedError, PythonParser, PythonParsers, Recorder, StoreError
from aiapp.reconcile.application import ApplicationPorts, ApplicationReconciler
from aiapp.reconcile.cluster import StoredCluster
from aiapp.reconcile.import_slots import StoreSlots
from aiapp.reconcile.manifests import Manifests
from aiapp.reconcile.replica_sets import ReplicaSets
from aiapp.reconcile.shared_config_maps import SharedConfigMaps
from aiapp.reconcile.sources.obs import ObsPorts, PackageStore
from aiapp.reconcile.sources.sources import Sources
from aiapp.reconcile.version.digests import Digests
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
CONFIG: Final = b'{"model_algorithm": "x", "model_type": "PyTorch"}'
PACKAGE: Final[Mapping[str, bytes]] = {"config.json": CONFIG, "customize_service.py": b"", "a.pth": b"w"}
PREFIX: Final = "mnist/1.0.0/"


class Bucket(PackageStore):
    """A package in object storage. `fault` is what it says instead; while `answers` is not set, it says nothing."""

    def __init__(self) -> None:
        self.files = dict(PACKAGE)
        self.fault: StoreError | None = None
        self.answers = asyncio.Event()
        self.answers.set()
        self.asked = asyncio.Event()

    @override
    async def list(self, location: Location, credentials: Credentials | None) -> Listing:
        self.asked.set()
        await self.answers.wait()
        if self.fault is not None:
            raise self.fault
        return Listing.of(self._listed())

    @override
    async def read(self, location: Location, credentials: Credentials | None, listed: Listed, limit: int) -> bytes:
        if listed not in self._listed():
            raise ObjectChangedError(listed.key)
        return self.files[listed.key.removeprefix(PREFIX)]

    @override
    async def sha256(self, location: Location, credentials: Credentials | None, listed: Listed) -> str | None:
        return None

    @override
    async def history(self, location: Location, credentials: Credentials | None) -> Listing:
        return await self.list(location, credentials)

    def _listed(self) -> tuple[Listed, ...]:
        return tuple(Listed(f"{PREFIX}{path}", len(data), data.hex()[:32] or "e") for path, data in self.files.items())


class Trusting(PythonParser, PythonParsers, Recorder):
    """Finds nothing wrong with any code, and remembers Events."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str, str]] = []
        self.tenants: list[str] = []
        """Who had a parser."""

    @override
    def of(self, tenant: str) -> PythonParser:
        self.tenants.append(tenant)
        return self

    @override
    async def parse(self, source: bytes) -> Syntax:
        return ServiceCode()

    @override
    def event(self, about: Json, type: EventType, reason: Reason, message: str) -> None:
        self.events.append((type, reason.value, message))


class World:
    """A version and its application, just applied. The watch tells what `see` shows it."""

    def __init__(self) -> None:
        self.api, self.bucket, self.people, self.now = FakeApi(), Bucket(), Trusting(), 0.0
        self.metrics = Metrics("fake:443")
        self.store: Cache[Any] = Cache(facts=lambda _: None)
        api = WriteThrough(self.api, self.store)
        self.shared = SharedConfigMaps(api, self.store)
        self.digests = Digests(api, self.store, self.shared)
        self.version = Key(VERSIONS.kind, "team", "mnist-1.0.0")
        self.application = Key(APPLICATIONS.kind, "team", "mnist")
        for resource, document in ((VERSIONS, documents.version()), (APPLICATIONS, documents.application())):
            self.hold(resource, stored(document, status=UNSEEN[resource]), f"uid-{resource.plural}")
        self.cluster = StoredCluster(api, utc_now)
        self.obs = ObsPorts(
            cluster=self.cluster,
            objects=self.bucket,
            parsers=self.people,
            manifests=Manifests(self.shared),
            seconds=10,
            checksum_objects=0,
        )
        common: dict[str, Any] = {
            "store": self.store,
            "cluster": self.cluster,
            "sources": Sources(self.obs),
            "shared": self.shared,
            "recorder": self.people,
            "catalogue": Catalogue(),
            "view": NodeInventoryView(self.store, NodeFactsConfig(TABLES, self.people, lambda: None), None),
            "drifts": DriftTracker(WorkQueue(lambda: self.now), DriftTiming(0, lambda: self.now)),
            "clock": lambda: NOON + timedelta(seconds=self.now),
        }
        self.of_versions = VersionReconciler(
            VersionPorts(
                manifests=Manifests(self.shared),
                digests=self.digests,
                slots=StoreSlots(1, lambda _: None),
                observer=self.metrics,
                manifest_bytes=1 << 20,
                **common,
            )
        )
        fetcher = Fetcher("r/operator:1")
        self.of_applications = ApplicationReconciler(
            ApplicationPorts(fetcher=lambda: fetcher, replica_sets=ReplicaSets(common["cluster"]), **common)
        )

    def hold(self, resource: Resource, document: Json, uid: str) -> Json:
        """Put an object there as somebody else would; the watch tells of it."""
        held = self.api.hold(document, uid)
        self.store.put(resource, held)
        return held

    def set_status(self, status: Json) -> None:
        """The version has this status already."""
        now = self.now_of(VERSIONS, "mnist-1.0.0")
        self.hold(VERSIONS, now | {"status": status}, now["metadata"]["uid"])

    def now_of(self, resource: Resource, name: str) -> Json:
        """An object as the API server has it."""
        return self.api.objects[resource, "team", name]

    def condition(self, resource: Resource, name: str, type_: str = "Ready") -> Json:
        conditions = self.now_of(resource, name)["status"]["conditions"]
        return next(dict(one) for one in conditions if one["type"] == type_)

    async def look(self) -> Outcome:
        """The version is reconciled."""
        return await self.of_versions(self.version)

    @property
    def status(self) -> Json:
        """The version's."""
        return dict(self.now_of(VERSIONS, "mnist-1.0.0")["status"])

    @property
    def writes(self) -> int:
        return self.api.calls.count("replace_status")
