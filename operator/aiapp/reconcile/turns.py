"""Who may import from a store now, so that slow stores never keep all workers. Never looks at a store itself."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from aiapp.domain.shares import Shares
from aiapp.reconcile.queue import Key

ASK_AGAIN_SECONDS: Final = 30.0
"""Whoever waits for a turn is woken when there is one, and asks again after this long in case that was missed."""


class Turns:
    """Shares out the workers among stores; `wake` is called with whoever may ask again."""

    def __init__(self, workers: int, wake: Callable[[Key], None]) -> None:
        self._shares = Shares(workers)
        self._wake = wake
        self._waiting: dict[str, OrderedDict[Key, None]] = {}

    @contextmanager
    def turn(self, store: str | None, key: Key) -> Iterator[bool]:
        """Whether `key` has the turn, which ends with the context; otherwise it is remembered and woken later.

        `store` None: it wants no store, and always may.
        """
        if store is None:
            yield True
        elif not self._shares.has_place(store):
            self._waiting.setdefault(store, OrderedDict())[key] = None
            yield False
        else:
            self._shares.take(store)
            try:
                yield True
            finally:
                self._end(store)

    def _end(self, store: str) -> None:
        self._shares.give_back(store)
        for waited_for in list(self._waiting):
            if self._shares.has_place(waited_for):
                self._wake_one(waited_for)

    def _wake_one(self, store: str) -> None:
        waiting = self._waiting[store]
        key, _ = waiting.popitem(last=False)
        if not waiting:
            del self._waiting[store]
        self._wake(key)
