"""What a change of an object means for counters: a fetch that ended, a rollout that began or ended. Pure."""

import json
from datetime import datetime
from typing import Final, Literal, NamedTuple

from aiapp.api.conditions import Reason
from aiapp.domain.application.pod_diagnosis import FETCH_REASONS, conditions
from aiapp.domain.fetching.pod_status import FETCHER
from aiapp.domain.kubernetes.resources import Json

RolloutState = Literal["going on", "available", "timed_out"]
_ENDS: Final[dict[str, RolloutState]] = {
    "NewReplicaSetAvailable": "available",
    "ProgressDeadlineExceeded": "timed_out",
}


class FetchEnd(NamedTuple):
    """How an attempt of a pod to fetch its model ended."""

    reason: Reason
    """Succeeded, or why it failed."""
    seconds: float


def fetch_end(old: Json | None, new: Json) -> FetchEnd | None:
    """Of the attempt that ended between the two states of a pod; None if none did, or a pod is met at its end."""
    if old is None:
        return None
    ended = _last_end(new)
    return _fetch_end(ended) if ended and ended != _last_end(old) else None


def rollout_state(deployment: Json) -> RolloutState:
    """By the condition Progressing of its controller."""
    return _ENDS.get(conditions(deployment).get("Progressing", {}).get("reason", ""), "going on")


def _last_end(pod: Json) -> Json:
    statuses = (pod.get("status") or {}).get("initContainerStatuses") or ()
    status: Json = next((one for one in statuses if one["name"] == FETCHER), {})
    ends = ((status.get(state) or {}).get("terminated") for state in ("state", "lastState"))
    return next(filter(None, ends), {})


def _fetch_end(ended: Json) -> FetchEnd:
    """Times are the kubelet's, so that a user who merely runs pods cannot invent them."""
    seconds = (_time(ended, "finishedAt") - _time(ended, "startedAt")).total_seconds()
    return FetchEnd(Reason.SUCCEEDED if ended.get("exitCode") == 0 else _failure(ended), max(seconds, 0.0))


def _time(ended: Json, field: str) -> datetime:
    return datetime.fromisoformat(ended.get(field) or "1970-01-01T00:00:00Z")


def _failure(ended: Json) -> Reason:
    try:
        result = json.loads(ended.get("message") or "")
    except (ValueError, RecursionError):
        return Reason.FETCH_FAILED
    reason = result.get("reason") if isinstance(result, dict) else None
    return FETCH_REASONS.get(str(reason), Reason.FETCH_FAILED)
