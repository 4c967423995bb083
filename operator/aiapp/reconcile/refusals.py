"""Refusals of the API server and unexpected errors, as conditions of the object that was reconciled.

Never lets an error pass in silence: the queue tries again, but a user reads conditions, not the operator's log.
"""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from aiapp.api.conditions import ConditionType, Reason
from aiapp.controller.cache import Cache
from aiapp.controller.workers import Outcome
from aiapp.controller.workqueue import Key
from aiapp.domain.application.advice import advised
from aiapp.domain.application.pod_diagnosis import QUOTA_SIGN
from aiapp.domain.application.status import phase_of as application_phase
from aiapp.domain.conditions import STALLING, SUMMARIES, Finding, State, Trouble, holds
from aiapp.domain.events import Event
from aiapp.domain.invalid_object import faults
from aiapp.domain.kubernetes.resources import APPLICATIONS, VERSIONS, Json, Resource
from aiapp.domain.monitoring.current_reconcile import note_object
from aiapp.domain.past_events import past_events
from aiapp.domain.printable import printable
from aiapp.domain.version.status import phase_of as version_phase
from aiapp.ports.clock import Clock
from aiapp.ports.kubernetes import ApiError, Cluster, Recorder, StaleError
from aiapp.reconcile.conditions import conditions

logger = logging.getLogger(__name__)

CONFLICTS: Final = {"Terminating": Reason.TERMINATING, "NameTaken": Reason.NAME_TAKEN}
"""Reasons of a `ConflictError` that trying again does not solve by itself."""
FINAL_SIGNS: Final = ("webhook", "request is too large")
"""Texts in messages of server errors that are no outage."""
NAMESPACE_ENDS: Final = "it is being terminated"
LONGEST: Final = 1024
"""Characters of the API server's words that are kept."""


def refusal(error: ApiError, about: str | None = None) -> Trouble | None:
    """The trouble to report for `error`; None for what passes by itself (a conflict, an outage of the API server).

    `about` names the object that was to be written, for example `Deployment mnist-1-0-0`.
    """
    words = printable(error.message, LONGEST)
    message = f"{about}: {words}" if about else words
    if error.status == 409:
        return Trouble(CONFLICTS[error.reason], message) if error.reason in CONFLICTS else None
    if _passes(error):
        return None
    if error.status == 403 and QUOTA_SIGN in error.message:
        return Trouble(Reason.QUOTA_EXCEEDED, message)
    return Trouble(Reason.WRITE_REFUSED, f"the API server refuses {message}")


def cause(error: Exception) -> Trouble | None:
    """The trouble to report for whatever a reconcile raised; None for what passes by itself."""
    return refusal(error) if isinstance(error, ApiError) else unforeseen(error)


def _passes(error: ApiError) -> bool:
    if error.status >= 500:
        return not any(sign in error.message for sign in FINAL_SIGNS)
    return error.status in (0, 404, 429) or NAMESPACE_ENDS in error.message


def unforeseen(error: Exception) -> Trouble:
    """The kind of an error in the operator, without its text, which may hold anything."""
    return Trouble(
        Reason.INTERNAL_ERROR,
        f"the operator failed with {type(error).__name__} and tries again; see its log",
    )


REMEMBERING: Final = (APPLICATIONS, VERSIONS)
"""Kinds whose status remembers what happened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """`await reported(key)`: as `reconcile`; what it raises is reported in the object's conditions before."""

    resource: Resource
    reconcile: Callable[[Key], Awaitable[Outcome]]
    store: Cache[Any]
    cluster: Cluster
    recorder: Recorder
    clock: Clock

    async def __call__(self, key: Key) -> Outcome:
        if (raw := self.store.get(self.resource, key.namespace, key.name)) is not None:
            note_object(raw)
        try:
            return await self.reconcile(key)
        except ValidationError as error:
            if error.title != self.resource.kind:
                await self._report(key, unforeseen(error))
                raise
            await self._report(key, Trouble(Reason.SPEC_INVALID, faults(error)))
            return Outcome(failed=True)
        except Exception as error:
            await self._report(key, cause(error))
            raise

    async def _report(self, key: Key, trouble: Trouble | None) -> None:
        raw = self.store.get(self.resource, key.namespace, key.name)
        if raw is None or trouble is None or "deletionTimestamp" in raw["metadata"]:
            return
        try:
            await self.cluster.write_status(self.resource, raw, self._status(raw, trouble))
        except StaleError:
            return  # it changed meanwhile: the next attempt, which is due anyway, looks at it as it is now
        except ApiError as error:
            logger.warning("%s: %s could not be reported: %s", key, trouble.reason, error)
            return
        if _is_news(raw, trouble):
            self.recorder.event(raw, "Warning", trouble.reason, trouble.message)

    def _status(self, raw: Json, trouble: Trouble) -> Json:
        """The status as it was, but for Ready and what goes with it: nothing else is known."""
        status, generation = dict(raw.get("status") or {}), raw["metadata"]["generation"]
        found = [holds(ConditionType.RECONCILING, trouble.message, trouble.reason)]
        if trouble.reason in STALLING:
            found.insert(0, holds(ConditionType.STALLED, trouble.message, trouble.reason))
        if _is_news(raw, trouble) and self.resource in REMEMBERING:
            status |= past_events(raw, [Event("Warning", trouble.reason, trouble.message)], self.clock())
        replaced = SUMMARIES
        if _is_pinned(status):
            replaced -= {ConditionType.READY}
        else:
            ready = _ready(trouble)
            findings = advised([ready], raw["metadata"]["name"]) if self.resource == APPLICATIONS else [ready]
            found = [*findings, *found]
            status = status | _phase(self.resource, ready, status)
        kept = [one for one in status.get("conditions") or () if one["type"] not in replaced]
        return {**status, "observedGeneration": generation, "conditions": [*kept, *conditions(found, generation)]}


def _is_news(raw: Json, trouble: Trouble) -> bool:
    return _reason_of(raw, ConditionType.RECONCILING) != trouble.reason


def _ready(trouble: Trouble) -> Finding:
    state = State.UNKNOWN if trouble.reason is Reason.INTERNAL_ERROR else State.FALSE
    return Finding(ConditionType.READY, state, trouble.reason, trouble.message)


def _phase(resource: Resource, ready: Finding, status: Json) -> Json:
    if resource == VERSIONS:
        return {"phase": version_phase(ready)}
    if resource == APPLICATIONS:
        return {"phase": application_phase(ready, pods=status.get("readyReplicas", 0))}
    return {}


def _is_pinned(status: Json) -> bool:
    """A pinned version stays published whatever fails afterwards, so that applications go on with it."""
    return "artifact" in status


def _reason_of(raw: Json, type_: ConditionType) -> str | None:
    found = (raw.get("status") or {}).get("conditions") or ()
    return next((one["reason"] for one in found if one["type"] == type_), None)
