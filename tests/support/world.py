"""The operator's reconcilers over an API server and an object store in memory; the rules are real."""

from datetime import datetime, timedelta
from typing import Any, Final

from tests.support import documents
from tests.support.bucket import Bucket
from tests.support.events import Events
from tests.support.fake_api import FakeApi
from tests.support.fleet import TABLES
from tests.support.known_images import KnownImages
from tests.support.parsing import NoObjection
from tests.support.records import NOON, stored

from aiapp.adapters.metrics.metrics import Metrics
from aiapp.adapters.prometheus import PrometheusClient, PrometheusSettings
from aiapp.api import crd
from aiapp.controller.cache import Cache
from aiapp.controller.workers import Outcome
from aiapp.controller.workqueue import Key, WorkQueue
from aiapp.controller.write_through import WriteThrough
from aiapp.domain.exeml.access import KnownTickets
from aiapp.domain.exeml.projects import project_rule
from aiapp.domain.exeml.stores import ModelStore
from aiapp.domain.kubernetes.resources import APPLICATIONS, CONFIG_MAPS, TEMPLATES, VERSIONS, Json, Resource
from aiapp.domain.rendering.pod.delivery import Fetcher
from aiapp.domain.training.annotations import annotated
from aiapp.domain.training.facts import JobReading
from aiapp.domain.training.kinds import job_kinds
from aiapp.domain.training.output import NAMES
from aiapp.reconcile.application import ApplicationPorts, ApplicationReconciler
from aiapp.reconcile.cluster import StoredCluster
from aiapp.reconcile.exeml.records import ModelRecords
from aiapp.reconcile.exeml.registration import ModelRegistration
from aiapp.reconcile.import_slots import StoreSlots
from aiapp.reconcile.manifests import Manifests
from aiapp.reconcile.registration import RegistrationPorts, RegistrationReconciler
from aiapp.reconcile.replica_sets import ReplicaSets
from aiapp.reconcile.shared_config_maps import SharedConfigMaps
from aiapp.reconcile.sources.exeml import ExeMLPorts
from aiapp.reconcile.sources.images import Images
from aiapp.reconcile.sources.obs import ObsPorts
from aiapp.reconcile.sources.sources import Sources
from aiapp.reconcile.sources.template import TemplatePorts
from aiapp.reconcile.sources.training_job import TrainingJobPorts
from aiapp.reconcile.step_checks import StepChecks
from aiapp.reconcile.training_runs import TrainingRuns
from aiapp.reconcile.version.digests import Digests
from aiapp.reconcile.version.drift import DRIFT, DriftPorts, DriftReconciler, DriftTiming, DriftTracker
from aiapp.reconcile.version.reconciler import VersionPorts, VersionReconciler
from aiapp.reconcile.views.catalogue import Catalogue
from aiapp.reconcile.views.node_facts import NodeFactsConfig
from aiapp.reconcile.views.nodes import NodeInventoryView
from aiapp.reconcile.views.registrations import Registrations
from aiapp.reconcile.views.training_jobs import TrainingJobs

UNSEEN: Final[dict[Resource, Json]] = {
    resource: crd.schema(kind)["properties"]["status"]["default"]
    for resource, kind in ((VERSIONS, crd.VERSIONS), (APPLICATIONS, crd.APPLICATIONS))
}
"""What the API server says of an object that the operator has not looked at."""
MAX_OBJECTS: Final = 1000
OPERATOR_NAMESPACE: Final = "aiapp-system"
MODELS: Final = ModelStore(uri="obs://exeml-models/projects/", endpoint="https://obs.lan", secret="exeml-keys")
"""Where the projects of ExeML write."""


class FakeCluster:
    """An API server in memory, and what the operator sees of it and writes to it. The watch tells what `hold` puts."""

    def __init__(self) -> None:
        self.api, self.events, self.now = FakeApi(), Events(), 0.0
        self.store: Cache[Any] = Cache(facts=lambda _: None)
        self.writer = WriteThrough(self.api, self.store)
        self.cluster = StoredCluster(self.writer, self.clock)
        self.shared = SharedConfigMaps(self.writer, self.store)
        self.manifests = Manifests(self.shared)

    def clock(self) -> datetime:
        return NOON + timedelta(seconds=self.now)

    def hold(self, resource: Resource, document: Json, uid: str) -> Json:
        """Put an object there as another client would; the watch tells of it."""
        held = self.api.hold(document, uid)
        self.store.put(resource, held)
        return held

    def lose(self, resource: Resource, name: str) -> None:
        """Another client deletes an object; the watch tells of it."""
        self.store.remove(resource, self.api.objects.pop((resource, "team", name)))

    def now_of(self, resource: Resource, name: str) -> Json:
        """An object as the API server has it."""
        return self.api.objects[resource, "team", name]

    @property
    def config_maps(self) -> dict[str, Json]:
        """By name, as the API server has them."""
        return {name: held for (resource, _, name), held in self.api.objects.items() if resource == CONFIG_MAPS}

    def condition(self, resource: Resource, name: str, type_: str = "Ready") -> Json:
        conditions = self.now_of(resource, name)["status"]["conditions"]
        return next(dict(one) for one in conditions if one["type"] == type_)


