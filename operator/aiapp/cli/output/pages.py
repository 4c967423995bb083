"""The details pages of versions and applications in a terminal."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

import click

from aiapp.cli.output.colours import phase
from aiapp.cli.output.sections import Pair, pairs, section, text
from aiapp.cli.output.table import table
from aiapp.domain.moments import written
from aiapp.domain.sizes import human_size

SHOWN_EVENTS: Final = 10

if TYPE_CHECKING:
    from aiapp.api.events import PastEvent
    from aiapp.api.meta import Document
    from aiapp.domain.details.application import ApplicationDetails, ApplicationOverview
    from aiapp.domain.details.findings import DetailedFinding
    from aiapp.domain.details.version import Constraint, HealthChecks, ServiceUse, VersionDetails, VersionOverview
    from aiapp.domain.listing.items import ListedVersion


def version_page(found: "VersionDetails") -> Iterator[str]:
    """A line each."""
    yield from pairs(_version(found.overview))
    yield from section("Documents", _documents(found.overview.documents))
    yield from section("Precision", pairs((name, text(value)) for name, value in found.precision.items()))
    yield from section("Parameters", _parameters(found))
    yield from section("Dependencies", (text(one) or "" for one in found.dependencies))
    yield from section("Weights", _weights(found))
    yield from section("Constraint", _constraint(found.constraint, found.overview.name))
    yield from section("Health", _health(found.health))
    yield from section("Services", map(_service, found.services))
    yield from section("Provenance", _provenance(found))
    yield from section("Findings", _findings(found.findings))
    yield from section("Events", _events(found.events))
    yield from section("Read leniently", (text(one) or "" for one in found.repaired))


def application_page(found: "ApplicationDetails") -> Iterator[str]:
    """A line each."""
    yield from pairs(_application(found.overview))
    yield from section("Documents", _documents(found.overview.documents))
    yield from section("Traffic", _traffic(found))
    yield from section("Rollout", _rollout(found))
    yield from section("Versions", _versions(found.versions))
    yield from section("Findings", _findings(found.findings))
    yield from section("Events", _events(found.events))


def _version(one: "VersionOverview") -> Iterator[Pair]:
    job = one.training_job
    yield from (("Name", one.name), ("Namespace", one.namespace), ("Application", one.application))
    yield from (("Version", one.version), ("ID", one.id), ("Display name", text(one.display_name)))
    yield from (("Description", text(one.description)), ("Labels", _labels(one.labels)))
    yield from (("State", phase(one.phase)), ("Reason", text(one.reason)), ("Message", text(one.message)))
    yield from (("Created", written(one.created)), ("Created by", text(one.created_by)))
    yield from (("Size", one.size), ("Files", None if one.files is None else str(one.files)))
    yield from (("Engine", text(one.engine)), ("Algorithm", text(one.algorithm)))
    yield from (("Source", one.source_type), ("Model from", one.origin), ("URI", text(one.uri)))
    yield ("Inference code", text(one.inference_code))
    yield ("Template", one.template)
    yield ("Training job", None if job is None else text(f"{job.kind} {job.name}, {job.state}"))
    yield ("Deployment types", ", ".join(one.deployment_types))
    yield from (("Pin", one.pin), ("Digest", one.digest), ("Verified by", one.verification))
    yield ("Replicated", None if one.replicated is None else "yes" if one.replicated else "no")
    yield from (("Image", text(one.image)), ("Command", text(" ".join(one.command)) or None))
    yield from (("Port", None if one.port is None else str(one.port)), ("Protocol", one.protocol))


def _application(one: "ApplicationOverview") -> Iterator[Pair]:
    yield from (("Name", one.name), ("Namespace", one.namespace), ("ID", one.id))
    yield from (("Display name", text(one.display_name)), ("Description", text(one.description)))
    yield from (("Labels", _labels(one.labels)), ("Created", written(one.created)))
    yield from (("State", phase(one.phase)), ("Reason", text(one.reason)), ("Message", text(one.message)))
    yield from (("Served", text(one.served)), ("Stopped", "yes" if one.stopped else None), ("URL", text(one.url)))
    yield ("Pods", None if one.replicas is None else f"{one.ready or 0} of {one.replicas} ready")
    yield from (("Started", _moment(one.started_at)), ("Stops itself", _moment(one.auto_stop_at)))
    yield from (("Latest version", one.latest_version), ("Latest normal", one.latest_ready_version))
    yield ("Written by", text(one.written_by))


def _documents(found: "Iterable[Document]") -> Iterator[str]:
    return pairs((one.name, text(one.url)) for one in found)


def _parameters(found: "VersionDetails") -> Iterator[str]:
    for one in found.parameters:
        types = f"{one.request_content_type or 'anything'} to {one.response_content_type or 'anything'}"
        yield text(f"{one.method} {one.url}: {types}") or ""
    if found.parameters:
        yield f"The schemas: aiapp schema {found.overview.name}"


def _weights(found: "VersionDetails") -> Iterator[str]:
    if (one := found.weights) is None:
        return iter(())
    said = (
        ("Architecture", text(one.architecture)),
        ("Number format", text(one.dtype)),
        ("Size", one.size),
        ("Parameters", None if one.parameters is None else f"{one.parameters:,}"),
        ("Quantization", text(one.quantization)),
        ("Context", None if one.context_length is None else f"{one.context_length} tokens"),
        ("License", text(one.license or one.license_file)),
    )
    return pairs(said)


def _constraint(one: "Constraint", name: str) -> Iterator[str]:
    asked, runtime, verdict = one.specification, one.runtime, one.compatibility
    npus = None if asked.npus is None else f"{asked.npus} {asked.npu_resource or 'of what the nodes offer'}"
    yield from pairs(
        (
            ("Request mode", one.request_mode),
            ("Architecture", ", ".join(one.architectures)),
            ("Accelerator", text(one.accelerator)),
            ("Chips", ", ".join(one.chips)),
            ("Runtime", f"{runtime.name} ({runtime.lifecycle})" if runtime else None),
            ("Requests", _labels(asked.requests)),
            ("Limits", _labels(asked.limits)),
            ("NPUs", npus),
            ("Shared memory", asked.shared_memory),
            ("Weights", None if asked.weights_bytes is None else human_size(asked.weights_bytes)),
            ("Verdict", f"{verdict.verdict}, {verdict.compatible} of {verdict.nodes} nodes fit" if verdict else None),
        )
    )
    for reason in one.reasons:
        yield text(f"{reason.nodes} do not: {reason.reason} ({', '.join(reason.examples)}) {reason.detail or ''}") or ""
    for near in verdict.near_fits if verdict else ():
        yield text(f"{near.nodes} would fit with: {near.remedy} ({', '.join(near.examples)})") or ""
    if verdict:
        yield f"Node by node: aiapp fit {name}"


def _health(found: "HealthChecks") -> Iterator[str]:
    if (config := found.config) is not None:
        asked = config.url if config.check_method == "HTTP" else config.command
        seconds = _seconds(config.initial_delay_seconds, config.period_seconds, config.timeout_seconds)
        yield text(f"config.json: {config.check_method} {asked or ''}{seconds}") or ""
    if (own := found.container) is not None:
        asked = " ".join(own.command) if own.command else own.path
        seconds = _seconds(own.initial_delay_seconds, own.period_seconds, own.timeout_seconds)
        yield text(f"container: {asked or '/health'}{seconds}, at most {own.failure_threshold} failures") or ""


def _seconds(delay: int | None, period: int | None, timeout: int | None) -> str:
    said = (("after", delay), ("every", period), ("within", timeout))
    return "".join(f", {word} {seconds} s" for word, seconds in said if seconds is not None)


def _service(one: "ServiceUse") -> str:
    traffic = f"{one.actual_weight if one.actual_weight is not None else '?'} % of the traffic ({one.weight} % wanted)"
    pods = f", {one.ready or 0} of {one.replicas} pods ready" if one.replicas is not None else ""
    return text(f"{one.application}: {one.phase or '-'}, {traffic}{pods} {one.url or ''}") or ""


def _provenance(found: "VersionDetails") -> Iterator[str]:
    if (one := found.provenance) is None:
        return
    made = f"{one.created_by or 'nobody known'}{f' at {written(one.created_at)}' if one.created_at else ''}"
    code = " ".join(filter(None, (one.repository, one.revision)))
    yield from pairs(
        (
            ("Made by", text(made)),
            ("Code", text(code) or None),
            ("Images", text(", ".join(image.image for image in one.images)) or None),
            ("Data", text(", ".join(data.name for data in one.datasets)) or None),
            ("Nodes", text(", ".join(node.name for node in one.nodes)) or None),
        )
    )
    yield f"The whole chain: aiapp trace {found.overview.name}"


def _findings(found: "Iterable[DetailedFinding]") -> Iterator[str]:
    for one in found:
        if one.is_fault:
            sign = click.style(one.type, fg="red" if one.status == "False" else "yellow")
            yield f"{sign} {one.status}, {one.reason}: {text(one.message)}"
            if one.remedy:
                yield f"  {one.remedy}"


def _events(found: "Sequence[PastEvent]") -> Iterator[str]:
    """The last ones, the newest at the end."""
    for one in reversed(found[:SHOWN_EVENTS]):
        times = f", {one.count} times" if one.count > 1 else ""
        reason = click.style(one.reason, fg="yellow" if one.type == "Warning" else None)
        yield f"{written(one.time)} {reason}{times}: {text(one.message)}"


def _traffic(found: "ApplicationDetails") -> Iterator[str]:
    for one in found.traffic:
        why = f", {one.reason}" if one.reason else ""
        pods = f"{one.ready} of {one.replicas} pods ready"
        yield f"{one.version}: {one.actual_weight} % ({one.weight} % wanted{why}), {pods}"


def _rollout(found: "ApplicationDetails") -> Iterator[str]:
    if (one := found.rollout) is not None:
        yield f"{one.summary}, since {written(one.since)}"
        yield from filter(None, (text(one.message),))


def _versions(found: "Iterable[ListedVersion]") -> Iterator[str]:
    rows = [
        (
            one.version,
            phase(one.phase),
            one.reason or "-",
            text(one.engine) or "-",
            one.size or "-",
            written(one.created),
        )
        for one in found
    ]
    if rows:
        yield from table(("VERSION", "STATE", "REASON", "ENGINE", "SIZE", "CREATED"), rows).splitlines()


def _moment(found: datetime | None) -> str | None:
    return None if found is None else written(found)


def _labels(found: Mapping[str, str]) -> str | None:
    return text(", ".join(f"{key}={value}" for key, value in sorted(found.items()))) or None
