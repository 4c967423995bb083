"""What objects were read as. Reads each once for each change of it."""

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from aiapp.domain.kubernetes.resources import Json

Value = TypeVar("Value")


class Remembered(Generic[Value]):
    """Remembers by uid and resourceVersion, and forgets what is not asked for the next time."""

    def __init__(self, read: Callable[[Json], Value | None]) -> None:
        """`read`: by the object alone; None where it cannot be read."""
        self._read = read
        self._known: dict[str, tuple[str, Value | None]] = {}

    def of(self, objects: Iterable[Json]) -> tuple[Value, ...]:
        """In the order of the objects, without those that cannot be read."""
        self._known = {raw["metadata"]["uid"]: self._current(raw) for raw in objects}
        return tuple(value for _, value in self._known.values() if value is not None)

    def _current(self, raw: Json) -> tuple[str, Value | None]:
        version = raw["metadata"]["resourceVersion"]
        known = self._known.get(raw["metadata"]["uid"])
        return known if known is not None and known[0] == version else (version, self._read(raw))
