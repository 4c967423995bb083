"""The one place that chooses implementations, and the life of what it made. Never decides anything about objects."""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp

from aiapp.adapters.http.probes import Probes
from aiapp.adapters.kube.client import KubeApi
from aiapp.adapters.kube.credentials import KubeCredentials, load, session
from aiapp.adapters.kube.events import EventRecorder
from aiapp.adapters.metrics.metrics import Metrics
from aiapp.adapters.objectstore.s3 import S3Store, StoreSettings
from aiapp.adapters.shipped import shipped_tables
from aiapp.adapters.syntax.parser import IsolatedParser
from aiapp.controller.cache import Cache
from aiapp.controller.crd_check import SchemaCheck
from aiapp.controller.informer import Collection, Informer, InformerTiming
from aiapp.controller.kind_watch import Begin, KindWatch
from aiapp.controller.resync import Resync
from aiapp.controller.workers import RESULTS, Reconcile, Workers
from aiapp.controller.workqueue import Key, WorkQueue
from aiapp.controller.write_through import WriteThrough
from aiapp.domain.kubernetes.child_kinds import CHILD_KINDS, trim_of
from aiapp.domain.kubernetes.naming import MANAGED_BY, MANAGED_BY_LABEL
from aiapp.domain.kubernetes.resources import (
    APPLICATIONS,
    CONFIG_MAPS,
    LIMIT_RANGES,
    NODES,
    OWN,
    PODS,
    RUNTIMES,
    VERSIONS,
    Json,
    Resource,
)
from aiapp.domain.monitoring.work import work_samples
from aiapp.domain.nodes.facts import NodeFacts, facts
from aiapp.domain.nodes.facts import trim as trim_node
from aiapp.domain.nodes.usage import UNFINISHED
from aiapp.domain.nodes.usage import trim as trim_devices
from aiapp.domain.objectstore.endpoint_policy import EndpointPolicy
from aiapp.domain.objectstore.proxies import Proxies
from aiapp.domain.rendering.limits import FETCH, INSTALL
from aiapp.domain.rendering.pod.delivery import Fetcher
from aiapp.domain.rendering.pod.dependencies import Pip
from aiapp.reconcile.application import ApplicationPorts, ApplicationReconciler
from aiapp.reconcile.cluster import StoredCluster
from aiapp.reconcile.import_slots import StoreSlots
from aiapp.reconcile.manifests import Manifests
from aiapp.reconcile.monitor import Monitor
from aiapp.reconcile.refusals import Reported
from aiapp.reconcile.replica_sets import ReplicaSets
from aiapp.reconcile.runtime import RuntimeReconciler
from aiapp.reconcile.shared_config_maps import SharedConfigMaps
from aiapp.reconcile.sources.obs import ObsPorts
from aiapp.reconcile.sources.sources import Sources
from aiapp.reconcile.triggers import FLEET, Triggers
from aiapp.reconcile.version.digests import Digests
from aiapp.reconcile.version.drift import AT_ONCE as DRIFTS_AT_ONCE
from aiapp.reconcile.version.drift import DRIFT, DriftPorts, DriftReconciler, DriftTracker
from aiapp.reconcile.version.drift import DriftTiming as DriftPace
from aiapp.reconcile.version.reconciler import VersionPorts, VersionReconciler
from aiapp.reconcile.views.catalogue import Catalogue
from aiapp.reconcile.views.devices import Devices
from aiapp.reconcile.views.node_facts import NodeFactsConfig
from aiapp.reconcile.views.nodes import NodeInventoryView
from aiapp.reconcile.views.service_ranges import ServiceRanges
from aiapp.settings import Settings

logger = logging.getLogger(__name__)

STUCK_SECONDS: Final = 300.0
"""A watch that neither heard nor tried anything for this long is broken: the kubelet should start us anew."""
MANAGED: Final = f"{MANAGED_BY_LABEL}={MANAGED_BY}"


