"""What a training job's annotations say of the version that it registers. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from aiapp.api.conditions import Reason
from aiapp.domain.kubernetes.naming import APPLICATION_LABEL, VERSION_LABEL
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.sources.raw import TRAINING_JOB
from aiapp.domain.training.kinds import JobKind
from aiapp.domain.training.registration import Refused, RegistrationRequest
from aiapp.domain.training.store_access import store_access

APPLICATION: Final = APPLICATION_LABEL
VERSION: Final = VERSION_LABEL
AUTO: Final = "auto"
"""In place of a number: the next version of the application."""
OUTPUT: Final = "aiapp.dev/output"
"""Where the job writes."""
OF_SOURCE: Final[Mapping[str, tuple[str, ...]]] = {
    OUTPUT: ("output", "uri"),
    "aiapp.dev/endpoint": ("endpoint",),
    "aiapp.dev/region": ("region",),
    "aiapp.dev/credentials-secret": ("credentialsSecretRef", "name"),
    "aiapp.dev/template": ("template", "name"),
    "aiapp.dev/template-mode": ("template", "mode"),
}
"""Annotations, and the field of `spec.source.trainingJob` that each stands for."""
OF_SPEC: Final[Mapping[str, tuple[str, ...]]] = {
    "aiapp.dev/runtime": ("runtime",),
    "aiapp.dev/display-name": ("displayName",),
    "aiapp.dev/description": ("description",),
}
"""The same for other fields of the version's spec."""
RECORDED_ENV: Final = "aiapp.dev/recorded-env"
"""Names of variables whose values are kept as provenance, separated by commas."""
ASKING: Final = frozenset({APPLICATION, VERSION, *OF_SOURCE, *OF_SPEC, RECORDED_ENV})
"""All annotations by which a job registers itself."""


_CALLED: Final = {
    "spec.application": f"annotation {APPLICATION}",
    "spec.version": f"annotation {VERSION}",
    "spec.source.trainingJob.recordedEnv": f"annotation {RECORDED_ENV}",
    **{f"spec.source.trainingJob.{'.'.join(path)}": f"annotation {name}" for name, path in OF_SOURCE.items()},
    **{f"spec.{'.'.join(path)}": f"annotation {name}" for name, path in OF_SPEC.items()},
}


def annotated(job: Json, kind: JobKind) -> RegistrationRequest | Refused | None:
    """The rule of jobs that are annotated with an application and a version."""
    annotations = _texts(job["metadata"].get("annotations"))
    application, version = annotations.get(APPLICATION), annotations.get(VERSION)
    if application is None and version is None:
        return None
    if application is None or version is None:
        missing, remedy = (APPLICATION, "the application") if application is None else (VERSION, f"1.0.0, or {AUTO}")
        return Refused(Reason.REGISTRATION_INVALID, f"annotation {missing} is missing: set it to {remedy}")
    env = [name.strip() for name in annotations.get(RECORDED_ENV, "").split(",") if name.strip()]
    return RegistrationRequest(
        application=application,
        version=None if version == AUTO else version,
        source=store_access(job, kind) | _fields(annotations, OF_SOURCE) | ({"recordedEnv": env} if env else {}),
        spec=_fields(annotations, OF_SPEC),
        called=_CALLED,
    )


def _texts(annotations: Any) -> dict[str, str]:
    return {key: str(value).strip() for key, value in (annotations or {}).items()}


def _fields(values: Mapping[str, str], places: Mapping[str, tuple[str, ...]]) -> Json:
    found: Json = {}
    for annotation, path in places.items():
        if (value := values.get(annotation)) is not None:
            inner = found
            for name in path[:-1]:
                inner = inner.setdefault(name, {})
            inner[path[-1]] = value
    return found


def asking(version: Json, application: str, number: str) -> dict[str, str]:
    """The annotations by which a job registers itself as `version` says, under that application and number."""
    source = (version["spec"].get("source") or {}).get(TRAINING_JOB) or {}
    annotations = {APPLICATION: application, VERSION: number}
    annotations |= _said(source, OF_SOURCE) | _said(version["spec"], OF_SPEC)
    env = ",".join(source.get("recordedEnv") or ())
    return annotations | ({RECORDED_ENV: env} if env else {})


def _said(fields: Json, places: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for annotation, path in places.items():
        value: Any = fields
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        if isinstance(value, str):
            found[annotation] = value
    return found
