"""Writes status: only when it differs, with times that change only when something does. Never writes spec.

The whole status is replaced (PUT) under the resourceVersion it was computed for: it is the operator's alone, what is
left out goes, and a spec that changed meanwhile is noticed. A merge patch would need a null for every field that goes,
server-side apply costs the API server more and would keep fields that an older operator once owned under another name.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from aiapp.api.meta import NEVER
from aiapp.domain.resources import Json, Resource
from aiapp.ports import Api, Clock, ConflictError, NotFoundError

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


def is_news(seen: Any, told: Any) -> bool:
    """Whether anything but times differs."""
    if seen == told:
        return False
    if isinstance(seen, dict) and isinstance(told, dict):
        return any(is_news(seen.get(key), told.get(key)) for key in {*seen, *told} - TIMES)
    if isinstance(seen, list) and isinstance(told, list) and len(seen) == len(told):
        return any(map(is_news, seen, told))
    return True


@dataclass(frozen=True, slots=True)
class Reporter:
    """Writes status through `api`."""

    api: Api
    clock: Clock

    async def write(
        self, resource: Resource, place: tuple[str | None, str], uid: str, status: Json, seen: Json | None
    ) -> Json | None:
        """The object as written; None when there was nothing to write. `place` is namespace and name."""
        for _ in range(ATTEMPTS):
            if seen is None:
                seen = await self._look(resource, place)
            if seen is None or seen["metadata"]["uid"] != uid:
                return None
            complete = self._complete(seen, status)
            if not is_news(seen.get("status") or {}, complete):
                return None
            try:
                return await self.api.replace_status(_document(resource, seen, complete))
            except NotFoundError:
                return None
            except ConflictError:
                seen = None
        raise ConflictError(409, "Conflict", f"{resource.kind} {place[0]}/{place[1]} kept changing under its status")

    def _complete(self, seen: Json, status: Json) -> Json:
        if "conditions" not in status:
            return status
        previous = (seen.get("status") or {}).get("conditions") or ()
        return {**status, "conditions": conditions(previous, status["conditions"], self.clock())}

    async def _look(self, resource: Resource, place: tuple[str | None, str]) -> Json | None:
        try:
            return await self.api.get(resource, *place)
        except NotFoundError:
            return None


def _document(resource: Resource, seen: Json, status: Json) -> Json:
    metadata = seen["metadata"]
    keep = {key: metadata[key] for key in ("name", "namespace", "uid", "resourceVersion") if key in metadata}
    return {"apiVersion": resource.api_version, "kind": resource.kind, "metadata": keep, "status": status}
