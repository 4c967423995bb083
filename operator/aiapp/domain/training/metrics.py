"""What a training job reports of its model's quality: on itself, and as the last words of its pods. Pure."""

import json
import math
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Final

from aiapp.domain.kubernetes.naming import METRIC_PREFIX
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.training.kinds import JobKind, parsed

MOST: Final = 32
"""Metrics of one job that are kept."""
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,62}")
_MOST_CHARACTERS: Final = 64
_MOST_MESSAGE: Final = 4096
"""Characters of a termination message: the kubelet keeps no more."""


def reported_metrics(job: Json, kind: JobKind) -> dict[str, str]:
    """What the job's status and annotations say, numbers in text by name; annotations count more."""
    values = (value for text in kind.metrics for value in parsed(text).find(job))
    of_status = (pair for value in values for pair in _pairs(value))
    annotations = job["metadata"].get("annotations") or {}
    prefixed = {key: value for key, value in annotations.items() if key.startswith(METRIC_PREFIX)}
    return _numbers([*of_status, *((key.removeprefix(METRIC_PREFIX), value) for key, value in prefixed.items())])


def metrics_of_pods(pods: Iterable[Json]) -> dict[str, str]:
    """What containers that have ended left as `{"metrics": {"accuracy": 0.98}}` in their termination messages."""
    return _numbers(pair for pod in pods for message in _messages(pod) for pair in _of_message(message))


def _messages(pod: Json) -> Iterator[str]:
    statuses = (pod.get("status") or {}).get("containerStatuses")
    for one in statuses if isinstance(statuses, list) else ():
        ended = ((one if isinstance(one, dict) else {}).get("state") or {}).get("terminated") or {}
        if ended.get("exitCode") == 0 and isinstance(message := ended.get("message"), str):
            yield message[:_MOST_MESSAGE]


def _of_message(message: str) -> Iterator[tuple[str, Any]]:
    try:
        document = json.loads(message)
    except (ValueError, RecursionError):
        return
    if isinstance(document, dict):
        yield from _pairs(document.get("metrics"))


def _pairs(value: Any) -> Iterator[tuple[str, Any]]:
    """Of `{name: accuracy, value: "0.98"}`, or of a map of numbers by name."""
    if not isinstance(value, dict):
        return
    if isinstance(value.get("name"), str) and "value" in value:
        yield value["name"], value["value"]
    else:
        yield from value.items()


def _numbers(pairs: Iterable[tuple[str, Any]]) -> dict[str, str]:
    """The later ones count more; what is no finite number is none."""
    kept = {str(name): text for name, value in pairs if (text := _number(value)) and _NAME.fullmatch(str(name))}
    return dict(islice(sorted(kept.items()), MOST))


def _number(value: Any) -> str | None:
    text = str(value).strip()
    if isinstance(value, bool) or not 0 < len(text) <= _MOST_CHARACTERS:
        return None
    try:
        return text if math.isfinite(float(text)) and "_" not in text else None
    except ValueError:
        return None
