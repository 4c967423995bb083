"""How long an application is served at most: from its last start, by the clock and what its status remembers. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from aiapp.api.meta import START_AT
from aiapp.domain.application.observed import ObservedApplication
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.moments import written


@dataclass(frozen=True, slots=True)
class Term:
    """From a start to the end that `autoStopAfterSeconds` sets it."""

    started: datetime
    ends: datetime
    request: str | None
    """The request that made it start, by annotation."""

    @property
    def status(self) -> Json:
        """What has to be remembered of it."""
        handled = {} if self.request is None else {"lastHandledStartAt": self.request}
        return {"startedAt": written(self.started), "autoStopAt": written(self.ends)} | handled


def term(observed: ObservedApplication) -> Term | None:
    """The present one, over or not; None while nothing limits it. A new value of the annotation begins another."""
    application = observed.application
    serving, status = application.parsed.spec.serving, application.parsed.status
    if serving is None or serving.stopped or serving.auto_stop_after_seconds is None:
        return None
    request = application.request(START_AT)
    goes_on = request is None or request == status.last_handled_start_at
    now = observed.now.replace(microsecond=0)
    started = min(status.started_at, now) if status.started_at and goes_on else now
    ends = started + timedelta(seconds=serving.auto_stop_after_seconds)
    return Term(started, ends, request or status.last_handled_start_at)


def seconds_left(observed: ObservedApplication) -> float | None:
    """Until it is stopped; None: it is stopped already, or nothing stops it."""
    limit = term(observed)
    left = 0.0 if limit is None else (limit.ends - observed.now).total_seconds()
    return left if left > 0 else None
