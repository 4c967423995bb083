"""Devices that pods hold, by node, from a watch on pods that keeps nothing else of them."""

from collections.abc import Callable, Iterable

from aiapp.domain.nodes.usage import Used, used
from aiapp.domain.resources import Json, Resource


class Devices:
    """A sink for pods that `nodes.usage.trim` trimmed. `freed` is called when a device became free."""

    def __init__(self, freed: Callable[[], None]) -> None:
        self._freed = freed
        self._pods: dict[str, Json] = {}
        self._used: Used | None = None

    @property
    def in_use(self) -> Used:
        """By node and resource; the same object as long as nothing changes."""
        if self._used is None:
            self._used = used(self._pods.values())
        return self._used

    def replace(self, resource: Resource, documents: Iterable[Json], resource_version: str) -> None:  # noqa: ARG002
        """A whole listing."""
        held = set(self._pods)
        self._pods = {_uid(pod): pod for pod in documents}
        self._used = None
        if held - set(self._pods):
            self._freed()

    def put(self, resource: Resource, document: Json) -> None:  # noqa: ARG002 - it watches pods
        """What a pod holds never changes while it holds it."""
        if _uid(document) not in self._pods:
            self._pods[_uid(document)] = document
            self._used = None

    def remove(self, resource: Resource, document: Json) -> None:  # noqa: ARG002 - it watches pods
        """The pod is gone, or finished, or never held a device."""
        if self._pods.pop(_uid(document), None) is not None:
            self._used = None
            self._freed()


def _uid(pod: Json) -> str:
    return str(pod["metadata"]["uid"])
