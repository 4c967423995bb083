"""The reconcilers of our kinds and of drift, made of the operator's parts."""

from collections.abc import Callable
from functools import lru_cache, partial

from aiapp.adapters.own_build import own_build
from aiapp.adapters.prometheus import PrometheusClient
from aiapp.controller.workers import Reconcile
from aiapp.controller.workqueue import Key
from aiapp.domain.kubernetes.resources import APPLICATIONS, RUNTIMES, TEMPLATES, VERSIONS, Resource
from aiapp.reconcile.application import ApplicationPorts, ApplicationReconciler
from aiapp.reconcile.exeml.records import ModelRecords
from aiapp.reconcile.exeml.registration import ModelRegistration
from aiapp.reconcile.import_slots import StoreSlots
from aiapp.reconcile.manifests import Manifests
from aiapp.reconcile.refusals import Reported
from aiapp.reconcile.registration import RegistrationPorts, RegistrationReconciler
from aiapp.reconcile.replica_sets import ReplicaSets
from aiapp.reconcile.runtime import RuntimeReconciler
from aiapp.reconcile.sources.exeml import ExeMLPorts
from aiapp.reconcile.sources.images import Images
from aiapp.reconcile.sources.obs import ObsPorts
from aiapp.reconcile.sources.sources import Sources
from aiapp.reconcile.sources.template import TemplatePorts
from aiapp.reconcile.sources.training_job import TrainingJobPorts
from aiapp.reconcile.step_checks import StepChecks
from aiapp.reconcile.template import TemplateReconciler
from aiapp.reconcile.training_runs import TrainingRuns
from aiapp.reconcile.version.digests import Digests
from aiapp.reconcile.version.drift import AT_ONCE as DRIFTS_AT_ONCE
from aiapp.reconcile.version.drift import DriftPorts, DriftReconciler
from aiapp.reconcile.version.reconciler import VersionPorts, VersionReconciler
from aiapp.reconcile.views.catalogue import Catalogue
from aiapp.wiring.configured import fetcher, model_stores, pip, prometheus_settings
from aiapp.wiring.parts import Parts, utc_now


def reconcilers(parts: Parts) -> dict[str, Reconcile]:
    """The reconciler of each of our kinds."""
    live, catalogue = sources(parts), Catalogue()
    reported_facts = None if parts.settings.watch_namespaces else parts.view.node_facts
    by_resource: dict[Resource, Reconcile] = {
        VERSIONS: VersionReconciler(_version_ports(parts, live, catalogue)),
        APPLICATIONS: ApplicationReconciler(_application_ports(parts, live, catalogue)),
        RUNTIMES: RuntimeReconciler(parts.store, parts.cluster, reported_facts),
        TEMPLATES: TemplateReconciler(parts.store, parts.cluster),
    }
    return {resource.kind: _reported(parts, resource, each) for resource, each in by_resource.items()}


def _version_ports(parts: Parts, live: Sources, catalogue: Catalogue) -> VersionPorts:
    return VersionPorts(
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
        runs=_runs(parts),
        slots=parts.slots,
        observer=parts.metrics,
        manifest_bytes=parts.settings.max_manifest_bytes,
        reader=own_build(),
        clock=utc_now,
    )


def _application_ports(parts: Parts, live: Sources, catalogue: Catalogue) -> ApplicationPorts:
    fetcher_of = lru_cache(maxsize=1)(partial(fetcher, parts.settings))  # image and policy hardly ever change
    metrics = PrometheusClient(prometheus_settings(parts.settings))
    return ApplicationPorts(
        store=parts.store,
        cluster=parts.cluster,
        sources=live,
        shared=parts.shared,
        recorder=parts.recorder,
        replica_sets=ReplicaSets(parts.cluster),
        catalogue=catalogue,
        view=parts.view,
        drifts=parts.drifts,
        fetcher=lambda: fetcher_of(parts.own_image.image, parts.ranges.policy),
        pip=pip(parts.settings),
        tickets=parts.tickets,
        rollout_started=parts.metrics.rollout_started,
        step_checks=StepChecks(metrics, parts.settings.prometheus_queries),
        clock=utc_now,
    )


def sources(parts: Parts) -> Sources:
    """What versions are imported from."""
    images = Images(
        cluster=parts.cluster,
        registries=parts.registries,
        seconds=parts.settings.import_seconds,
        copies=parts.copying.copies if parts.copying is not None else None,
    )
    obs = ObsPorts(
        cluster=parts.cluster,
        objects=parts.objects,
        parsers=parts.parser,
        manifests=Manifests(parts.shared),
        images=images,
        seconds=parts.settings.import_seconds,
        checksum_objects=parts.settings.checksum_objects,
        reader=own_build(),
    )
    training_jobs = TrainingJobPorts(
        cluster=parts.cluster,
        served=parts.store,
        jobs=parts.training_jobs,
        late_seconds=parts.settings.training_output_seconds,
        clock=utc_now,
    )
    templates = TemplatePorts(
        obs=obs,
        template=lambda name: parts.store.get(TEMPLATES, None, name),
        max_objects=parts.settings.max_objects,
    )
    exeml = ExeMLPorts(records=model_records(parts), obs=obs, jobs=training_jobs)
    return Sources(obs, images, training_jobs, templates, exeml)


def model_records(parts: Parts) -> ModelRecords:
    """What is known of models of ExeML."""
    return ModelRecords(parts.api, parts.settings.namespace, model_stores(parts.settings))


def _reported(parts: Parts, resource: Resource, reconcile: Reconcile) -> Reported:
    return Reported(
        resource=resource,
        reconcile=reconcile,
        store=parts.store,
        cluster=parts.cluster,
        recorder=parts.recorder,
        clock=utc_now,
    )


def registration_reconciler(parts: Parts) -> RegistrationReconciler:
    """What registers training jobs that have succeeded."""
    ports = RegistrationPorts(
        store=parts.store,
        cluster=parts.cluster,
        recorder=parts.recorder,
        jobs=parts.training_jobs.registrations,
        runs=_runs(parts),
        reading=parts.training_jobs.reading,
        before=ModelRegistration(model_records(parts)),
        observer=parts.metrics,
    )
    return RegistrationReconciler(ports)


def _runs(parts: Parts) -> TrainingRuns:
    return TrainingRuns(parts.cluster, parts.training_jobs, parts.store.nodes)


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
