"""Writes status: only when it differs, with times that change only when something does. Never writes spec.

The whole status is replaced (PUT) under the resourceVersion it was computed for: it is the operator's alone, what is
left out goes, and an object that changed meanwhile is noticed: its status is never written over. A merge patch would
need a null for every field that goes, server-side apply costs the API server more and would keep fields that an older
operator once owned under another name.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from aiapp.api.meta import NEVER
from aiapp.domain.kubernetes.resources import Json, Resource
from aiapp.domain.monitoring.current_reconcile import note_ready
from aiapp.ports.clock import Clock
from aiapp.ports.kubernetes import Api, ConflictError, NotFoundError, StaleError

logger = logging.getLogger(__name__)

ATTEMPTS: Final = 5
"""People and tools may change the object at the same moment; so many times in a row they do not."""
TIMES: Final = frozenset({"lastTransitionTime", "resolvedAt"})
"""Fields that are no news by themselves."""


def conditions(previous: Iterable[Json], wanted: Iterable[Json], now: datetime) -> list[Json]:
    """`wanted` with times: `lastTransitionTime` stays while a condition's status stays."""
    before = {condition["type"]: condition for condition in previous}
    return [_condition(before.get(condition["type"]), condition, now) for condition in wanted]


def _condition(before: Json | None, wanted: Json, now: datetime) -> Json:
    same = before is not None and before["status"] == wanted["status"] and before["lastTransitionTime"] != NEVER
    moment = before["lastTransitionTime"] if before and same else now.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"message": "", "observedGeneration": 0, **wanted, "lastTransitionTime": moment}


def is_news(seen: Any, wanted: Any) -> bool:
    """Whether anything but times differs."""
    if seen == wanted:
        return False
    if isinstance(seen, dict) and isinstance(wanted, dict):
        return any(is_news(seen.get(key), wanted.get(key)) for key in {*seen, *wanted} - TIMES)
    if isinstance(seen, list) and isinstance(wanted, list) and len(seen) == len(wanted):
        return any(map(is_news, seen, wanted))
    return True


@dataclass(frozen=True, slots=True)
class StatusWriter:
    """Writes status through `api`."""

    api: Api
    clock: Clock

    async def write(self, resource: Resource, observed: Json, status: Json) -> Json | None:
        """The object as written; None when there was nothing to write. See `ports.Cluster.write_status`."""
        latest = observed
        for _ in range(ATTEMPTS):
            complete = self._complete(latest, status)
            if not is_news(latest.get("status") or {}, complete):
                return None
            if not _is_as_observed(latest, observed):
                raise StaleError(f"{_name(resource, latest)} changed while its status was computed")
            try:
                written = await self.api.replace_status(_document(resource, latest, complete))
            except (ConflictError, NotFoundError):
                latest = await self._look(resource, observed)
            else:
                _log_ready(resource, latest, complete)
                return written
        raise StaleError(f"{_name(resource, latest)} kept changing while its status was written")

    def _complete(self, seen: Json, status: Json) -> Json:
        if "conditions" not in status:
            return status
        previous = (seen.get("status") or {}).get("conditions") or ()
        return {**status, "conditions": conditions(previous, status["conditions"], self.clock())}

    async def _look(self, resource: Resource, observed: Json) -> Json:
        """A 404 alone does not prove that the object is gone; its watch reports that."""
        metadata = observed["metadata"]
        try:
            latest = await self.api.get(resource, metadata.get("namespace"), metadata["name"])
        except NotFoundError:
            raise StaleError(f"{_name(resource, observed)} is gone") from None
        if latest["metadata"]["uid"] != metadata["uid"]:
            raise StaleError(f"{_name(resource, observed)} was deleted and created again")
        return latest


def _log_ready(resource: Resource, seen: Json, status: Json) -> None:
    """One line when Ready has another status or reason: the log shows what became of each object, and no more."""
    before, after = (_ready(one) for one in (seen.get("status") or {}, status))
    if after is not None and (before is None or any(before[key] != after[key] for key in ("status", "reason"))):
        logger.info(
            "%s: Ready=%s, %s: %s", _name(resource, seen), after["status"], after["reason"], after["message"] or "-"
        )
        if after["status"] == "True":
            note_ready()


def _ready(status: Json) -> Json | None:
    return next((one for one in status.get("conditions") or () if one["type"] == "Ready"), None)


def _is_as_observed(latest: Json, observed: Json) -> bool:
    """Whether everything that a status is computed from is the same; labels, annotations and owners may differ."""
    if latest is observed:
        return True
    is_deleted, was_deleted = ("deletionTimestamp" in one["metadata"] for one in (latest, observed))
    return (
        is_deleted == was_deleted
        and latest.get("spec") == observed.get("spec")
        and not is_news(observed.get("status") or {}, latest.get("status") or {})
    )


def _name(resource: Resource, document: Json) -> str:
    metadata = document["metadata"]
    place = f"{metadata['namespace']}/" if metadata.get("namespace") else ""
    return f"{resource.kind} {place}{metadata['name']}"


def _document(resource: Resource, seen: Json, status: Json) -> Json:
    metadata = seen["metadata"]
    keep = {key: metadata[key] for key in ("name", "namespace", "uid", "resourceVersion") if key in metadata}
    return {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": keep, "status": status}
