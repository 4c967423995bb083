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


def version_page(details: "VersionDetails") -> Iterator[str]:
    """The page of a version, line by line."""
    yield from pairs(_version(details.overview))
    yield from section("Documents", _documents(details.overview.documents))
    yield from section("Precision", pairs((name, text(value)) for name, value in details.precision.items()))
    yield from section("Parameters", _parameters(details))
    yield from section("Dependencies", (text(one) or "" for one in details.dependencies))
    yield from section("Weights", _weights(details))
    yield from section("Constraint", _constraint(details.constraint, details.overview.name))
    yield from section("Health", _health(details.health))
    yield from section("Services", map(_service, details.services))
    yield from section("Provenance", _provenance(details))
    yield from section("Findings", _findings(details.findings))
    yield from section("Events", _events(details.events))
    yield from section("Read leniently", (text(one) or "" for one in details.repaired))


def application_page(details: "ApplicationDetails") -> Iterator[str]:
    """The page of an application, line by line."""
    yield from pairs(_application(details.overview))
    yield from section("Documents", _documents(details.overview.documents))
    yield from section("Traffic", _traffic(details))
    yield from section("Rollout", _rollout(details))
    yield from section("Versions", _versions(details.versions))
    yield from section("Findings", _findings(details.findings))
    yield from section("Events", _events(details.events))


def _version(overview: "VersionOverview") -> Iterator[Pair]:
    job = overview.training_job
    yield from (("Name", overview.name), ("Namespace", overview.namespace), ("Application", overview.application))
    yield from (("Version", overview.version), ("ID", overview.id), ("Display name", text(overview.display_name)))
    yield from (("Description", text(overview.description)), ("Labels", _labels(overview.labels)))
    yield from (
        ("State", phase(overview.phase)),
        ("Reason", text(overview.reason)),
        ("Message", text(overview.message)),
    )
    yield from (("Created", written(overview.created)), ("Created by", text(overview.created_by)))
    yield from (("Size", overview.size), ("Files", None if overview.files is None else str(overview.files)))
    yield from (("Engine", text(overview.engine)), ("Algorithm", text(overview.algorithm)))
    yield from (("Source", overview.source_type), ("Model from", overview.origin), ("URI", text(overview.uri)))
    yield ("Inference code", text(overview.inference_code))
    yield ("Template", overview.template)
    yield ("Training job", None if job is None else text(f"{job.kind} {job.name}, {job.state}"))
    yield ("Deployment types", ", ".join(overview.deployment_types))
    yield from (("Pin", overview.pin), ("Digest", overview.digest), ("Verified by", overview.verification))
    yield ("Replicated", None if overview.replicated is None else "yes" if overview.replicated else "no")
    yield from (("Image", text(overview.image)), ("Command", text(" ".join(overview.command)) or None))
    yield from (("Port", None if overview.port is None else str(overview.port)), ("Protocol", overview.protocol))


def _application(overview: "ApplicationOverview") -> Iterator[Pair]:
    yield from (("Name", overview.name), ("Namespace", overview.namespace), ("ID", overview.id))
    yield from (("Display name", text(overview.display_name)), ("Description", text(overview.description)))
    yield from (("Labels", _labels(overview.labels)), ("Created", written(overview.created)))
    yield from (
        ("State", phase(overview.phase)),
        ("Reason", text(overview.reason)),
        ("Message", text(overview.message)),
    )
    yield from (
        ("Served", text(overview.served)),
        ("Stopped", "yes" if overview.stopped else None),
        ("URL", text(overview.url)),
    )
    yield ("Pods", None if overview.replicas is None else f"{overview.ready or 0} of {overview.replicas} ready")
    yield from (("Started", _moment(overview.started_at)), ("Stops itself", _moment(overview.auto_stop_at)))
    yield from (("Latest version", overview.latest_version), ("Latest normal", overview.latest_ready_version))
    yield ("Written by", text(overview.written_by))


def _documents(documents: "Iterable[Document]") -> Iterator[str]:
    return pairs((one.name, text(one.url)) for one in documents)


def _parameters(details: "VersionDetails") -> Iterator[str]:
    for one in details.parameters:
        types = f"{one.request_content_type or 'anything'} to {one.response_content_type or 'anything'}"
        yield text(f"{one.method} {one.url}: {types}") or ""
    if details.parameters:
        yield f"The schemas: aiapp schema {details.overview.name}"


def _weights(details: "VersionDetails") -> Iterator[str]:
    if (weights := details.weights) is None:
        return iter(())
    facts = (
        ("Architecture", text(weights.architecture)),
        ("Number format", text(weights.dtype)),
        ("Size", weights.size),
        ("Parameters", None if weights.parameters is None else f"{weights.parameters:,}"),
        ("Quantization", text(weights.quantization)),
        ("Context", None if weights.context_length is None else f"{weights.context_length} tokens"),
        ("License", text(weights.license or weights.license_file)),
    )
    return pairs(facts)


