"""How a training job says that it reaches its store: by the variables that S3 clients read. Pure."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.training.facts import values_at
from aiapp.domain.training.kinds import JobKind

ENDPOINTS: Final = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "S3_ENDPOINT_URL", "S3_ENDPOINT", "OBS_ENDPOINT")
REGIONS: Final = ("AWS_REGION", "AWS_DEFAULT_REGION", "OBS_REGION")
KEYS: Final = ("AWS_ACCESS_KEY_ID", "OBS_ACCESS_KEY_ID", "S3_ACCESS_KEY", "ACCESS_KEY_ID")
"""Variables whose value, when it comes from a Secret, says which one the store's keys are in."""
_ENDPOINT: Final = re.compile(r"https?://[^/\s@?#]+/?")
_REGION: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def store_access(job: Json, kind: JobKind) -> Json:
    """Fields of `spec.source.trainingJob`, as far as the job's containers state them. Never a value of a Secret."""
    env = [one for container in values_at(job, kind.containers) for one in _variables(container)]
    endpoint = _first(_values(env, ENDPOINTS), _ENDPOINT)
    region = _first(_values(env, REGIONS), _REGION)
    secret = next(_secrets(env), None)
    return {
        **({"endpoint": endpoint} if endpoint else {}),
        **({"region": region} if region else {}),
        **({"credentialsSecretRef": {"name": secret}} if secret else {}),
    }


def _variables(container: Any) -> list[Json]:
    env = container.get("env") if isinstance(container, dict) else None
    return [one for one in env if isinstance(one, dict)] if isinstance(env, list) else []


def _values(env: Iterable[Json], names: Iterable[str]) -> Iterator[str]:
    known = {str(one.get("name")): one.get("value") for one in reversed(list(env)) if "valueFrom" not in one}
    return (str(known[name]) for name in names if known.get(name))


def _first(values: Iterable[str], form: re.Pattern[str]) -> str | None:
    return next((value for value in values if form.fullmatch(value)), None)


def _secrets(env: Iterable[Json]) -> Iterator[str]:
    for one in env:
        source = one.get("valueFrom")
        reference = source.get("secretKeyRef") if one.get("name") in KEYS and isinstance(source, dict) else None
        if isinstance(reference, dict) and isinstance(name := reference.get("name"), str):
            yield name
