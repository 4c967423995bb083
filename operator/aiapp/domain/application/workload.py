"""What a template is rendered from: how the content comes into the pod, and what serves it there."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from aiapp.api.artifact import ImageArtifact, PackageArtifact
from aiapp.api.image import ImageStatus
from aiapp.api.meta import EnvVar, Npu
from aiapp.api.pod import PodOptions, RequestLimits
from aiapp.api.runtime import RuntimeSpec
from aiapp.api.runtime_server import RuntimeServer as RuntimeServerSpec
from aiapp.api.serving import Serving
from aiapp.domain.application.candidate import Candidate, RenderContext
from aiapp.domain.artifact.manifest_config_map import config_map_names
from aiapp.domain.images.interface import interface
from aiapp.domain.kubernetes.naming import digest_config_map
from aiapp.domain.nodes.placement import Placement
from aiapp.domain.nodes.tables import Tables
from aiapp.domain.rendering.pod.container import PACKAGE_PATH, TMP_PATH
from aiapp.domain.rendering.pod.delivery import Delivery, FetchDelivery, NoDelivery, PinnedPackage
from aiapp.domain.rendering.pod.dependencies import Dependencies, Pip
from aiapp.domain.rendering.pod.engine import Engine, ModelServer
from aiapp.domain.rendering.pod.image_server import ImageServer
from aiapp.domain.rendering.pod.runtime_server import RuntimeServer
from aiapp.domain.rendering.pod.template import Needs, Workload, merged_env
from aiapp.domain.rendering.pod.ticket_delivery import TicketDelivery
from aiapp.domain.rendering.pod.user import DEVICE_USER, PodUser, image_user, own_user
from aiapp.domain.runtimes.server.placeholders import Subject, parameters, values
from aiapp.domain.sources.variants import package_of


@dataclass(frozen=True, slots=True)
class RuntimeImage:
    """A runtime of the catalogue that has an image."""

    runtime: RuntimeSpec
    image: str


Server = RuntimeImage | ImageStatus
"""What serves a version: a runtime, or an image of the user's own."""


def workload(
    candidate: Candidate, serving: Serving, server: Server, placed: Placement, context: RenderContext
) -> Workload:
    """Everything that reaches the template of a version that gets a new one."""
    spec = candidate.record.spec
    return Workload(
        application=spec.application,
        version=spec.version,
        delivery=_delivery(candidate, server, context),
        engine=_engine(candidate, serving, server, context),
        needs=_needs(candidate, serving, server, placed),
        placement=placed,
        granted=context.granted,
    )


def _needs(candidate: Candidate, serving: Serving, server: Server, placed: Placement) -> Needs:
    served, container, own = candidate.served, candidate.container, _own(server)
    return Needs(
        env=merged_env(_base_env(candidate, server), container.env, served.env),
        resources=candidate.resources,
        npu=Npu(count=placed.devices, resource_name=placed.resource) if placed.resource else None,
        shared_memory=_text(served.shared_memory or container.shared_memory or (own.shared_memory if own else None)),
        image_pull_secrets=tuple(reference.name for reference in container.image_pull_secrets or ()),
        scheduling=serving.scheduling,
        user=_user(candidate, server),
        groups=(own.groups if own else None) or (),
        options=serving.pod or PodOptions(),
    )


def _user(candidate: Candidate, server: Server) -> PodUser:
    match server:
        case RuntimeImage(runtime):
            return PodUser(runtime.user.uid, runtime.user.gid) if runtime.user else DEVICE_USER
        case ImageStatus():
            return image_user(candidate.container.user, server.user)


def _own(server: Server) -> RuntimeServerSpec | None:
    """What a runtime says of a server that its image brings."""
    return server.runtime.server if isinstance(server, RuntimeImage) else None


def _base_env(candidate: Candidate, server: Server) -> Sequence[EnvVar] | None:
    """What the variables of version and application add to. A user that is not the image's own has no home there."""
    match server:
        case RuntimeImage(runtime):
            return runtime.env
        case ImageStatus():
            own = own_user(server.user)
            is_own = own is not None and own.uid == _user(candidate, server).uid
            return None if is_own else (EnvVar(name="HOME", value=TMP_PATH),)


