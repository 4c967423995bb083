"""What the reconcilers are made of, each thing once."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from aiapp.adapters.kube.client import KubeApi
from aiapp.adapters.kube.events import EventRecorder
from aiapp.adapters.metrics.metrics import Metrics
from aiapp.adapters.objectstore.s3 import S3Store
from aiapp.adapters.registry.registries import ImageRegistries
from aiapp.adapters.shipped import shipped_tables
from aiapp.adapters.syntax.parser import IsolatedParser
from aiapp.controller.cache import Cache
from aiapp.controller.namespaces import Namespaces
from aiapp.controller.workqueue import WorkQueue
from aiapp.controller.write_through import WriteThrough
from aiapp.domain.exeml.access import KnownTickets
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.nodes.facts import NodeFacts, facts
from aiapp.domain.objectstore.endpoint_policy import EndpointPolicy
from aiapp.ports.kubernetes import ListWatch
from aiapp.reconcile.cluster import StoredCluster
from aiapp.reconcile.import_slots import StoreSlots
from aiapp.reconcile.shared_config_maps import SharedConfigMaps
from aiapp.reconcile.triggers import Triggers
from aiapp.reconcile.version.drift import DriftTiming as DriftPace
from aiapp.reconcile.version.drift import DriftTracker
from aiapp.reconcile.views.devices import Devices
from aiapp.reconcile.views.node_facts import NodeFactsConfig
from aiapp.reconcile.views.nodes import NodeInventoryView
from aiapp.reconcile.views.own_image import OwnImage
from aiapp.reconcile.views.registrations import Registrations
from aiapp.reconcile.views.service_ranges import ServiceRanges
from aiapp.reconcile.views.training_jobs import TrainingJobs
from aiapp.settings import Settings
from aiapp.wiring.configured import (
    endpoint_policy,
    job_reading,
    own_image,
    registration_rules,
    registry_settings,
    store_settings,
    training_job_kinds,
)
from aiapp.wiring.copying import Copying, copying


def utc_now() -> datetime:
    """The clock of conditions and Events."""
    return datetime.now(UTC)  # noqa: TID251 - the one clock, passed on from here


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What reconcilers are made of."""

    settings: Settings
    kube: KubeApi
    """The API server itself, for lists and watches."""
    queue: WorkQueue
    triggers: Triggers
    api: WriteThrough
    store: Cache[NodeFacts]
    view: NodeInventoryView
    devices: Devices | None
    cluster: StoredCluster
    shared: SharedConfigMaps
    recorder: EventRecorder
    objects: S3Store
    registries: ImageRegistries
    copying: Copying | None
    """None: the installation has no registry of its own."""
    metrics: Metrics
    parser: IsolatedParser
    drifts: DriftTracker
    slots: StoreSlots
    ranges: ServiceRanges
    own_image: OwnImage
    namespaces: Namespaces
    training_jobs: TrainingJobs
    tickets: KnownTickets = field(default_factory=KnownTickets)
    """Where pods ask for models of ExeML."""

    @property
    def scopes(self) -> Mapping[str, ListWatch]:
        """By namespace what lists and watches it; the empty one is all of them."""
        names = self.settings.watch_namespaces or ("",)
        return {name: self.namespaces.within(self.kube.within(name), name) for name in names}


def assembled(settings: Settings, kube: KubeApi, metrics: Metrics) -> Parts:
    """All of them over `kube`, the way to the API server."""
    queue = _work_queue(metrics)
    store: Cache[NodeFacts] = Cache(facts=lambda node: facts(node, node_facts.tables))
    triggers = Triggers(queue, store)
    api = WriteThrough(kube, store)
    recorder = EventRecorder(api, utc_now, time.monotonic)

    def read_nodes_again() -> None:
        store.read_nodes_again()
        triggers.nodes_read_otherwise()

    node_facts = NodeFactsConfig(shipped_tables(), recorder, read_nodes_again)
    counts = settings.count_devices and not settings.watch_namespaces  # other namespaces' pods hold devices as well
    devices = Devices(triggers.device_freed) if counts else None
    objects = S3Store(store_settings(settings), observer=metrics)
    registries = ImageRegistries(registry_settings(settings), observer=metrics)
    training_jobs = _training_jobs(settings, store, triggers.training_job_changed, metrics)
    return Parts(
        settings=settings,
        kube=kube,
        queue=queue,
        triggers=triggers,
        api=api,
        store=store,
        view=NodeInventoryView(store, node_facts, devices),
        devices=devices,
        cluster=StoredCluster(api, utc_now),
        shared=SharedConfigMaps(api, store),
        recorder=recorder,
        objects=objects,
        registries=registries,
        copying=copying(settings, kube, registries, queue, metrics),
        metrics=metrics,
        parser=IsolatedParser(),
        slots=StoreSlots(settings.workers // 2, queue.add),
        drifts=DriftTracker(_work_queue(metrics), DriftPace(settings.drift_seconds, time.monotonic)),
        ranges=_service_ranges(settings, api, objects, registries),
        own_image=own_image(settings, api),
        namespaces=Namespaces(settings.watch_namespaces),
        training_jobs=training_jobs,
    )


def _work_queue(metrics: Metrics) -> WorkQueue:
    return WorkQueue(time.monotonic, random.random, metrics)


def _training_jobs(
    settings: Settings, store: Cache[NodeFacts], changed: Callable[[Json], None], metrics: Metrics
) -> TrainingJobs:
    """Those that versions wait for, and those that register themselves."""
    kinds, reading = training_job_kinds(settings), job_reading(settings)
    registrations = Registrations(registration_rules(settings), kinds, _work_queue(metrics))
    store.listen(registrations.changed)
    return TrainingJobs(kinds, reading, store, changed, registrations, metrics)


def _service_ranges(settings: Settings, api: WriteThrough, *clients: S3Store | ImageRegistries) -> ServiceRanges:
    """What addresses the clients may reach, as the cluster's own ranges become known."""

    def keep_to(policy: EndpointPolicy) -> None:
        for client in clients:
            client.keep_to(policy)

    return ServiceRanges(api, endpoint_policy(settings), keep_to)
