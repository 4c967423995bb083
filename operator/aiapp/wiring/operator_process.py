"""The whole operator but for what watches its own kinds, put together. Never decides anything about objects."""

import asyncio
import logging
import socket
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import partial
from typing import Final
from urllib.parse import urlsplit
from uuid import uuid4

import aiohttp

from aiapp.adapters.http.probes import Probes
from aiapp.adapters.kube.client import KubeApi, Timing
from aiapp.adapters.kube.credentials import KubeCredentials, load, session
from aiapp.adapters.kube.guard import only_leader_writes
from aiapp.controller.cache import Change
from aiapp.controller.crd_check import SchemaCheck
from aiapp.controller.kind_watch import KindWatch, Watching, Witness
from aiapp.controller.leader import Elector, LeaseSettings
from aiapp.controller.manager import Manager, Runnable
from aiapp.controller.namespaces import only_where_readable
from aiapp.controller.resync import Resync
from aiapp.controller.workers import RESULTS, Workers
from aiapp.domain.kubernetes.resources import (
    OWN,
    Json,
    Resource,
)
from aiapp.domain.monitoring.sample import Sample
from aiapp.domain.monitoring.work import work_samples
from aiapp.ports.kubernetes import Api
from aiapp.reconcile.monitor import Monitor
from aiapp.reconcile.registration import AT_ONCE as REGISTRATIONS_AT_ONCE
from aiapp.reconcile.triggers import FLEET
from aiapp.reconcile.version.drift import AT_ONCE as DRIFTS_AT_ONCE
from aiapp.reconcile.version.drift import DRIFT
from aiapp.reconcile.views.registrations import REGISTRATION
from aiapp.settings import Settings
from aiapp.wiring.configured import metrics_of, proxies
from aiapp.wiring.informers import informers
from aiapp.wiring.parts import assembled, utc_now
from aiapp.wiring.reconcilers import drift_reconciler, reconcilers, registration_reconciler
from aiapp.wiring.tickets import Tickets

logger = logging.getLogger(__name__)

LEASE: Final = "aiapp-operator"
"""Name of the Lease that replicas share."""
QUICK: Final = Timing(attempt=3, total=3)
"""For the lease: what takes longer is better asked again."""
WatchKinds = Callable[[Collection[Resource], Witness, Collection[str]], Watching]
"""Begins to watch kinds in namespaces, or everywhere when there are none, and calls the witness."""


