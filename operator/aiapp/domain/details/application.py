"""The details page of an application. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from aiapp.api.application_status import Traffic, TrafficChange
from aiapp.api.events import PastEvent
from aiapp.api.history import Configuration
from aiapp.api.meta import Document
from aiapp.api.steps import RolloutProgress
from aiapp.domain.details.findings import DetailedFinding, detailed, ready
from aiapp.domain.details.remedies import OF_APPLICATIONS
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.listing.items import ListedVersion, listed
from aiapp.domain.records import ApplicationRecord


@dataclass(frozen=True, slots=True)
class ApplicationOverview:
    """What an application is and how it fares. None is what is not known or not so."""

    namespace: str
    name: str
    id: str
    """metadata.uid."""
    display_name: str | None
    description: str | None
    documents: tuple[Document, ...]
    labels: Mapping[str, str]
    created: datetime
    phase: str | None
    reason: str | None
    """Of its condition Ready, and so is the message."""
    message: str | None
    served: str | None
    """Versions with their shares, in one line."""
    stopped: bool
    url: str | None
    replicas: int | None
    ready: int | None
    started_at: datetime | None
    auto_stop_at: datetime | None
    latest_version: str | None
    latest_ready_version: str | None
    written_by: str | None
    """The field manager that wrote spec.serving last."""


@dataclass(frozen=True, slots=True)
class ApplicationDetails:
    """All that is known of an application."""

    overview: ApplicationOverview
    serving: Json | None
    """spec.serving as it is asked for; None: managed alone."""
    versions: tuple[ListedVersion, ...]
    """Newest number first."""
    traffic: tuple[Traffic, ...]
    traffic_log: tuple[TrafficChange, ...]
    """Newest first."""
    rollout: RolloutProgress | None
    configurations: tuple[Configuration, ...]
    """What it was asked to serve, newest first."""
    findings: tuple[DetailedFinding, ...]
    """Every condition; `is_fault` tells what is to be looked at."""
    events: tuple[PastEvent, ...]
    """What its status remembers, newest first; `queries.events` has those of Kubernetes and of its pods too."""


def application_details(record: ApplicationRecord, versions: Iterable[Json]) -> ApplicationDetails:
    """Of an application and the stored versions that belong to it."""
    status = record.parsed.status
    findings = detailed(status.conditions, record.name, OF_APPLICATIONS)
    own = [one for one in versions if one["spec"].get("application") == record.name]
    (item,) = listed([record.raw], own)
    return ApplicationDetails(
        overview=_overview(record, ready(findings)),
        serving=record.raw["spec"].get("serving"),
        versions=item.versions,
        traffic=status.traffic,
        traffic_log=status.traffic_log,
        rollout=status.rollout,
        configurations=status.history,
        findings=findings,
        events=status.events,
    )


def _overview(record: ApplicationRecord, summary: DetailedFinding | None) -> ApplicationOverview:
    spec, status, metadata = record.parsed.spec, record.parsed.status, record.raw["metadata"]
    author = record.author
    return ApplicationOverview(
        namespace=record.namespace,
        name=record.name,
        id=record.uid,
        display_name=spec.display_name,
        description=spec.description,
        documents=spec.documents or (),
        labels=metadata.get("labels") or {},
        created=datetime.fromisoformat(metadata["creationTimestamp"]),
        phase=status.phase,
        reason=summary.reason if summary else None,
        message=summary.message if summary else None,
        served=status.served,
        stopped=spec.serving.stopped if spec.serving else False,
        url=status.url,
        replicas=status.replicas,
        ready=status.ready_replicas,
        started_at=status.started_at,
        auto_stop_at=status.auto_stop_at,
        latest_version=status.latest_version,
        latest_ready_version=status.latest_ready_version,
        written_by=author.manager if author else None,
    )
