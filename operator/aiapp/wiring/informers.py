"""What the operator watches beside its own kinds."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Final

from aiapp.controller.informer import Collection, Informer, InformerTiming, Sink
from aiapp.domain.kubernetes.child_kinds import CHILD_KINDS, trim_of
from aiapp.domain.kubernetes.naming import MANAGED_BY, MANAGED_BY_LABEL
from aiapp.domain.kubernetes.resources import (
    CONFIG_MAPS,
    LIMIT_RANGES,
    NODES,
    PODS,
    Resource,
)
from aiapp.domain.nodes.facts import trim as trim_node
from aiapp.domain.nodes.usage import UNFINISHED
from aiapp.domain.nodes.usage import trim as trim_devices
from aiapp.reconcile.views.training_pods import TrainingPods, by_label
from aiapp.wiring.parts import Parts

MANAGED: Final = f"{MANAGED_BY_LABEL}={MANAGED_BY}"

WITHOUT_NODES: Final = "where versions can run is Unknown, and rollouts wait for nothing"
WITHOUT_KIND: Final = "applications that ask for it say so in their conditions"
WITHOUT_JOBS: Final = "versions that wait for such a training job say so in their conditions"


def informers(parts: Parts) -> Iterator[Informer]:
    """One for each collection, into the cache or the view that it belongs to."""
    settings, kube = parts.settings, parts.kube
    timing = InformerTiming(resync=settings.resync_seconds)
    for namespace, api in parts.scopes.items():
        for collection, sink in _namespaced(parts, namespace):
            title = f"{collection.title} of {namespace}"
            one = replace(collection, name=title, is_of_one_namespace=True) if namespace else collection
            # Whether a kind that a cluster need not serve may be read says nothing of the namespace.
            asked = kube.within(namespace) if one.is_optional else api
            yield Informer(asked, one, sink, timing, partial(_note_served, parts, namespace))
    nodes = Collection(resource=NODES, trim=trim_node, without=WITHOUT_NODES if settings.watch_namespaces else "")
    yield Informer(kube, nodes, parts.store, timing)
    fields = f"metadata.name={settings.node_facts_config_map}"
    facts = Collection(resource=CONFIG_MAPS, name="node facts", fields=fields)
    yield Informer(kube.within(settings.namespace), facts, parts.view.node_facts, timing)
    if parts.devices is not None:
        unfinished = Collection(resource=PODS, name="devices in use", fields=UNFINISHED, trim=trim_devices)
        yield Informer(kube, unfinished, parts.devices, timing)


def _note_served(parts: Parts, namespace: str, resource: Resource, *, is_served: bool) -> None:
    if parts.store.note_served(resource, namespace, is_served=is_served):
        parts.triggers.kind_came_or_went(resource)


def _namespaced(parts: Parts, namespace: str) -> Iterator[tuple[Collection, Sink]]:
    """Each with what it is kept in."""
    for collection in _cached():
        yield collection, parts.store.within(namespace)
    for collection in _training_jobs(parts):
        yield collection, parts.training_jobs
    for label, kinds in by_label(parts.training_jobs.kinds).items():
        pods = TrainingPods(label, kinds, parts.training_jobs, parts.store.nodes)
        yield Collection(resource=PODS, name=f"pods with {label}", selector=label, trim=pods.trim), pods


def _training_jobs(parts: Parts) -> Iterator[Collection]:
    for kind in parts.training_jobs.kinds.kinds:
        yield Collection(
            resource=kind.resource,
            name=kind.name,
            trim=parts.training_jobs.trim,
            is_optional=True,
            without=WITHOUT_JOBS,
        )


def _cached() -> Iterator[Collection]:
    for kind in CHILD_KINDS:
        yield Collection(
            resource=kind.watched,
            selector=MANAGED,
            trim=kind.trim,
            is_optional=kind.is_optional,
            without=WITHOUT_KIND if kind.is_optional else "",
        )
    yield Collection(resource=PODS, selector=MANAGED, trim=trim_of(PODS))
    yield Collection(resource=LIMIT_RANGES, trim=trim_of(LIMIT_RANGES))