def utc_now() -> datetime:
    """The clock of conditions and Events."""
    return datetime.now(UTC)  # noqa: TID251 - the one clock, passed on from here


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What reconcilers are made of."""

    settings: Settings
    api: WriteThrough
    store: Cache[NodeFacts]
    view: NodeInventoryView
    devices: Devices | None
    cluster: StoredCluster
    shared: SharedConfigMaps
    recorder: EventRecorder
    objects: S3Store
    metrics: Metrics
    parser: IsolatedParser
    drifts: DriftTracker
    slots: StoreSlots
    ranges: ServiceRanges


def reconcilers(parts: Parts) -> dict[str, Reconcile]:
    """The reconciler of each of our kinds."""
    live = sources(parts)
    catalogue = Catalogue()
    version = VersionPorts(
        store=parts.store,
        cluster=parts.cluster,
        shared=parts.shared,
        manifests=Manifests(parts.shared),
        digests=Digests(parts.api, parts.store, parts.shared),
        recorder=parts.recorder,
        sources=live,
        catalogue=catalogue,
        view=parts.view,
        drifts=parts.drifts,
        slots=parts.slots,
        observer=parts.metrics,
        manifest_bytes=parts.settings.max_manifest_bytes,
        clock=utc_now,
    )
    fetcher_of = lru_cache(maxsize=1)(partial(fetcher, parts.settings))  # the policy hardly ever changes
    application = ApplicationPorts(
        store=parts.store,
        cluster=parts.cluster,
        sources=live,
        shared=parts.shared,
        recorder=parts.recorder,
        replica_sets=ReplicaSets(parts.cluster),
        catalogue=catalogue,
        view=parts.view,
        drifts=parts.drifts,
        fetcher=lambda: fetcher_of(parts.ranges.policy),
        pip=pip(parts.settings),
        clock=utc_now,
    )
    by_resource: dict[Resource, Reconcile] = {
        VERSIONS: VersionReconciler(version),
        APPLICATIONS: ApplicationReconciler(application),
        RUNTIMES: RuntimeReconciler(parts.store, parts.cluster, parts.view.node_facts),
    }
    return {resource.kind: _reported(parts, resource, each) for resource, each in by_resource.items()}


def sources(parts: Parts) -> Sources:
    """What versions are imported from."""
    obs = ObsPorts(
        cluster=parts.cluster,
        objects=parts.objects,
        parsers=parts.parser,
        manifests=Manifests(parts.shared),
        seconds=parts.settings.import_seconds,
        checksum_objects=parts.settings.checksum_objects,
    )
    return Sources(obs)


def _reported(parts: Parts, resource: Resource, reconcile: Reconcile) -> Reported:
    return Reported(
        resource=resource, reconcile=reconcile, store=parts.store, cluster=parts.cluster, recorder=parts.recorder
    )


def drift_reconciler(parts: Parts, tell: Callable[[Key], None]) -> DriftReconciler:
    """What looks at the stores of pinned versions; `tell` puts a version into the queue."""
    ports = DriftPorts(
        store=parts.store,
        sources=sources(parts),
        drifts=parts.drifts,
        slots=StoreSlots(DRIFTS_AT_ONCE, parts.drifts.queue.add),
        trigger=tell,
    )
    return DriftReconciler(ports)


def store_settings(settings: Settings) -> StoreSettings:
    """The part of the settings that object storage needs."""
    return StoreSettings(
        connections=settings.store_connections,
        connect_seconds=settings.store_connect_seconds,
        read_seconds=settings.store_read_seconds,
        max_objects=settings.max_objects,
        max_bytes=settings.max_bytes,
        max_listing_bytes=settings.max_listing_bytes,
        allow_http=settings.allow_http,
        ca_bundle=settings.store_ca_bundle,
        request_seconds=settings.store_request_seconds,
        policy=endpoint_policy(settings),
        proxies=proxies(settings),
    )


def endpoint_policy(settings: Settings) -> EndpointPolicy:
    """Which stores may be reached, as far as the settings say."""
    return EndpointPolicy(settings.allowed_hosts, settings.allowed_ranges, settings.refused_ranges)


def pip(settings: Settings) -> Pip:
    """Where the dependencies of packages are installed from."""
    return Pip(
        index_url=settings.pip_index_url or None,
        extra_index_urls=settings.pip_extra_index_urls,
        trusted_hosts=settings.pip_trusted_hosts,
        secret=settings.pip_secret,
        wheelhouse_claim=settings.pip_wheelhouse_claim,
        resources=replace(INSTALL, cpu=settings.install_cpu_limit, memory=settings.install_memory_limit),
    )


def fetcher(settings: Settings, policy: EndpointPolicy) -> Fetcher:
    """The init container of new pods: it keeps to the operator's own policy and takes its proxies."""
    resources = replace(FETCH, cpu=settings.fetch_cpu_limit, memory=settings.fetch_memory_limit)
    return Fetcher(settings.image, policy.arguments, proxies(settings).environment, resources)