class World(FakeCluster):
    """A version and its application, just applied."""

    def __init__(self, bucket: Bucket | None = None, *, drift_interval: float = 0) -> None:
        super().__init__()
        self.bucket, self.parsers = bucket or Bucket(), NoObjection()
        self.registries = KnownImages()
        self.tickets = KnownTickets()
        """Where pods ask for models of ExeML."""
        self.reader = "0.1.0+a"
        """The build of the operator."""
        self.images = Images(cluster=self.cluster, registries=self.registries, seconds=5)
        self.metrics = Metrics("fake:443")
        self.queue = WorkQueue(lambda: self.now)
        """Of looks at stores."""
        self.drifts = DriftTracker(self.queue, DriftTiming(drift_interval, lambda: self.now, uniform=lambda: 0.5))
        self.slots = StoreSlots(2, self.queue.add)
        self.triggered: list[Key] = []
        """Versions for whose status a look had news."""
        self.digests = Digests(self.writer, self.store, self.shared)
        self.version = Key(VERSIONS.kind, "team", "mnist-1.0.0")
        self.application = Key(APPLICATIONS.kind, "team", "mnist")
        self._apply()
        self._make_reconcilers()

    def _apply(self) -> None:
        for resource, document in ((VERSIONS, documents.version()), (APPLICATIONS, documents.application())):
            self.hold(resource, stored(document, status=UNSEEN[resource]), f"uid-{resource.plural}")

    def _make_reconcilers(self) -> None:
        kinds, reading = job_kinds(["jobs.batch"], {}), JobReading(NAMES, "algorithm=BuiltIn")
        rules = [project_rule({"models": MODELS}, reading), annotated]
        self.registrations = Registrations(rules, kinds, WorkQueue(lambda: self.now))
        self.store.listen(self.registrations.changed)
        self.training_jobs = TrainingJobs(
            kinds, reading, self.store, self._job_changed, self.registrations, self.metrics
        )
        sources = self._sources()
        common: dict[str, Any] = {
            "store": self.store,
            "cluster": self.cluster,
            "sources": sources,
            "shared": self.shared,
            "recorder": self.events,
            "catalogue": Catalogue(),
            "view": NodeInventoryView(self.store, NodeFactsConfig(TABLES, self.events, lambda: None), None),
            "drifts": self.drifts,
            "clock": self.clock,
        }
        self.of_versions = VersionReconciler(
            VersionPorts(
                manifests=self.manifests,
                digests=self.digests,
                runs=TrainingRuns(self.cluster, self.training_jobs, self.store.nodes),
                slots=StoreSlots(1, lambda _: None),
                observer=self.metrics,
                manifest_bytes=1 << 20,
                reader=self.reader,
                **common,
            )
        )
        registering = RegistrationPorts(
            store=self.store,
            cluster=self.cluster,
            recorder=self.events,
            jobs=self.registrations,
            runs=TrainingRuns(self.cluster, self.training_jobs, self.store.nodes),
            reading=reading,
            before=ModelRegistration(ModelRecords(self.api, OPERATOR_NAMESPACE, {"models": MODELS})),
            observer=self.metrics,
        )
        self.of_registrations = RegistrationReconciler(registering)
        fetcher = Fetcher("r/operator:1")
        self.of_applications = ApplicationReconciler(
            ApplicationPorts(
                fetcher=lambda: fetcher,
                tickets=self.tickets,
                replica_sets=ReplicaSets(self.cluster),
                rollout_started=self.metrics.rollout_started,
                step_checks=StepChecks(PrometheusClient(PrometheusSettings(url="")), {}),
                **common,
            )
        )
        drift = DriftPorts(
            store=self.store, sources=sources, drifts=self.drifts, slots=self.slots, trigger=self.triggered.append
        )
        self.of_drift = DriftReconciler(drift)

    def _sources(self) -> Sources:
        obs = ObsPorts(
            cluster=self.cluster,
            objects=self.bucket,
            parsers=self.parsers,
            manifests=self.manifests,
            images=self.images,
            seconds=10,
            checksum_objects=0,
            reader=self.reader,
        )
        templates = TemplatePorts(
            obs=obs, template=lambda name: self.store.get(TEMPLATES, None, name), max_objects=MAX_OBJECTS
        )
        records = ModelRecords(self.api, OPERATOR_NAMESPACE, {"models": MODELS})
        jobs = self._training_jobs()
        return Sources(obs, self.images, jobs, templates, ExeMLPorts(records=records, obs=obs, jobs=jobs))

    def _training_jobs(self) -> TrainingJobPorts:
        return TrainingJobPorts(
            cluster=self.cluster,
            served=self.store,
            jobs=self.training_jobs,
            late_seconds=120,
            clock=self.clock,
        )

    def _job_changed(self, version: Json) -> None:
        self.triggered.append(Key(VERSIONS.kind, version["metadata"]["namespace"], version["metadata"]["name"]))

    def upgrade(self, reader: str) -> None:
        """Another build of the operator takes over."""
        self.reader = reader
        self._make_reconcilers()

    def restart(self) -> None:
        """The operator is killed and started again: the cluster is as it was, and nothing else is known."""
        self._make_reconcilers()
        self.registrations.begin()

    def set_status(self, status: Json) -> None:
        """The version has this status already."""
        now = self.now_of(VERSIONS, "mnist-1.0.0")
        self.hold(VERSIONS, now | {"status": status}, now["metadata"]["uid"])

    async def look(self) -> Outcome:
        """The version is reconciled."""
        return await self.of_versions(self.version)

    async def compare(self) -> Outcome:
        """Its store is looked at."""
        return await self.of_drift(Key(DRIFT, self.version.namespace, self.version.name))

    @property
    def status(self) -> Json:
        """The version's."""
        return dict(self.now_of(VERSIONS, "mnist-1.0.0")["status"])

    @property
    def writes(self) -> int:
        return self.api.calls.count("replace_status")
