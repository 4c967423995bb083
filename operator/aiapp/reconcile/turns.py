"""Who may import from a store now, so that one slow store never keeps all workers. Never looks at a store itself."""

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from aiapp.reconcile.queue import Key

ASK_AGAIN_SECONDS: Final = 30.0
"""Whoever waits for a turn is woken when there is one, and asks again after this long in case that was missed."""


class Turns:
    """Up to `places` imports from one store at a time; `wake` is called with whoever may ask again."""

    def __init__(self, places: int, wake: Callable[[Key], None]) -> None:
        self._places = places
        self._wake = wake
        self._taken: Counter[str] = Counter()
        self._waiting: dict[str, OrderedDict[Key, None]] = {}

    @contextmanager
    def turn(self, store: str | None, key: Key) -> Iterator[bool]:
        """Whether `key` has the turn, which ends with the context; otherwise it is remembered and woken later.

        `store` None: it wants no store, and always may.
        """
        if store is None:
            yield True
        elif self._taken[store] >= self._places:
            self._waiting.setdefault(store, OrderedDict())[key] = None
            yield False
        else:
            self._taken[store] += 1
            try:
                yield True
            finally:
                self._end(store)

    def _end(self, store: str) -> None:
        self._taken[store] -= 1
        if not self._taken[store]:
            del self._taken[store]
        waiting = self._waiting.get(store)
        if waiting:
            self._wake(waiting.popitem(last=False)[0])
        if not waiting:
            self._waiting.pop(store, None)
