"""The versions of an application as its status lists them, newest first."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from aiapp.api.application_status import Traffic, VersionSummary
from aiapp.domain.application.observed import Children, ObservedApplication, version_of
from aiapp.domain.application.outline import VersionOutline
from aiapp.domain.kubernetes.resources import Json

KEPT_VERSIONS: Final = 50


def listed(observed: ObservedApplication, traffic: Iterable[Traffic]) -> Json:
    """The part of the status that speaks of all versions, served or not."""
    versions = sorted(observed.outlines, key=lambda outline: outline.number, reverse=True)
    ready = [outline.summary.version for outline in versions if outline.is_ready]
    return {
        "versions": _summaries(observed, versions[:KEPT_VERSIONS], traffic),
        "versionCount": len(versions),
        "readyVersionCount": len(ready),
        **({"latestVersion": versions[0].summary.version} if versions else {}),
        **({"latestReadyVersion": ready[0]} if ready else {}),
    }


def _summaries(
    observed: ObservedApplication, versions: Sequence[VersionOutline], traffic: Iterable[Traffic]
) -> list[Json]:
    shares = {one.version: one.actual_weight for one in traffic}
    rolled_out = _rolled_out(observed)
    summaries = (_summary(one.summary, shares, rolled_out) for one in versions)
    return [one.model_dump(by_alias=True, mode="json", exclude_none=True) for one in summaries]


def _summary(own: VersionSummary, shares: Mapping[str, int], rolled_out: Mapping[str, datetime]) -> VersionSummary:
    return own.model_copy(update={"weight": shares.get(own.version), "rolled_out_at": rolled_out.get(own.version)})


def _rolled_out(observed: ObservedApplication) -> Mapping[str, datetime]:
    """When each version's last rollout began; remembered of those whose children are gone."""
    latest = {v.version: v.rolled_out_at for v in observed.application.parsed.status.versions if v.rolled_out_at}
    for number, moment in _begun(observed.children):
        latest[number] = max(moment, latest.get(number, moment))
    return latest


def _begun(children: Children) -> Iterable[tuple[str, datetime]]:
    """A template is kept when a rollout begins; an earlier one that is served again gets a new Deployment."""
    for child in (*children.revisions, *children.deployments):
        version, created = version_of(child), child["metadata"].get("creationTimestamp")
        if version is not None and created is not None:
            yield version, datetime.fromisoformat(created)
