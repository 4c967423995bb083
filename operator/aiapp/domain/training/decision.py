"""From a training job as it is to what its version does: wait, say what is wrong, or import its output. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from aiapp.api.conditions import Reason
from aiapp.api.source import TrainingJobSource
from aiapp.api.training_job import TrainingJobStatus
from aiapp.domain.moments import written
from aiapp.domain.package.inspection import Inspection, Invalid, Unresolved, Waiting
from aiapp.domain.training.facts import JobFacts
from aiapp.domain.training.kinds import JobKind

LOOK_AGAIN_SECONDS: Final = 10.0
"""Between two looks for an output that is late."""
_AGAIN: Final = "run it again, and name the new job in a new version"
_SET_OUTPUT: Final = "set spec.source.trainingJob.output.uri"
_NOT_SUPPLIED: Final = frozenset({Reason.CONFIG_MISSING, Reason.SERVICE_CODE_MISSING})


@dataclass(frozen=True, slots=True)
class Finished:
    """The job has succeeded, and it is known where it wrote."""

    job: TrainingJobStatus
    uri: str


Decision = Waiting | Unresolved | Finished


def has_ended(job: TrainingJobStatus | JobFacts | None) -> bool:
    """Whether it is known how the job ended."""
    return job is not None and job.state in {"Succeeded", "Failed"}


def latched(source: TrainingJobSource, kind: JobKind, before: TrainingJobStatus | None) -> TrainingJobStatus | None:
    """The job that the version waits for, of the one in its status: the source may have named another one before."""
    if before is None or (before.kind, before.name) != (source.kind, source.name):
        return None
    is_same = before.api_version.rpartition("/")[0] == kind.group and source.uid in {None, before.uid}
    return before if is_same else None


def decision(
    source: TrainingJobSource,
    kind: JobKind,
    waited: TrainingJobStatus | None,
    facts: JobFacts | None,
    now: datetime,
    failure: str | None = None,
) -> Decision:
    """What the version does. `waited`: the job that it waits for (`latched`); `facts`: the one that has the name, or
    that job as it was seen last; `failure`: the version's message on how that job failed.
    """
    if facts is None:
        return _absent(source, waited, now, failure)
    wanted = source.uid or (waited.uid if waited else None)
    if wanted not in {None, facts.uid}:
        return Unresolved(Reason.TRAINING_JOB_REPLACED, _replaced(source, wanted, facts), retryable=False, job=waited)
    job = _status(source, kind, waited, facts, now)
    match facts.state:
        case "Succeeded":
            return _finished(source, job, facts)
        case "Failed":
            return Unresolved(Reason.TRAINING_JOB_FAILED, _failed(source, facts), retryable=False, job=job)
        case "Pending" | "Running" | "Suspended":
            return Waiting(Reason.TRAINING_JOB_RUNNING, _goes_on(source, facts), job=job)


def supplied(inspection: Inspection, finished: Finished, now: datetime, late_seconds: float) -> Inspection:
    """The result of the import, with the job that it belongs to; what an output lacks is waited for for a while."""
    job = finished.job
    match inspection:
        case Unresolved(reason=Reason.PREFIX_EMPTY) | Invalid() if (left := _left(job, now, late_seconds)) > 0:
            until = f"{written(now + timedelta(seconds=left))} (AIAPP_TRAINING_OUTPUT_SECONDS)"
            message = f"{_named(job)} has succeeded; its output is waited for until {until}: {inspection.message}"
            return Waiting(Reason.TRAINING_OUTPUT_PENDING, message, min(LOOK_AGAIN_SECONDS, left), job=job)
        case Invalid(reason=reason) if job.built_in and reason in _NOT_SUPPLIED:
            return replace(
                inspection, reason=Reason.TEMPLATE_NEEDED, message=_template_needed(job, inspection), job=job
            )
        case _:
            return replace(inspection, job=job)


def _absent(
    source: TrainingJobSource, waited: TrainingJobStatus | None, now: datetime, failure: str | None
) -> Decision:
    """The job is not there, and was not seen to go; how it ended may be known all the same."""
    if waited is None and source.uid is not None:
        return Unresolved(Reason.TRAINING_JOB_GONE, _never_seen(source), retryable=False)
    if waited is None:
        message = (
            f"there is no {source.kind} {source.name} in this namespace yet; if it has run and is gone, "
            "register what it wrote as a package in object storage"
        )
        return Unresolved(Reason.TRAINING_JOB_NOT_FOUND, message, retryable=True)
    match waited.state:
        case "Succeeded":
            return _succeeded_before(source, waited, now)
        case "Failed":
            message = failure or f"{_named(waited)} (uid {waited.uid}) failed, and is gone; {_AGAIN}"
            return Unresolved(Reason.TRAINING_JOB_FAILED, message, retryable=False, job=waited)
        case _:
            return Unresolved(Reason.TRAINING_JOB_GONE, _gone(waited), retryable=False, job=waited)


def _succeeded_before(source: TrainingJobSource, waited: TrainingJobStatus, now: datetime) -> Decision:
    output = source.output.uri if source.output else waited.output
    job = waited.model_copy(update={"output": output, "finished_at": _end(waited.finished_at, waited, now)})
    if output is not None:
        return Finished(job, output)
    message = f"{_named(job)} succeeded and is gone, and it is not known where it wrote: {_SET_OUTPUT}"
    return Unresolved(Reason.TRAINING_OUTPUT_UNKNOWN, message, retryable=False, job=job)


def _never_seen(source: TrainingJobSource) -> str:
    """A uid is known of jobs alone that there were: as of a version that was restored from a backup."""
    return (
        f"{source.kind} {source.name} (uid {source.uid}) is gone, and nothing here says how it ended: if its output is "
        "complete, register it as a package in object storage, else run the job again and name that one"
    )


def _gone(waited: TrainingJobStatus) -> str:
    output = f"its output in {waited.output}" if waited.output else "its output"
    return (
        f"{_named(waited)} (uid {waited.uid}) was deleted before the operator saw how it ended: if {output} is "
        "complete, register it as a package in object storage, else run the job again and name that one"
    )


def _status(
    source: TrainingJobSource, kind: JobKind, waited: TrainingJobStatus | None, facts: JobFacts, now: datetime
) -> TrainingJobStatus:
    return TrainingJobStatus(
        api_version=kind.api_version,
        kind=kind.kind,
        name=facts.name,
        uid=facts.uid,
        state=facts.state,
        started_at=facts.started,
        finished_at=_end(facts.finished, waited, now) if has_ended(facts) else None,
        built_in=facts.is_built_in,
        output=source.output.uri if source.output else _only(facts.output.uris),
    )


def _end(said: datetime | None, waited: TrainingJobStatus | None, now: datetime) -> datetime:
    """When it ended: not after now, whatever a clock or a person says, and the same at each look."""
    moments = (said, waited.finished_at if waited else None)
    return next((moment for moment in moments if moment is not None and moment <= now), now)


def _finished(source: TrainingJobSource, job: TrainingJobStatus, facts: JobFacts) -> Decision:
    if job.output is not None:
        return Finished(job, job.output)
    return Unresolved(Reason.TRAINING_OUTPUT_UNKNOWN, _output_unknown(source, facts), retryable=False, job=job)


def _only(uris: tuple[str, ...]) -> str | None:
    return uris[0] if len(uris) == 1 else None


def _left(job: TrainingJobStatus, now: datetime, late_seconds: float) -> float:
    """Seconds for which an output that is not complete is still late."""
    return late_seconds - (now - (job.finished_at or now)).total_seconds()


def _goes_on(source: TrainingJobSource, facts: JobFacts) -> str:
    """Without the time that has passed: a status that changed every minute would be written every minute."""
    match facts.state:
        case "Suspended":
            state = "is suspended"
        case "Running" if facts.started is not None:
            state = f"is running since {written(facts.started)}"
        case _:
            state = "has not started yet"
    retries = f", after {facts.retries} failed attempts" if facts.retries > 1 else ", after a failed attempt"
    message = f": {facts.message}" if facts.message else ""
    return f"{source.kind} {source.name} {state}{retries if facts.retries else ''}{message}"


def _failed(source: TrainingJobSource, facts: JobFacts) -> str:
    message = f": {facts.message.removesuffix('.')}" if facts.message else ", without saying why"
    when = f" at {written(facts.finished)}" if facts.finished else ""
    return f"{source.kind} {source.name} failed{when}{message}; {_AGAIN}"


def _replaced(source: TrainingJobSource, wanted: str | None, facts: JobFacts) -> str:
    return (
        f"{source.kind} {source.name} is another job now (uid {facts.uid}) than the one that this version is made of "
        f"(uid {wanted}): to take the new one, set spec.source.trainingJob.uid to it"
    )


def _output_unknown(source: TrainingJobSource, facts: JobFacts) -> str:
    job, remedy = f"{source.kind} {source.name}", _SET_OUTPUT
    if facts.output.uris:
        return f"{job} names several outputs ({', '.join(facts.output.uris[:3])}): {remedy} to the right one"
    if facts.output.unread:
        return f"{job} takes {facts.output.unread[0]} from another object, which is not read: {remedy}"
    return f"{job} has succeeded but does not say where it wrote (AIAPP_TRAINING_OUTPUT_NAMES): {remedy}"


def _template_needed(job: TrainingJobStatus, invalid: Invalid) -> str:
    return (
        f"{_named(job)} used a built-in algorithm, whose output has neither config.json nor inference code "
        f"({invalid.message}): name an InferenceTemplate that supplies them in spec.source.trainingJob.template, or "
        "put them there"
    )


def _named(job: TrainingJobStatus) -> str:
    return f"{job.kind} {job.name}"
