"""Counts what happens to objects, and gives their state at a scrape. Never writes anything, never asks a server."""

from collections.abc import Callable, Iterator
from typing import Any, Protocol

from aiapp.api.conditions import Reason
from aiapp.api.runtime import RuntimeSpec
from aiapp.controller.cache import Cache, Change
from aiapp.domain.kubernetes.naming import APPLICATION_LABEL, VERSION_LABEL
from aiapp.domain.kubernetes.resources import APPLICATIONS, DEPLOYMENTS, PODS, VERSIONS, Json
from aiapp.domain.monitoring.changes import FetchEnd, fetch_end, rollout_state
from aiapp.domain.monitoring.fleet import RuntimeFit, fleet_samples, runtime_fits, runtime_samples
from aiapp.domain.monitoring.objects import application_samples, version_samples
from aiapp.domain.monitoring.sample import Sample
from aiapp.domain.nodes.facts import NodeFacts
from aiapp.reconcile.views.catalogue import Catalogue
from aiapp.reconcile.views.nodes import NodeInventoryView


class RolloutObserver(Protocol):
    """Counts what happened, for metrics."""

    def fetched(self, reason: Reason, seconds: float, size: int) -> None:
        """A fetch ended; `size` is that of the package, 0 where it is not known."""

    def rollout_ended(self, result: str, seconds: float | None) -> None:
        """All its pods became available, or they did not in time; `seconds` None: its start was not seen."""


class Monitor:
    """Listens to the cache. `clock` gives monotonic seconds."""

    def __init__(
        self, store: Cache[NodeFacts], view: NodeInventoryView, observer: RolloutObserver, clock: Callable[[], float]
    ) -> None:
        self._store = store
        self._view = view
        self._observer = observer
        self._clock = clock
        self._rollouts: dict[str, float | None] = {}
        """Start of each rollout by uid of its Deployment; None where it is not known."""
        self._catalogue = Catalogue()
        self._fits: tuple[Any, tuple[RuntimeFit, ...]] = ((), ())

    def __call__(self, change: Change) -> None:
        if change.resource == PODS and change.new is not None:
            self._pod(change.old, change.new)
        elif change.resource == DEPLOYMENTS:
            self._deployment(change)

    def samples(self) -> Iterator[Sample]:
        """The samples of a scrape: the state of everything now."""
        view = self._view
        yield from application_samples(self._store.all(APPLICATIONS))
        yield from version_samples(self._store.all(VERSIONS))
        yield from fleet_samples(view.inventory, view.tables, view.in_use)
        yield from runtime_samples(self._runtime_fits(), view.in_use)

    def _runtime_fits(self) -> tuple[RuntimeFit, ...]:
        """The fit of each runtime, judged again only when its input has changed."""
        fleet, tables = self._view.inventory, self._view.tables
        specs: list[RuntimeSpec] = list(self._catalogue.specs(self._store.runtimes()).values())
        known, fits = self._fits
        current = (fleet, tables, specs)
        if known and known[0] is fleet and known[1] is tables and known[2] == specs:
            return fits
        self._fits = (current, runtime_fits(specs, fleet, tables))
        return self._fits[1]

    def _pod(self, old: Json | None, new: Json) -> None:
        end: FetchEnd | None = fetch_end(old, new)
        if end is not None:
            self._observer.fetched(end.reason, end.seconds, self._size(new))

    def _size(self, pod: Json) -> int:
        """The size that was pinned, not the one that the pod reports."""
        labels = pod["metadata"].get("labels") or {}
        name = f"{labels.get(APPLICATION_LABEL)}-{labels.get(VERSION_LABEL)}"
        version = self._store.get(VERSIONS, pod["metadata"]["namespace"], name) or {}
        return int(((version.get("status") or {}).get("artifact") or {}).get("bytes") or 0)

    def _deployment(self, change: Change) -> None:
        uid = change.object["metadata"]["uid"]
        if change.new is None:
            self._rollouts.pop(uid, None)
        elif (state := rollout_state(change.new)) == "going on":
            begins = change.old is not None and rollout_state(change.old) != state
            if begins or uid not in self._rollouts:
                self._rollouts[uid] = self._clock() if begins or change.own else None
        elif uid in self._rollouts:
            begun = self._rollouts.pop(uid)
            self._observer.rollout_ended(state, None if begun is None else self._clock() - begun)