def _constraint(constraint: "Constraint", name: str) -> Iterator[str]:
    asked, runtime, verdict = constraint.specification, constraint.runtime, constraint.compatibility
    npus = None if asked.npus is None else f"{asked.npus} {asked.npu_resource or 'of what the nodes offer'}"
    yield from pairs(
        (
            ("Request mode", constraint.request_mode),
            ("Architecture", ", ".join(constraint.architectures)),
            ("Accelerator", text(constraint.accelerator)),
            ("Chips", ", ".join(constraint.chips)),
            ("Runtime", f"{runtime.name} ({runtime.lifecycle})" if runtime else None),
            ("Requests", _labels(asked.requests)),
            ("Limits", _labels(asked.limits)),
            ("NPUs", npus),
            ("Shared memory", asked.shared_memory),
            ("Weights", None if asked.weights_bytes is None else human_size(asked.weights_bytes)),
            ("Verdict", f"{verdict.verdict}, {verdict.compatible} of {verdict.nodes} nodes fit" if verdict else None),
        )
    )
    for reason in constraint.reasons:
        yield text(f"{reason.nodes} do not: {reason.reason} ({', '.join(reason.examples)}) {reason.detail or ''}") or ""
    for near in verdict.near_fits if verdict else ():
        yield text(f"{near.nodes} would fit with: {near.remedy} ({', '.join(near.examples)})") or ""
    if verdict:
        yield f"Node by node: aiapp fit {name}"


def _health(checks: "HealthChecks") -> Iterator[str]:
    if (config := checks.config) is not None:
        asked = config.url if config.check_method == "HTTP" else config.command
        seconds = _seconds(config.initial_delay_seconds, config.period_seconds, config.timeout_seconds)
        yield text(f"config.json: {config.check_method} {asked or ''}{seconds}") or ""
    if (own := checks.container) is not None:
        asked = " ".join(own.command) if own.command else own.path
        seconds = _seconds(own.initial_delay_seconds, own.period_seconds, own.timeout_seconds)
        yield text(f"container: {asked or '/health'}{seconds}, at most {own.failure_threshold} failures") or ""


def _seconds(delay: int | None, period: int | None, timeout: int | None) -> str:
    times = (("after", delay), ("every", period), ("within", timeout))
    return "".join(f", {word} {seconds} s" for word, seconds in times if seconds is not None)


def _service(service: "ServiceUse") -> str:
    actual = "?" if service.actual_weight is None else service.actual_weight
    traffic = f"{actual} % of the traffic ({service.weight} % wanted)"
    pods = f", {service.ready or 0} of {service.replicas} pods ready" if service.replicas is not None else ""
    return text(f"{service.application}: {service.phase or '-'}, {traffic}{pods} {service.url or ''}") or ""


def _provenance(details: "VersionDetails") -> Iterator[str]:
    if (provenance := details.provenance) is None:
        return
    when = f"at {written(provenance.created_at)}" if provenance.created_at else ""
    code = " ".join(filter(None, (provenance.repository, provenance.revision)))
    yield from pairs(
        (
            (
                "Made by" if provenance.created_by else "Made",
                text(f"{provenance.created_by or ''} {when}".strip()) or None,
            ),
            ("Code", text(code) or None),
            ("Images", text(", ".join(image.image for image in provenance.images)) or None),
            ("Data", text(", ".join(data.name for data in provenance.datasets)) or None),
            ("Nodes", text(", ".join(node.name for node in provenance.nodes)) or None),
        )
    )
    yield f"The whole chain: aiapp trace {details.overview.name}"


def _findings(findings: "Iterable[DetailedFinding]") -> Iterator[str]:
    for one in findings:
        if one.is_fault:
            sign = click.style(one.type, fg="red" if one.status == "False" else "yellow")
            yield f"{sign} {one.status}, {one.reason}: {text(one.message)}"
            if one.remedy:
                yield f"  {one.remedy}"


def _events(events: "Sequence[PastEvent]") -> Iterator[str]:
    """The last ones, the newest at the end."""
    for one in reversed(events[:SHOWN_EVENTS]):
        times = f", {one.count} times" if one.count > 1 else ""
        reason = click.style(one.reason, fg="yellow" if one.type == "Warning" else None)
        yield f"{written(one.time)} {reason}{times}: {text(one.message)}"


def _traffic(details: "ApplicationDetails") -> Iterator[str]:
    for one in details.traffic:
        why = f", {one.reason}" if one.reason else ""
        pods = f"{one.ready} of {one.replicas} pods ready"
        yield f"{one.version}: {one.actual_weight} % ({one.weight} % wanted{why}), {pods}"


def _rollout(details: "ApplicationDetails") -> Iterator[str]:
    if (one := details.rollout) is not None:
        yield f"{one.summary}, since {written(one.since)}"
        yield from filter(None, (text(one.message),))


def _versions(versions: "Iterable[ListedVersion]") -> Iterator[str]:
    rows = [
        (
            one.version,
            phase(one.phase),
            one.reason or "-",
            text(one.engine) or "-",
            one.size or "-",
            written(one.created),
        )
        for one in versions
    ]
    if rows:
        yield from table(("VERSION", "STATE", "REASON", "ENGINE", "SIZE", "CREATED"), rows).splitlines()


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else written(moment)


def _labels(labels: Mapping[str, str]) -> str | None:
    return text(", ".join(f"{key}={value}" for key, value in sorted(labels.items()))) or None
