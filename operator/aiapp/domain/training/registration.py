"""From a training job to the version that it registers when it has succeeded. Pure.

How the parts fit, for whoever adds a rule:

* A `Rule` looks at a job and says what it is to be registered as (`RegistrationRequest`), why it cannot be
  (`Refused`), or nothing. It is asked of every job that the operator reads, whenever there is news of it, so it must be
  cheap and never raise. The first rule that says something counts (`requested`).
* `registration` is asked once the job has succeeded: the documents to create, or that it is registered already.
* `reconcile/registration.py` follows jobs, asks, creates, and says what became of it in Events on the job.

A job registers once: its version bears the job's uid as a label, so that it is found again whatever was interrupted.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from pydantic import ValidationError

from aiapp.api.application import AIApplication
from aiapp.api.conditions import Reason
from aiapp.api.source import TrainingJobSource
from aiapp.api.training_job import TrainingJobStatus
from aiapp.api.version import AIApplicationVersion
from aiapp.domain.invalid_object import faults
from aiapp.domain.kubernetes.naming import JOB_SUCCEEDED_ANNOTATION, JOB_UID_LABEL
from aiapp.domain.kubernetes.resources import APPLICATIONS, VERSIONS, Json
from aiapp.domain.moments import written
from aiapp.domain.sources.raw import EXEML, TRAINING_JOB, source_of
from aiapp.domain.training.facts import JobFacts
from aiapp.domain.training.kinds import JobKind

FIRST: Final = "0.0.1"
"""What the first version of an application is called when nobody says otherwise."""
_MOST: Final = 100
"""A part of a version is smaller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationRequest:
    """What a job is to be registered as."""

    application: str
    version: str | None = None
    """Its number; None: the next one of the application."""
    source: Json = field(default_factory=dict)
    """Fields of `spec.source.trainingJob` beside those that name the job."""
    spec: Json = field(default_factory=dict)
    """Further fields of the version's spec."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Further labels of the version. Those that the operator is to see have to be named in `trimming.py`."""
    called: Mapping[str, str] = field(default_factory=dict)
    """What whoever asks for it wrote in place of a field of the version, by the field's path: for messages."""
    application_spec: Json | None = None
    """Spec of the application to be made where there is none of that name; None: it is left to people."""
    project: str | None = None
    """The ExeML project whose model the job made; None: it is a model like any other."""
    by_consent: bool = True
    """Whether the job's ServiceAccounts have to be allowed to create versions: else whoever can make jobs, but no
    versions, would get one. A rule that an administrator has set up may do without."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a job is not registered."""

    reason: Reason
    message: str


@dataclass(frozen=True, slots=True)
class Registration:
    """The version to be created; asked again then, `registration` says that the job is `Registered`."""

    version: Json
    application: Json | None = None
    """To be created before it where there is none of that name: a job that has its version may be gone at once."""


@dataclass(frozen=True, slots=True)
class Registered:
    """The job is registered, as the version of that name."""

    name: str


Rule = Callable[[Json, JobKind], RegistrationRequest | Refused | None]


def requested(rules: Iterable[Rule], job: Json, kind: JobKind) -> RegistrationRequest | Refused | None:
    """What the first rule says that says something."""
    return next((answer for rule in rules if (answer := rule(job, kind)) is not None), None)


def registration(
    wanted: RegistrationRequest,
    job: Json,
    kind: JobKind,
    facts: JobFacts,
    versions: Iterable[Json],
    pinned: Iterable[str] = (),
) -> Registration | Registered | Refused:
    """What a job that has succeeded is registered as. `versions`: all of that application, raw.

    `pinned`: names of AIApplicationVersions that ConfigMaps name as pinned to them, also when they are deleted: the
    next number is none of these, since it would have to have their content.
    """
    known = list(versions)
    before = next((one for one in known if _is_made_of(one, wanted, facts.uid)), None)
    if before is not None:
        return Registered(before["metadata"]["name"])
    numbers = [one["spec"].get("version", "") for one in known]
    on_record = [name.removeprefix(f"{wanted.application}-") for name in pinned]
    number = next_version([*numbers, *on_record]) if wanted.version is None else wanted.version
    if number is None:
        message = (
            f"{wanted.application} has a version 99.99.99, after which there is none: name the version to register"
        )
        return Refused(Reason.REGISTRATION_INVALID, message)
    if number in numbers:
        return Refused(Reason.VERSION_TAKEN, _taken(wanted, number))
    return _valid(wanted, _version(wanted, number, job, kind, facts), _application(wanted, job))


