"""A bounded memory of what was used last. Pure."""

from collections import OrderedDict
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """The entries that were used last."""

    def __init__(self, entries: int, weight: int = 0) -> None:
        """So many entries at most, and so much weight of all of them."""
        self._entries = entries
        self._weight = weight
        self._values: OrderedDict[Key, tuple[Value, int]] = OrderedDict()
        self._total = 0

    def get(self, key: Key) -> Value | None:
        """The entry, which is then the last one used."""
        if key not in self._values:
            return None
        self._values.move_to_end(key)
        return self._values[key][0]

    def setdefault(self, key: Key, value: Value) -> Value:
        """The entry, which is then the last one used; `value` where there was none."""
        if key not in self._values:
            self.put(key, value)
        self._values.move_to_end(key)
        return self._values[key][0]

    def put(self, key: Key, value: Value, weight: int = 0) -> None:
        """Adds or replaces it."""
        self.drop(key)
        self._values[key] = (value, weight)
        self._total += weight
        while len(self._values) > self._entries or self._total > self._weight:
            _, (_, dropped) = self._values.popitem(last=False)
            self._total -= dropped

    def __contains__(self, key: Key) -> bool:
        return key in self._values

    def drop(self, key: Key) -> None:
        """Removes it, if it is there."""
        if key in self._values:
            self._total -= self._values.pop(key)[1]

    def items(self) -> list[tuple[Key, Value]]:
        """All entries, the one that was used last at the end."""
        return [(key, value) for key, (value, _) in self._values.items()]
