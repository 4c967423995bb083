"""Limits how many reconciles use object storage at once, so that slow stores never occupy all workers.

Never looks at a store itself.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from aiapp.controller.workqueue import Key
from aiapp.domain.fair_share import TenantShares

ASK_AGAIN_SECONDS: Final = 30.0
"""A key that waits for a slot is woken when there is one, and asks again after this long in case that was missed."""

_Waiting = OrderedDict[str, OrderedDict[Key, None]]
"""Keys of one namespace by endpoint; the endpoint that waits longest comes first."""


class StoreSlots:
    """Up to `slots` users of object storage, shared out among namespaces and, within each, among endpoints.

    `wake` is called with a key that may ask again.
    """

    def __init__(self, slots: int, wake: Callable[[Key], None]) -> None:
        self._shares = TenantShares(slots)
        self._wake = wake
        self._waiting: OrderedDict[str, _Waiting] = OrderedDict()

    @contextmanager
    def slot(self, endpoint: str | None, key: Key) -> Iterator[bool]:
        """Whether `key` has a slot, until the context ends; otherwise it is remembered and woken later.

        `endpoint` None: it uses no store, and needs no slot.
        """
        if endpoint is None:
            yield True
        elif not self._shares.has_place(key.namespace, endpoint):
            self._waiting.setdefault(key.namespace, OrderedDict()).setdefault(endpoint, OrderedDict())[key] = None
            yield False
        else:
            self._shares.take(key.namespace, endpoint)
            self._forget(key, endpoint)
            try:
                yield True
            finally:
                self._shares.give_back(key.namespace, endpoint)
                self._wake_next()

    def _wake_next(self) -> None:
        """One slot is free, so one key is woken: namespaces take turns, and so do the endpoints of each."""
        for namespace, waiting in self._waiting.items():
            for endpoint in waiting:
                if self._shares.has_place(namespace, endpoint):
                    self._wake(self._take(namespace, endpoint))
                    return

    def _take(self, namespace: str, endpoint: str) -> Key:
        waiting = self._waiting[namespace]
        key, _ = waiting[endpoint].popitem(last=False)
        _rotate(waiting, endpoint)
        _rotate(self._waiting, namespace)
        return key

    def _forget(self, key: Key, endpoint: str) -> None:
        """Removes a key that asked again by itself and waits no longer."""
        waiting = self._waiting.get(key.namespace, OrderedDict())
        if key in waiting.get(endpoint, ()):
            del waiting[endpoint][key]
            _rotate(waiting, endpoint)
            _rotate(self._waiting, key.namespace)


def _rotate(groups: OrderedDict[str, OrderedDict[Key, None]] | OrderedDict[str, _Waiting], name: str) -> None:
    """Moves the group to the end, or removes it when no key in it waits."""
    if groups[name]:
        groups.move_to_end(name)
    else:
        del groups[name]
