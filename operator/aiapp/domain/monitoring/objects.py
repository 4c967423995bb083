"""Samples of applications and versions, from their status as it is stored. Labels are of bounded sets. Pure."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, get_args

from aiapp.api.application_status import ApplicationStatus
from aiapp.api.conditions import ConditionType, Reason
from aiapp.api.version import VersionStatus
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.kubernetes.status import condition
from aiapp.domain.monitoring import definitions
from aiapp.domain.monitoring.definitions import Definition
from aiapp.domain.monitoring.sample import Sample
from aiapp.domain.nodes.compatibility import VERDICTS

MOST_OBJECTS: Final = 5_000
"""Of each kind that have series of their own."""
ABNORMAL: Final = frozenset({ConditionType.RECONCILING.value, ConditionType.STALLED.value})
"""Types of conditions that tell something while they are True."""
_NEW: Final = "Importing"
"""Phase of a version without a status."""


def application_samples(applications: Sequence[Json]) -> Iterator[Sample]:
    """Counts over all of them, and the state of each of the first `MOST_OBJECTS`."""
    yield from _counts(definitions.APPLICATIONS, _APPLICATION_PHASES, map(_phase, applications))
    yield from _of_each(applications, "AIApplication", _of_application)


def version_samples(versions: Sequence[Json]) -> Iterator[Sample]:
    """Counts over all of them, and the state of each of the first `MOST_OBJECTS`."""
    yield from _counts(definitions.VERSIONS, _VERSION_PHASES, (_phase(one) or _NEW for one in versions))
    yield from _counts(definitions.VERDICTS, VERDICTS, map(_verdict, versions))
    yield from _of_each(versions, "AIApplicationVersion", _of_version)


def _of_each(objects: Sequence[Json], kind: str, samples: Callable[[Json], Iterator[Sample]]) -> Iterator[Sample]:
    shown = objects if len(objects) <= MOST_OBJECTS else sorted(objects, key=_is_ready)[:MOST_OBJECTS]
    for one in shown:
        yield from samples(one)
    yield Sample(definitions.OMITTED, (kind,), len(objects) - len(shown))


def _of_application(application: Json) -> Iterator[Sample]:
    place, status = _place(application), _status(application)
    ready = condition(status, ConditionType.READY)
    yield Sample(definitions.APPLICATION_READY, (*place, _state(ready)), 1)
    yield Sample(definitions.APPLICATION_STATUS, (*place, _phase(application), _reason(ready)), 1)
    yield from _telling(definitions.APPLICATION_CONDITION, place, status)
    yield Sample(definitions.REPLICAS, place, status.get("replicas") or 0)
    yield Sample(definitions.READY_REPLICAS, place, status.get("readyReplicas") or 0)
    for one in status.get("traffic") or ():
        version = (*place, str(one["version"]))
        yield Sample(definitions.TRAFFIC_WANTED, version, one["weight"] / 100)
        yield Sample(definitions.TRAFFIC_ACTUAL, version, one["actualWeight"] / 100)


def _of_version(version: Json) -> Iterator[Sample]:
    place, status = _place(version), _status(version)
    ready = condition(status, ConditionType.READY)
    yield Sample(definitions.VERSION_READY, (*place, _state(ready)), 1)
    yield Sample(definitions.VERSION_STATUS, (*place, _phase(version) or _NEW, _reason(ready)), 1)
    yield from _telling(definitions.VERSION_CONDITION, place, status)
    if found := status.get("compatibility"):
        yield Sample(definitions.VERDICT, (*place, _verdict(version)), 1)
        yield Sample(definitions.COMPATIBLE_NODES, place, found.get("compatible") or 0)
    if artifact := status.get("artifact"):
        yield Sample(definitions.ARTIFACT_BYTES, place, artifact.get("bytes") or 0)


def _telling(definition: Definition, place: tuple[str, str], status: Json) -> Iterator[Sample]:
    for one in status.get("conditions") or ():
        if one["type"] in _TYPES and (one["type"] in ABNORMAL or one["status"] != "True"):
            yield Sample(definition, (*place, one["type"], _state(one), _reason(one)), 1)


def _counts(definition: Definition, categories: Sequence[str], values: Iterable[str]) -> Iterator[Sample]:
    """Zeros too, so that the first of a state is an increase."""
    counts = Counter(values)
    for value in categories:
        yield Sample(definition, (value,), counts[value])


def _place(obj: Json) -> tuple[str, str]:
    return obj["metadata"]["namespace"], obj["metadata"]["name"]


def _status(obj: Json) -> Json:
    return obj.get("status") or {}


def _phase(obj: Json) -> str:
    return str(_status(obj).get("phase") or "")


def _verdict(version: Json) -> str:
    return str((_status(version).get("compatibility") or {}).get("verdict") or "")


def _state(condition: Json) -> str:
    return str(condition.get("status") or "Unknown")


def _reason(condition: Json) -> str:
    """One of the reasons, or the empty text where there is none yet."""
    reason = str(condition.get("reason") or "")
    return reason if reason in _REASONS else Reason.UNRECOGNIZED.value


def _is_ready(obj: Json) -> bool:
    return _state(condition(_status(obj), ConditionType.READY)) == "True"


def _words(annotation: Any) -> tuple[str, ...]:
    """Those of a Literal, which may be optional."""
    return tuple(word for part in get_args(annotation) for word in (get_args(part) or (part,)) if isinstance(word, str))


_TYPES: Final = frozenset(type_.value for type_ in ConditionType) - {ConditionType.READY.value}
_REASONS: Final = frozenset({"", *(reason.value for reason in Reason)})
_APPLICATION_PHASES: Final = _words(ApplicationStatus.model_fields["phase"].annotation)
_VERSION_PHASES: Final = _words(VersionStatus.model_fields["phase"].annotation)
