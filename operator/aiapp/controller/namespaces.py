"""Which of the namespaces that the operator is for may be read. Where it may not, nothing is known and nothing is done.

A namespace that is deleted takes the operator's rights in it along; in one of the same name they are to be given again.
"""

import logging
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from functools import partial
from typing import Final

from typing_extensions import override

from aiapp.controller.workers import Outcome, Reconcile
from aiapp.controller.workqueue import Key
from aiapp.domain.kubernetes.resources import Resource
from aiapp.ports.kubernetes import NOT_SERVED, ApiError, ListWatch, Page, Trim, WatchEvent

logger = logging.getLogger(__name__)

HTTP_FORBIDDEN: Final = 403


class Namespaces:
    """Learns from the answers to listings which of `names` may be read: each, until one of its kinds is refused.

    Without names the operator is for all namespaces, and every one may be read.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._refused: dict[str, set[Resource]] = {name: set() for name in names}
        self._changed: Callable[[str], None] = lambda _: None

    def listen(self, changed: Callable[[str], None]) -> None:
        """`changed` is called with a sentence when a namespace may be read again, or no longer."""
        self._changed = changed

    @property
    def readable(self) -> Collection[str]:
        """Those that may be read."""
        return [name for name in self._refused if self.may_be_read(name)]

    @property
    def unreadable(self) -> Collection[str]:
        """Those that may not."""
        return [name for name in self._refused if not self.may_be_read(name)]

    @property
    def none_is_readable(self) -> bool:
        """Whether there are names, and none of them may be read."""
        return bool(self._refused) and not self.readable

    def may_be_read(self, namespace: str) -> bool:
        """Also of what lies in none, and of namespaces that are not among the names."""
        return not self._refused.get(namespace)

    def within(self, api: ListWatch, namespace: str) -> ListWatch:
        """`api`, whose answers are noted for the namespace."""
        return _Noted(api, partial(self._note, namespace)) if namespace else api

    def _note(self, namespace: str, resource: Resource, error: ApiError | None) -> None:
        refused, before = self._refused[namespace], self.may_be_read(namespace)
        (refused.discard if error is None else refused.add)(resource)
        if before and error is not None:
            sentence = f"namespace {namespace} may not be read ({error.message}): it is left alone until it may"
            logger.warning("%s; it was deleted, or lacks the operator's Role", sentence)
            self._changed(sentence)
        elif not before and not refused:
            sentence = f"namespace {namespace} may be read"
            logger.info("%s", sentence)
            self._changed(sentence)


def only_where_readable(namespaces: Namespaces, reconcile: Reconcile) -> Reconcile:
    """Leaves alone what lies in a namespace that may not be read: what is known of it need not be all there is."""

    async def reconciled(key: Key) -> Outcome:
        return await reconcile(key) if namespaces.may_be_read(key.namespace) else Outcome()

    return reconciled


class _Noted(ListWatch):
    """Tells how each listing of what lies in namespaces was answered: with None where it was."""

    def __init__(self, api: ListWatch, note: Callable[[Resource, ApiError | None], None]) -> None:
        self._api = api
        self._note = note

    @override
    async def list(
        self,
        resource: Resource,
        *,
        namespace: str | None = None,
        selector: str = "",
        fields: str = "",
        trim: Trim | None = None,
    ) -> Page:
        try:
            page = await self._api.list(resource, namespace=namespace, selector=selector, fields=fields, trim=trim)
        except ApiError as error:
            if resource.namespaced and error.status == HTTP_FORBIDDEN:
                self._note(resource, error)
            elif error.reason == NOT_SERVED:  # who may not read a kind is not told that there is none
                self._note(resource, None)
            raise
        self._note(resource, None)
        return page

    @override
    def watch(
        self, resource: Resource, *, selector: str = "", fields: str = "", resource_version: str
    ) -> AsyncIterator[WatchEvent]:
        return self._api.watch(resource, selector=selector, fields=fields, resource_version=resource_version)
