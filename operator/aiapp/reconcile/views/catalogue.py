"""The catalogue of runtimes as parsed objects. Parses an object once for each change of it."""

import logging
from collections.abc import Iterable

from pydantic import ValidationError

from aiapp.api.runtime import InferenceRuntime, RuntimeSpec
from aiapp.domain.invalid_object import faults
from aiapp.domain.kubernetes.resources import Json
from aiapp.reconcile.views.remembered import Remembered

logger = logging.getLogger(__name__)


class Catalogue:
    """Remembers what each InferenceRuntime parsed to."""

    def __init__(self) -> None:
        self._parsed = Remembered(_spec)

    def specs(self, objects: Iterable[Json]) -> dict[str, RuntimeSpec]:
        """Specs by full runtime name; without those that break a rule of this operator, as their own status shows."""
        return {spec.name: spec for spec in self._parsed.of(objects)}


def _spec(raw: Json) -> RuntimeSpec | None:
    try:
        return InferenceRuntime.model_validate(raw).spec
    except ValidationError as error:
        logger.warning("InferenceRuntime %s is left out: %s", raw["metadata"]["name"], faults(error))
        return None