def next_version(numbers: Iterable[str]) -> str | None:
    """The number after the highest, whose parts go to 99; None after 99.99.99. What is no number does not count."""
    highest = max((parts for text in numbers if (parts := _parts(text)) is not None), default=None)
    if highest is None:
        return FIRST
    whole = (highest[0] * _MOST + highest[1]) * _MOST + highest[2] + 1
    major, rest = divmod(whole, _MOST * _MOST)
    return None if major >= _MOST else f"{major}.{rest // _MOST}.{rest % _MOST}"


def job_uid(version: Json) -> str | None:
    """The uid of the job that registered an AIApplicationVersion by itself; None for any other version."""
    found = (version["metadata"].get("labels") or {}).get(JOB_UID_LABEL)
    return str(found) if found else None


def registered_job(version: Json, source: TrainingJobSource, kind: JobKind) -> TrainingJobStatus | None:
    """The job that an AIApplicationVersion says it was registered by, when that had succeeded. Anybody may write so.

    It counts where the job is gone and nobody has seen more, as after a crash, or in a backup that was restored.
    """
    text = (version["metadata"].get("annotations") or {}).get(JOB_SUCCEEDED_ANNOTATION)
    if text is None or source.uid is None or source.uid != job_uid(version):
        return None
    named = {"apiVersion": kind.api_version, "kind": kind.kind, "name": source.name, "uid": source.uid}
    output = {"output": source.output.uri} if source.output else {}
    try:
        return TrainingJobStatus.model_validate({**json.loads(text), **named, **output, "state": "Succeeded"})
    except (ValueError, TypeError):
        return None


def _parts(text: str) -> tuple[int, int, int] | None:
    parts = text.split(".")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) <= 2 for part in parts):
        return None
    major, minor, patch = map(int, parts)
    return major, minor, patch


def _is_made_of(version: Json, wanted: RegistrationRequest, uid: str) -> bool:
    """Whether that version is the job's registration, also where a person was quicker."""
    if job_uid(version) == uid:
        return True
    source = source_of(version).get(TRAINING_JOB) or {}
    seen_uid = (((version.get("status") or {}).get("source") or {}).get("trainingJob") or {}).get("uid")
    return source.get("uid", seen_uid) == uid and wanted.version in {None, version["spec"].get("version")}


def _version(wanted: RegistrationRequest, number: str, job: Json, kind: JobKind, facts: JobFacts) -> Json:
    named = {"apiVersion": kind.api_version, "kind": kind.kind, "name": facts.name, "uid": facts.uid}
    # The job may be cleaned up before anybody looks at the version: what it said stands in the version itself.
    output = {"output": {"uri": facts.output.uris[0]}} if len(facts.output.uris) == 1 else {}
    source = {TRAINING_JOB: {**output, **wanted.source, **named}}
    if wanted.project is not None:
        source = {EXEML: {"project": wanted.project, "job": named}}
    metadata = {
        "name": f"{wanted.application}-{number}",
        "namespace": job["metadata"]["namespace"],
        "labels": {**wanted.labels, JOB_UID_LABEL: facts.uid},
        "annotations": {JOB_SUCCEEDED_ANNOTATION: _succeeded(facts)},
    }
    spec = {**wanted.spec, "application": wanted.application, "version": number, "source": source}
    return {"apiVersion": VERSIONS.api_version, "kind": VERSIONS.kind, "metadata": metadata, "spec": spec}


def _succeeded(facts: JobFacts) -> str:
    times = {"startedAt": facts.started, "finishedAt": facts.finished}
    document: Json = {key: written(moment) for key, moment in times.items() if moment}
    return json.dumps(document | ({"builtIn": True} if facts.is_built_in else {}), sort_keys=True)


def _application(wanted: RegistrationRequest, job: Json) -> Json | None:
    if wanted.application_spec is None:
        return None
    return {
        "apiVersion": APPLICATIONS.api_version,
        "kind": APPLICATIONS.kind,
        "metadata": {"name": wanted.application, "namespace": job["metadata"]["namespace"]},
        "spec": wanted.application_spec,
    }


def _valid(wanted: RegistrationRequest, version: Json, application: Json | None) -> Registration | Refused:
    """The API server would refuse the same, for the price of a request at each attempt, when the job has ended."""
    try:
        AIApplicationVersion.model_validate(version)
        if application is not None:
            AIApplication.model_validate(application)
    except ValidationError as error:
        message = f"what the job asks for makes no {error.title}: {faults(error, wanted.called)}"
        return Refused(Reason.REGISTRATION_INVALID, message)
    return Registration(version, application)


def _taken(wanted: RegistrationRequest, number: str) -> str:
    return (
        f"AIApplicationVersion {wanted.application}-{number} exists and is not made of this job: delete it, or "
        "register the job's output under another number"
    )
