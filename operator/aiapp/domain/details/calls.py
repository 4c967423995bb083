"""Calls of a served model, as the model server in its pods counts them. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from aiapp.domain.application.observed import is_ready
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.rendering.pod.engine import CONTAINER, METRICS_ANNOTATION

METRIC: Final = "aiapp_model_requests_total"
FAILED: Final = 400
"""The least HTTP status of a call that failed."""
_PORT: Final = "http"
_LARGEST: Final = 2**53
_LABEL: Final = re.compile(r'([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)",?')

Absence = Literal["NoPods", "NoRight", "NoMetrics"]
"""Why there are no counts: no pod is ready; the user may not ask pods; those that were asked count no calls."""


@dataclass(frozen=True, slots=True)
class VersionCalls:
    """The calls of one version, since its pods started."""

    version: str
    pods: int
    """That were added up."""
    total: int
    """Calls answered, but for probes and scrapes."""
    failed: int
    """Those of them with a status of 400 or more."""


@dataclass(frozen=True, slots=True)
class Calls:
    """The calls of an application."""

    versions: tuple[VersionCalls, ...] = ()
    """By number."""
    pods: int = 0
    """That are ready."""
    absence: Absence | None = None

    @property
    def uncounted(self) -> int:
        """Ready pods that are in no sum: they did not answer in time, count nothing, or are too many."""
        return self.pods - sum(one.pods for one in self.versions)


def counter_port(pod: Json) -> int | None:
    """Where a ready pod may have the model server's metrics; None: it is not ready, or runs another server."""
    if not is_ready(pod) or METRICS_ANNOTATION in (pod["metadata"].get("annotations") or {}):
        return None
    containers = (one for one in pod["spec"]["containers"] if one["name"] == CONTAINER)
    ports = (port for one in containers for port in one.get("ports") or ())
    return next((int(port["containerPort"]) for port in ports if port.get("name") == _PORT), None)


def counted(text: str) -> tuple[int, int] | None:
    """Total and failed calls in a pod's metrics; None: they are not the model server's, or cannot be read."""
    if METRIC not in text:
        return None
    total = failed = 0
    for line in text.splitlines():
        if line.startswith(f"{METRIC}{{"):
            labels, _, value = line.removeprefix(METRIC).rpartition(" ")
            number, status = _number(value), dict(_LABEL.findall(labels)).get("status", "")
            if number is None or not (status.isascii() and status.isdigit()):
                return None
            total += number
            failed += number if int(status[:3]) >= FAILED else 0
    return total, failed


def summed(pods: int, counts: Iterable[tuple[str, tuple[int, int]]]) -> Calls:
    """The sums by version, of so many ready pods."""
    sums: dict[str, VersionCalls] = {}
    for version, (total, failed) in counts:
        one = sums.get(version, VersionCalls(version, 0, 0, 0))
        sums[version] = VersionCalls(version, one.pods + 1, one.total + total, one.failed + failed)
    return Calls(tuple(sums[one] for one in sorted(sums)), pods, None if sums else "NoMetrics")


def _number(value: str) -> int | None:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 17 and int(value) < _LARGEST else None