def elapsed() -> float:
    """Seconds that go on while the machine sleeps, where it knows them; they cannot be set."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class OperatorProcess:
    """Watches, cache, queue, workers and health; the witness of what `watch_kinds` begins.

    Make it inside the event loop it will run in. Raises `NoClusterError` and `TracingUnavailableError`.
    """

    def __init__(self, settings: Settings, watch_kinds: WatchKinds) -> None:
        credentials = KubeCredentials(load, time.monotonic)
        self._metrics = metrics = metrics_of(settings, urlsplit(credentials.server).netloc)
        self._connector = aiohttp.TCPConnector(ssl=credentials.tls, limit=0, keepalive_timeout=60)
        self._session = session(credentials, self._connector, middleware=only_leader_writes(self._leads))
        kube = partial(KubeApi, self._session, credentials.server, observer=metrics)
        self._elector = self._made_elector(settings, kube(QUICK)) if settings.leader_election else None
        self._parts = parts = assembled(settings, kube(), metrics)
        self._monitor = Monitor(parts.store, parts.view, metrics, time.monotonic)
        parts.store.listen(self._changed)
        self._resync = Resync(parts.scopes, parts.store, self._everything, settings.resync_seconds)
        self._schema = SchemaCheck(parts.api, lambda _: self.manager.review())
        self._kinds = KindWatch(OWN, self._schema, partial(self._watch, watch_kinds))
        parts.namespaces.listen(self._namespaces_changed)
        self._informers = tuple(informers(parts))
        self._tickets = Tickets(parts) if settings.exeml_stores else None
        self._workers = self._made_workers()
        self.manager = Manager([*self._watching(), *self._working()], self._leads)
        self._probes = Probes(self.manager.unhealthy, self.manager.unready, metrics)

    async def start(self, host: str, port: int) -> None:
        """Begins to watch and to answer probes at that address; works as soon as it has seen everything once."""
        address = await self._probes.start(host, port)
        logger.info("health and metrics at http://%s:%d", *address)
        if proxies(self._parts.settings).has_password:
            logger.warning("pods get the proxy without its user and password: templates are no place for them")
        self._sample_metrics()
        self.manager.start()

    async def stop(self) -> None:
        """Ends everything at once: all state is in the API, so nothing is lost."""
        await self.manager.stop()
        await self._parts.objects.close()
        await self._parts.registries.close()
        if self._parts.copying is not None:
            await self._parts.copying.close()
        await self._parts.parser.close()
        if self._tickets is not None:
            await self._tickets.stop()
        await self._probes.stop()
        await self._session.close()
        await self._connector.close()
        await self._metrics.close()

    def seen(self, kind: Resource, document: Json) -> None:
        """An object of our own kinds came or changed."""
        self._parts.store.put(kind, document)

    def gone(self, kind: Resource, document: Json) -> None:
        """One was deleted."""
        self._parts.store.remove(kind, document)

    def listed(self, kind: Resource) -> None:
        """A watch of that kind begins."""
        self._resync.listed(kind)

    def refused(self, kind: Resource) -> None:
        """Where the operator has rights in some namespaces only, it need not have them for what lies in none.

        Nor in each of them: which one it was, the next listing finds out.
        """
        if self._parts.settings.watch_namespaces and kind.namespaced:
            self._resync.listed(kind)
        elif self._parts.settings.watch_namespaces:
            logger.warning("%s may not be watched: no version finds its runtime until the operator may", kind.plural)
            self._kinds.leave_out(kind)
            self._resync.leave_out(kind)

    def _watch(self, watch_kinds: WatchKinds, kinds: Collection[Resource]) -> Watching:
        namespaces = self._parts.namespaces
        if namespaces.none_is_readable:
            kinds = [kind for kind in kinds if not kind.namespaced]
        return watch_kinds(kinds, self, namespaces.readable)

    def _namespaces_changed(self, sentence: str) -> None:
        self._kinds.begin_again(sentence)
        self._everything()

    def _changed(self, change: Change) -> None:
        """A replica that does not work keeps no list of what to do: it looks at everything once it does.

        Not by who leads at this moment: the lead may be lost and won again without that work was ended.
        """
        if self.manager.is_working:
            self._parts.triggers(change)
        if self._leads():
            self._monitor(change)

    def _everything(self) -> None:
        if self.manager.is_working:
            self._parts.triggers.everything()

    async def _first_look(self) -> None:
        self._parts.queue.add(FLEET)
        self._parts.triggers.everything()
        self._parts.training_jobs.registrations.begin()
        self._parts.view.node_facts.tell()
        try:
            await asyncio.Event().wait()
        finally:
            self._parts.queue.clear()
            self._parts.training_jobs.registrations.end()

    def _samples(self) -> Iterable[Sample]:
        """Of several replicas only one tells of the cluster, or sums would count everything twice."""
        return self._monitor.samples() if self._leads() else ()

    def _leads(self) -> bool:
        return self._elector is None or self._elector.leads()

    def _review(self) -> None:
        self.manager.review()

    def _made_elector(self, settings: Settings, api: Api) -> Elector:
        lease = LeaseSettings(
            namespace=settings.namespace,
            name=LEASE,
            identity=f"{socket.gethostname()}_{uuid4()}",
            seconds=settings.lease_seconds,
        )
        return Elector(api, lease, self._review, elapsed=elapsed, clock=utc_now)

    def _made_workers(self) -> Mapping[str, Workers]:
        parts = self._parts
        made = partial(Workers, clock=time.monotonic, observer=self._metrics)
        drift = {DRIFT: drift_reconciler(parts, parts.queue.add)}
        registering = {REGISTRATION: registration_reconciler(parts)}
        ours = {
            kind: only_where_readable(parts.namespaces, reconcile) for kind, reconcile in reconcilers(parts).items()
        }
        return {
            "workers": made(parts.queue, {FLEET.kind: parts.triggers.fleet, **ours}, workers=parts.settings.workers),
            "drift checks": made(parts.drifts.queue, drift, workers=DRIFTS_AT_ONCE),
            "registrations": made(parts.training_jobs.registrations.queue, registering, workers=REGISTRATIONS_AT_ONCE),
        }

    def _watching(self) -> Iterator[Runnable]:
        for informer in self._informers:
            yield Runnable(
                name=informer.collection.title,
                run=informer.run,
                synced=informer.synced,
                idleness=informer.idleness,
            )
        ranges, own_image = self._parts.ranges, self._parts.own_image
        yield Runnable(name="our own kinds", run=self._resync.run, synced=self._resync.synced)
        yield Runnable(name="watches of our own kinds", run=self._kinds.run, complaints=self._kinds.complaints)
        yield Runnable(name="CRDs", run=self._schema.run, blockers=lambda: self._schema.complaints)
        yield Runnable(name="ranges of Services", run=ranges.run, synced=ranges.synced)
        yield Runnable(name="own pods", run=own_image.run, synced=own_image.synced)
        if self._elector is not None:
            yield Runnable(name="leader election", run=self._elector.run, complaints=self._elector.complaints)
        yield Runnable(name="events", run=self._parts.recorder.run)
        if self._tickets is not None:
            yield Runnable(name="tickets", run=self._tickets.run)

    def _working(self) -> Iterator[Runnable]:
        yield Runnable(name="first look", run=self._first_look, needs_leader=True)
        if self._parts.copying is not None:
            yield Runnable(name="copies of images", run=self._parts.copying.run, needs_leader=True)
        for name, workers in self._workers.items():
            yield Runnable(name=name, run=workers.run, needs_leader=True)

    def _sample_metrics(self) -> None:
        for informer in self._informers:
            self._metrics.watch(informer.collection.title, informer.silence)
        self._metrics.leader(LEASE, self._leads)
        self._metrics.unreadable(lambda: len(self._parts.namespaces.unreadable))
        for kind in OWN:
            self._metrics.watch(kind.plural, partial(self._kinds.silence, kind))
        self._metrics.sample(self._samples)
        for workers in self._workers.values():
            self._metrics.expect(workers.ages(), RESULTS, workers.workers)
            self._metrics.sample(partial(work_samples, workers.ages))
