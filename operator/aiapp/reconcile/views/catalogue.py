"""The catalogue of runtimes as parsed objects. Parses an object once for each change of it."""

import logging
from collections.abc import Iterable

from pydantic import ValidationError

from aiapp.api.runtime import InferenceRuntime, RuntimeSpec
from aiapp.domain.invalid_object import faults
from aiapp.domain.kubernetes.resources import Json

logger = logging.getLogger(__name__)


class Catalogue:
    """Remembers what each InferenceRuntime parsed to, by uid and resourceVersion."""

    def __init__(self) -> None:
        self._parsed: dict[str, tuple[str, RuntimeSpec | None]] = {}

    def specs(self, objects: Iterable[Json]) -> dict[str, RuntimeSpec]:
        """Specs by full runtime name; without those that break a rule of this operator, as their own status shows."""
        self._parsed = {raw["metadata"]["uid"]: self._current(raw) for raw in objects}
        return {spec.name: spec for _, spec in self._parsed.values() if spec is not None}

    def _current(self, raw: Json) -> tuple[str, RuntimeSpec | None]:
        version = raw["metadata"]["resourceVersion"]
        known = self._parsed.get(raw["metadata"]["uid"])
        return known if known is not None and known[0] == version else (version, _spec(raw))


def _spec(raw: Json) -> RuntimeSpec | None:
    try:
        return InferenceRuntime.model_validate(raw).spec
    except ValidationError as error:
        logger.warning("InferenceRuntime %s is left out: %s", raw["metadata"]["name"], faults(error))
        return None
