"""The catalogue of runtimes as parsed objects. Parses an object once for each change of it."""

from aiapp.api.runtime import InferenceRuntime, RuntimeSpec
from aiapp.domain.resources import Json


class Catalogue:
    """Remembers what each InferenceRuntime parsed to, by uid and resourceVersion."""

    def __init__(self) -> None:
        self._parsed: dict[str, tuple[str, RuntimeSpec]] = {}

    def specs(self, objects: list[Json]) -> dict[str, RuntimeSpec]:
        """Specs by full runtime name."""
        found = {raw["metadata"]["uid"]: (raw["metadata"]["resourceVersion"], raw) for raw in objects}
        self._parsed = {
            uid: self._parsed[uid] if self._is_current(uid, version) else (version, _spec(raw))
            for uid, (version, raw) in found.items()
        }
        return {spec.name: spec for _, spec in self._parsed.values()}

    def _is_current(self, uid: str, version: str) -> bool:
        return uid in self._parsed and self._parsed[uid][0] == version


def _spec(raw: Json) -> RuntimeSpec:
    return InferenceRuntime.model_validate(raw).spec
