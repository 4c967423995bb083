"""What the settings say, in the words of the parts that need it."""

import time
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import TypeVar

from aiapp.adapters.endpoints.settings import EndpointSettings
from aiapp.adapters.metrics.metrics import Metrics
from aiapp.adapters.objectstore.s3 import StoreSettings
from aiapp.adapters.prometheus import PrometheusSettings
from aiapp.adapters.registry.client import RegistrySettings
from aiapp.adapters.registry.copying import OwnRegistrySettings
from aiapp.adapters.tracing import TracingUnavailableError
from aiapp.domain.exeml.projects import project_rule
from aiapp.domain.exeml.stores import ModelStore
from aiapp.domain.images.replica import own_registry
from aiapp.domain.objectstore.endpoint_policy import EVERYWHERE, EndpointPolicy
from aiapp.domain.objectstore.proxies import Proxies
from aiapp.domain.rendering.limits import FETCH, INSTALL
from aiapp.domain.rendering.pod.delivery import Fetcher
from aiapp.domain.rendering.pod.dependencies import Pip
from aiapp.domain.training.annotations import annotated
from aiapp.domain.training.facts import JobReading
from aiapp.domain.training.kinds import JobKinds, job_kinds
from aiapp.domain.training.output import NAMES
from aiapp.domain.training.registration import Rule
from aiapp.oci.errors import OWN_HINTS
from aiapp.ports.kubernetes import Api
from aiapp.reconcile.views.own_image import OwnImage
from aiapp.settings import Settings

Made = TypeVar("Made", bound=EndpointSettings)


def store_settings(settings: Settings) -> StoreSettings:
    """The part of the settings that object storage needs."""
    limits = StoreSettings(
        max_objects=settings.max_objects, max_bytes=settings.max_bytes, max_listing_bytes=settings.max_listing_bytes
    )
    return _reached(limits, settings)


def registry_settings(settings: Settings) -> RegistrySettings:
    """The part of the settings that registries need: what limits object storage limits them too."""
    return _reached(RegistrySettings(max_image_bytes=settings.max_image_bytes), settings)


def _reached(made: Made, settings: Settings) -> Made:
    """With what the settings say of endpoints of any protocol."""
    return replace(
        made,
        connections=settings.store_connections,
        connect_seconds=settings.store_connect_seconds,
        read_seconds=settings.store_read_seconds,
        request_seconds=settings.store_request_seconds,
        allow_http=settings.allow_http,
        ca_bundle=settings.store_ca_bundle,
        policy=endpoint_policy(settings),
        proxies=proxies(settings),
    )


def own_registry_settings(settings: Settings) -> OwnRegistrySettings:
    """The part of the settings that the installation's own registry needs, where there is one."""
    reached = replace(registry_settings(settings), allow_http=True, policy=EVERYWHERE, hints=OWN_HINTS)
    return OwnRegistrySettings(
        place=own_registry(settings.registry),
        client=reached,
        config_file=_path(settings.registry_config),
        ca_file=_path(settings.registry_ca_bundle),
        plain_http=settings.registry_plain_http,
        max_bytes=settings.max_copy_bytes,
    )


def _path(text: str | None) -> Path | None:
    return Path(text) if text else None


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


def fetcher(settings: Settings, image: str, policy: EndpointPolicy) -> Fetcher:
    """The init container of new pods: it keeps to the operator's own policy and takes its proxies."""
    resources = replace(FETCH, cpu=settings.fetch_cpu_limit, memory=settings.fetch_memory_limit)
    return Fetcher(image, policy.arguments, proxies(settings).environment, resources)


def own_image(settings: Settings, api: Api) -> OwnImage:
    """What knows the image of that container: a given one is looked up nowhere."""
    built = f"localhost/aiapp-operator:{metadata.version('aiapp-operator')}"
    return OwnImage(api, settings.namespace, "" if settings.image else settings.pod, settings.image or built)


def prometheus_settings(settings: Settings) -> PrometheusSettings:
    """What is asked for the checks of a rollout in steps."""
    return PrometheusSettings(
        url=settings.prometheus_url,
        token_file=settings.prometheus_token_file,
        ca_bundle=settings.prometheus_ca_bundle,
    )


def model_stores(settings: Settings) -> dict[str, ModelStore]:
    """Where the models of ExeML projects lie, by name."""
    return {name: ModelStore(**dict(one)) for name, one in settings.exeml_stores.items()}


def training_job_kinds(settings: Settings) -> JobKinds:
    """The kinds of training jobs that are read. Raises `JobKindsError`."""
    return job_kinds(settings.training_job_kinds, settings.training_job_mappings)


def job_reading(settings: Settings) -> JobReading:
    """How they are read."""
    return JobReading((*NAMES, *settings.training_output_names), settings.built_in_algorithm_label)


def registration_rules(settings: Settings) -> tuple[Rule, ...]:
    """Which of them register themselves; the first rule that says something of a job counts."""
    of_projects = project_rule(model_stores(settings), job_reading(settings), settings.exeml_project_label)
    return (of_projects, annotated) if settings.register_training_jobs else (of_projects,)


def proxies(settings: Settings) -> Proxies:
    """The proxies between here and the stores."""
    return Proxies(settings.https_proxy, settings.http_proxy, settings.no_proxy)


def metrics_of(settings: Settings, host: str) -> Metrics:
    """The metrics, with traces where they are wanted. Raises `TracingUnavailableError`."""
    if not settings.traces:
        return Metrics(host)
    try:
        # Imported here: the packages are optional.
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415

        from aiapp.adapters.tracing.tracer import TracedMetrics  # noqa: PLC0415
    except ImportError as error:
        raise TracingUnavailableError(
            f"AIAPP_TRACES needs the extra `traces` in the image (pip install 'aiapp-operator[traces]'): {error}"
        ) from error
    return TracedMetrics(host, OTLPSpanExporter(), time.time)  # noqa: TID251 - passed on from here