def proxies(settings: Settings) -> Proxies:
    """The proxies between here and the stores."""
    return Proxies(settings.https_proxy, settings.http_proxy, settings.no_proxy)


class Engine:
    """Watches, store, queue, workers and health: the whole operator but for kopf, whose witness it is.

    Make it inside the event loop it will run in. Raises `NoClusterError`.
    """

    def __init__(self, settings: Settings) -> None:
        self.credentials = KubeCredentials(load, time.monotonic)
        self.metrics = Metrics(urlsplit(self.credentials.server).netloc)
        self._connector = aiohttp.TCPConnector(ssl=self.credentials.tls, limit=0, keepalive_timeout=60)
        self._session = session(self.credentials, self._connector)
        self._queue = WorkQueue(time.monotonic, random.random, self.metrics)
        self._parts = self._make_parts(settings)
        self._triggers = triggers = Triggers(self._queue, self._parts.store)
        self._parts.store.listen(triggers)
        self._monitor = Monitor(self._parts.store, self._parts.view, self.metrics, time.monotonic)
        self._parts.store.listen(self._monitor)
        self._watches = self._list_watches(settings)
        self._resync = Resync(self._parts.api, self._parts.store, triggers.everything, settings.resync_seconds)
        self._schema = SchemaCheck(self._parts.api, lambda _: self._set_gate())
        self._loop = Workers(
            self._queue,
            {FLEET.kind: triggers.fleet, **reconcilers(self._parts)},
            workers=settings.workers,
            clock=time.monotonic,
            observer=self.metrics,
        )
        self._drift_loop = Workers(
            self._parts.drifts.queue,
            {DRIFT: drift_reconciler(self._parts, self._queue.add)},
            workers=DRIFTS_AT_ONCE,
            clock=time.monotonic,
            observer=self.metrics,
        )
        self._probes = Probes(self._unhealthy, self._unready, self.metrics)
        self._kinds: KindWatch | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self.failed = False
        """Whether a part ended that must not end: the process should end too and be started anew."""
        self.over = asyncio.Event()
        """Set when it was stopped, or has to be because it failed."""

    async def start(self, host: str, port: int, begin: Begin) -> None:
        """Begins to watch and to answer probes at that address; works as soon as it has seen everything once.

        `begin` starts what watches our own kinds.
        """
        self._kinds = KindWatch(OWN, self._schema, begin)
        address = await self._probes.start(host, port)
        logger.info("health and metrics at http://%s:%d", *address)
        if proxies(self._parts.settings).has_password:
            logger.warning("pods get the proxy without its user and password: templates are no place for them")
        self._sample_metrics()
        for name, coroutine in self._coroutines().items():
            task = asyncio.create_task(coroutine, name=name)
            task.add_done_callback(self._ended)
            self._tasks.append(task)

    async def stop(self) -> None:
        """Ends everything at once: all state is in the API, so nothing is lost."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._parts.objects.close()
        await self._parts.parser.close()
        await self._probes.stop()
        await self._session.close()
        await self._connector.close()
        self.over.set()

    def seen(self, kind: Resource, document: Json) -> None:
        """An object of our own kinds came or changed."""
        self._parts.store.put(kind, document)

    def gone(self, kind: Resource, document: Json) -> None:
        """One was deleted."""
        self._parts.store.remove(kind, document)

    def listed(self, kind: Resource) -> None:
        """A watch of that kind begins."""
        self._resync.listed(kind)

    def _make_parts(self, settings: Settings) -> Parts:
        store: Cache[NodeFacts] = Cache(facts=lambda node: facts(node, node_facts.tables))
        api = WriteThrough(KubeApi(self._session, self.credentials.server, observer=self.metrics), store)
        recorder = EventRecorder(api, utc_now, time.monotonic)
        node_facts = NodeFactsConfig(shipped_tables(), recorder, self._read_nodes_again)
        devices = Devices(self._device_freed) if settings.count_devices else None
        objects = S3Store(store_settings(settings), observer=self.metrics)
        return Parts(
            settings=settings,
            api=api,
            store=store,
            view=NodeInventoryView(store, node_facts, devices),
            devices=devices,
            cluster=StoredCluster(api, utc_now),
            shared=SharedConfigMaps(api, store),
            recorder=recorder,
            objects=objects,
            metrics=self.metrics,
            parser=IsolatedParser(),
            slots=StoreSlots(settings.workers // 2, self._queue.add),
            drifts=DriftTracker(
                WorkQueue(time.monotonic, random.random, self.metrics),
                DriftPace(settings.drift_seconds, time.monotonic),
            ),
            ranges=ServiceRanges(api, endpoint_policy(settings), objects.keep_to),
        )

    def _list_watches(self, settings: Settings) -> list[Informer]:
        children = [
            Collection(resource=kind.watched, selector=MANAGED, trim=kind.trim, is_optional=kind.is_optional)
            for kind in CHILD_KINDS
        ]
        pods = Collection(resource=PODS, selector=MANAGED, trim=trim_of(PODS))
        limits = Collection(resource=LIMIT_RANGES, trim=trim_of(LIMIT_RANGES))
        everything = [*children, pods, limits, Collection(resource=NODES, trim=trim_node)]
        pace = InformerTiming(resync=settings.resync_seconds)
        watches = [Informer(self._parts.api, collection, self._parts.store, pace) for collection in everything]
        return [*watches, *self._watches_of_facts(pace)]

    def _watches_of_facts(self, pace: InformerTiming) -> Iterator[Informer]:
        """What nodes are judged by beside the nodes: the administrator's ConfigMap, and pods that hold devices."""
        settings, api = self._parts.settings, self._parts.api
        fields = f"metadata.namespace={settings.namespace},metadata.name={settings.node_facts_config_map}"
        named = Collection(resource=CONFIG_MAPS, name="node facts", fields=fields)
        yield Informer(api, named, self._parts.view.node_facts, pace)
        if self._parts.devices is not None:
            unfinished = Collection(resource=PODS, name="devices in use", fields=UNFINISHED, trim=trim_devices)
            yield Informer(api, unfinished, self._parts.devices, pace)

    def _device_freed(self) -> None:
        self._triggers.device_freed()

    def _read_nodes_again(self) -> None:
        self._parts.store.read_nodes_again()
        self._triggers.nodes_read_otherwise()

    def _coroutines(self) -> dict[str, Coroutine[Any, Any, None]]:
        watches = {f"watch {w.collection.title}": w.run() for w in self._watches}
        assert self._kinds is not None
        return watches | {
            "our own kinds": self._kinds.run(),
            "first view": self._open_when_synced(),
            "resync": self._resync.run(),
            "schema": self._schema.run(),
            "ranges of Services": self._parts.ranges.run(),
            "events": self._parts.recorder.run(),
            "workers": self._loop.run(),
            "drift": self._drift_loop.run(),
        }

    async def _open_when_synced(self) -> None:
        for synced in (self._resync.synced, self._parts.ranges.synced, *(watch.synced for watch in self._watches)):
            await synced.wait()
        logger.info("everything was seen once: working")
        self._set_gate()

    def _set_gate(self) -> None:
        ready = not self._unseen()
        for loop in (self._loop, self._drift_loop):
            if ready:
                loop.gate.set()
            else:
                loop.gate.clear()

    def _ended(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() or (task.get_name() == "first view" and task.exception() is None):
            return
        logger.critical("%s ended, which it never should", task.get_name(), exc_info=task.exception())
        self.failed = True
        self.over.set()

    def _unhealthy(self) -> list[str]:
        ended = [f"{task.get_name()} ended" for task in self._tasks if task.done() and task.get_name() != "first view"]
        stuck = [
            f"watch {watch.collection.title} is stuck for {watch.idleness():.0f} s"
            for watch in self._watches
            if watch.idleness() > STUCK_SECONDS
        ]
        return ended + stuck

    def _unready(self) -> list[str]:
        unwatched = () if self._kinds is None else self._kinds.complaints()
        return [*self._unseen(), *unwatched]

    def _unseen(self) -> list[str]:
        unseen = [
            f"{watch.collection.title} are not listed yet" for watch in self._watches if not watch.synced.is_set()
        ]
        own = [] if self._resync.synced.is_set() else ["our own kinds are not listed yet"]
        ranges = [] if self._parts.ranges.synced.is_set() else ["the ranges of Services are not read yet"]
        return [*self._schema.complaints, *own, *ranges, *unseen]

    def _sample_metrics(self) -> None:
        for watch in self._watches:
            self.metrics.watch(watch.collection.title, watch.silence)
        self.metrics.sample(self._monitor.samples)
        for loop in (self._loop, self._drift_loop):
            self.metrics.expect(loop.ages(), RESULTS, loop.workers)
            self.metrics.sample(partial(work_samples, loop.ages))
        if self._kinds is not None:
            for kind in OWN:
                self.metrics.watch(kind.plural, partial(self._kinds.silence, kind))