def _delivery(candidate: Candidate, server: Server, context: RenderContext) -> Delivery:
    own = _own(server)
    mode = own.file_mode if own else None
    match candidate.artifact:
        case PackageArtifact() as artifact if candidate.is_exeml:
            assert context.tickets is not None  # else it is held back
            return TicketDelivery(
                content=_content(artifact), fetcher=context.fetcher, file_mode=mode, tickets=context.tickets
            )
        case PackageArtifact() as artifact:
            found = candidate.record.status.source
            package = package_of(candidate.source, found)
            assert package is not None  # an image has none
            uri = (found.uri if found else None) or package.uri
            return FetchDelivery(
                content=_content(artifact), fetcher=context.fetcher, file_mode=mode, uri=uri, source=package
            )
        case ImageArtifact():
            return NoDelivery()


def _content(artifact: PackageArtifact) -> PinnedPackage:
    return PinnedPackage(
        pin=artifact.pin,
        bytes=artifact.bytes,
        manifest_config_maps=config_map_names(artifact.manifest_ref),
        digest_config_map=digest_config_map(artifact.pin),
    )


def _engine(candidate: Candidate, serving: Serving, server: Server, context: RenderContext) -> Engine:
    match server:
        case RuntimeImage(runtime=RuntimeSpec(server=RuntimeServerSpec() as own), image=image):
            return _runtime_server(candidate, serving, own, image, context.tables)
        case RuntimeImage(runtime, image):
            pip = replace(context.pip, secret=None, wheelhouse_claim=None) if candidate.is_exeml else context.pip
            return _model_server(candidate, serving, runtime, image, pip)
        case ImageStatus():
            return ImageServer(
                image=server.image,
                interface=interface(candidate.container, server, candidate.record.status.model),
                deploy_timeout_seconds=serving.deploy_timeout_seconds,
                grace_period_seconds=_grace_period(serving),
            )


def subject(candidate: Candidate, own: RuntimeServerSpec) -> Subject:
    """What a runtime's own server is told of the version. Where an image has one number format, that is the one."""
    spec, needed = candidate.record.spec, candidate.compatibility.needed
    asked = parameters(candidate.container.parameters, own.parameters)
    if asked.dtype is None and len(needed.dtypes) == 1:
        asked = asked.model_copy(update={"dtype": needed.dtypes[0]})
    return Subject(
        application=spec.application,
        version=spec.version,
        model_path=PACKAGE_PATH,
        npus=needed.devices,
        parameters=asked,
    )


def _runtime_server(
    candidate: Candidate, serving: Serving, own: RuntimeServerSpec, image: str, tables: Tables
) -> RuntimeServer:
    asked = subject(candidate, own)
    return RuntimeServer(
        server=own,
        image=image,
        values=values(own, asked),
        extra_args=asked.parameters.extra_args or (),
        deploy_timeout_seconds=serving.deploy_timeout_seconds,
        driver_paths=_driver_paths(own, candidate, tables),
        grace_period_seconds=_grace_period(serving),
    )


def _driver_paths(own: RuntimeServerSpec, candidate: Candidate, tables: Tables) -> tuple[str, ...]:
    """What the pod mounts of its node's driver; nothing where the container runtime does, or the pod has no NPU."""
    needed = candidate.compatibility.needed
    if own.driver is None or own.driver.origin == "Runtime" or not needed.is_cann:
        return ()
    return own.driver.paths or tables.paths_of_driver(needed.chips)


def _model_server(candidate: Candidate, serving: Serving, runtime: RuntimeSpec, image: str, pip: Pip) -> ModelServer:
    spec, model = candidate.record.spec, candidate.record.status.model
    return ModelServer(
        runtime=runtime,
        image=image,
        health=model.health if model else None,
        application=spec.application,
        version=spec.version,
        workers=candidate.served.workers or candidate.container.workers or 1,
        deploy_timeout_seconds=serving.deploy_timeout_seconds,
        dependencies=Dependencies(required, pip) if (required := candidate.record.dependencies) else None,
        limits=serving.limits or RequestLimits(),
        grace_period_seconds=_grace_period(serving),
    )


def _grace_period(serving: Serving) -> int | None:
    return serving.pod.termination_grace_period_seconds if serving.pod else None


def _text(quantity: int | str | None) -> str | None:
    return None if quantity is None else str(quantity)
