"""What decisions need of a training job, whatever its kind. Anything in it is anybody's. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from aiapp.api.training_job import JobState
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.moments import moment_of
from aiapp.domain.printable import printable
from aiapp.domain.training.kinds import JobKind, parsed
from aiapp.domain.training.output import DeclaredOutput, declared_output

_MOST_RETRIES: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class JobReading:
    """How jobs are read beside what their kinds say."""

    output_names: tuple[str, ...]
    """Names by which a job says where it writes."""
    built_in_label: str
    """Label or annotation, as `key=value`, of jobs of built-in algorithms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFacts:
    """A job as it is."""

    name: str
    uid: str
    state: JobState
    message: str
    """Its own reason and message; empty where it says none."""
    started: datetime | None
    finished: datetime | None
    retries: int
    output: DeclaredOutput
    is_built_in: bool
    """Whether it used a built-in algorithm, whose output needs neither config.json nor code."""


def facts(job: Json, kind: JobKind, reading: JobReading) -> JobFacts:
    """The facts of a job of that kind. Never raises for what is in it."""
    state, details = _state(job, kind)
    return JobFacts(
        name=job["metadata"]["name"],
        uid=job["metadata"]["uid"],
        state=state,
        message=_message(details),
        started=_time(job, kind.started),
        finished=_time(job, kind.finished) if state in {"Succeeded", "Failed"} else None,
        retries=_retries(job, kind),
        output=declared_output(values_at(job, kind.containers), reading.output_names),
        is_built_in=_is_marked(job["metadata"], reading.built_in_label),
    )


def values_at(job: Json, paths: Iterable[str]) -> list[Any]:
    """The values at the first of the paths that leads to any."""
    return next((values for text in paths if (values := parsed(text).find(job))), [])


def _state(job: Json, kind: JobKind) -> tuple[JobState, Any]:
    """The state, and the object that says its reason and message."""
    ends: Mapping[JobState, tuple[str, ...]] = {
        "Failed": kind.failed,
        "Succeeded": kind.succeeded,
        "Suspended": kind.suspended,
    }
    for state, paths in ends.items():
        if signs := values_at(job, paths):
            return state, signs[0]
    details = next(iter(values_at(job, kind.running)), None)
    return ("Running" if values_at(job, kind.started) else "Pending"), details


def _message(details: Any) -> str:
    if not isinstance(details, dict):
        return ""
    texts = (details.get(key) for key in ("reason", "message"))
    return printable(": ".join(text for text in texts if isinstance(text, str) and text))


def _time(job: Json, paths: Iterable[str]) -> datetime | None:
    return next(filter(None, map(moment_of, values_at(job, paths))), None)


def _retries(job: Json, kind: JobKind) -> int:
    numbers = (value for value in values_at(job, kind.retries) if isinstance(value, int))
    return min(max(sum(numbers), 0), _MOST_RETRIES)


def _is_marked(metadata: Json, mark: str) -> bool:
    key, _, value = mark.partition("=")
    marks = {**(metadata.get("labels") or {}), **(metadata.get("annotations") or {})}
    return bool(key) and marks.get(key) == value
