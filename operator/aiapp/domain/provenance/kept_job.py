"""What is kept of a training job's manifest, so that the same training can be run again. Bounded. Pure.

Everything that the job was told, but no value of an environment variable that nobody asked for: only those that are
listed, that are empty, and that say where data lies, which is on record anyway.
"""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.printable import printable
from aiapp.domain.training.output import is_location

MOST_BYTES: Final = 128 * 1024
"""Of what is kept of one manifest, as JSON; of a larger one nothing is."""
_MOST_DEPTH: Final = 64
_MOST_VALUES: Final = 10_000
_MOST_ANNOTATIONS: Final = 32
_MOST_OF_AN_ANNOTATION: Final = 256
"""What is longer is a copy of the manifest, with its values, rather than something that the job was told."""
_MOST_OF_AN_IMAGE: Final = 512
_NOT_KEPT: Final = frozenset({"apiVersion", "kind", "metadata", "status"})


class _BeyondBoundsError(Exception):
    """The manifest is larger or deeper than what is kept of one."""


@dataclass(frozen=True, slots=True)
class KeptVariables:
    """Which values of environment variables are kept."""

    recorded: frozenset[str] = frozenset()
    """Names of those whose values are."""
    locations: Collection[str] = field(default=())
    """Names under which a job says where it reads and writes."""

    def keeps(self, name: str, value: str) -> bool:
        """Whether the value of that variable is kept."""
        return not value or name in self.recorded or is_location(name, value, self.locations)


NOTHING: Final = KeptVariables()


def kept_job(job: Json, variables: KeptVariables) -> Json:
    """The manifest of a job without what names this one alone; empty where it is beyond all bounds."""
    marks = dict(_annotations(job["metadata"].get("annotations")))
    metadata = {"metadata": {"annotations": marks}} if marks else {}
    return _bounded({key: value for key, value in job.items() if key not in _NOT_KEPT}, variables) | metadata


def kept_spec(spec: Any, variables: KeptVariables) -> Json:
    """The same of a spec; empty where it is beyond all bounds, or none."""
    return _bounded(spec, variables) if isinstance(spec, dict) else {}


def _bounded(body: Json, variables: KeptVariables) -> Json:
    try:
        kept: Json = _Copy(variables).kept(body, 0)
    except _BeyondBoundsError:
        return {}
    return kept if len(json.dumps(kept)) <= MOST_BYTES else {}


def _annotations(annotations: Any) -> Iterator[tuple[str, str]]:
    pairs = sorted(annotations.items())[:_MOST_ANNOTATIONS] if isinstance(annotations, dict) else ()
    for key, value in pairs:
        if isinstance(value, str) and len(value) <= _MOST_OF_AN_ANNOTATION and "last-applied" not in key:
            yield key, value


class _Copy:
    """A copy of one manifest without the values that are not kept. Counts what it passes."""

    def __init__(self, variables: KeptVariables) -> None:
        self._variables = variables
        self._values = 0

    def kept(self, value: Any, depth: int) -> Any:
        self._values += 1
        if depth > _MOST_DEPTH or self._values > _MOST_VALUES:
            raise _BeyondBoundsError
        if isinstance(value, list):
            return [self.kept(item, depth + 1) for item in value]
        if isinstance(value, dict):
            return {key: self._field(key, inner, depth + 1) for key, inner in value.items()}
        return value

    def _field(self, key: str, value: Any, depth: int) -> Any:
        if key == "env" and isinstance(value, list):
            return [self._variable(item, depth) for item in value]
        if key == "env" and isinstance(value, dict):
            return {name: text for name, text in value.items() if self._variables.keeps(name, str(text))}
        if key == "annotations":
            return dict(_annotations(value))
        return self.kept(value, depth)

    def _variable(self, variable: Any, depth: int) -> Any:
        if not isinstance(variable, dict) or "valueFrom" in variable:
            return self.kept(variable, depth)
        name, value = str(variable.get("name", "")), str(variable.get("value") or "")
        return {"name": name} | ({"value": value} if self._variables.keeps(name, value) else {})


def images_of(spec: Any) -> Iterator[str]:
    """Every image that a spec of any kind names, also of init containers, in order."""
    waiting, looked = [spec], 0
    while waiting and looked < _MOST_VALUES:
        one, looked = waiting.pop(), looked + 1
        if isinstance(one, list):
            waiting.extend(reversed(one))
        elif isinstance(one, dict):
            if isinstance(image := one.get("image"), str) and image:
                yield printable(image, _MOST_OF_AN_IMAGE)
            waiting.extend(value for key, value in reversed(one.items()) if key != "image")
