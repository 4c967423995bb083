"""Devices that pods hold, by node, from a watch on pods that keeps nothing else of them."""

from collections.abc import Callable, Iterable

from aiapp.domain.kubernetes.resources import Json, Resource
from aiapp.domain.nodes.usage import Used, used


class Devices:
    """A sink for pods that `nodes.usage.trim` trimmed. `freed` is called when a device became free."""

    def __init__(self, freed: Callable[[], None]) -> None:
        self._freed = freed
        self._pods: dict[str, Json] = {}
        self._used: dict[str, dict[str, int]] = {}
        self._leaving: dict[str, dict[str, int]] = {}

    @property
    def leaving(self) -> Used:
        """The part of `in_use` that pods hold which are being deleted."""
        return self._leaving

    @property
    def in_use(self) -> Used:
        """Devices in use by node and resource. Changes with the pods: read it at once."""
        return self._used

    def replace(self, resource: Resource, documents: Iterable[Json], resource_version: str) -> None:  # noqa: ARG002
        """A complete listing."""
        held = set(self._pods)
        self._pods = {_uid(pod): pod for pod in documents}
        self._used = used(self._pods.values())
        self._leaving = used(pod for pod in self._pods.values() if pod["leaving"])
        if held - set(self._pods):
            self._freed()

    def put(self, resource: Resource, document: Json) -> None:  # noqa: ARG002 - it watches pods
        """What a pod holds never changes while it holds it."""
        known = self._pods.get(_uid(document))
        if known is None:
            _add(self._used, document, 1)
        if document["leaving"] and not (known and known["leaving"]):
            _add(self._leaving, document, 1)
        self._pods[_uid(document)] = document

    def remove(self, resource: Resource, document: Json) -> None:  # noqa: ARG002 - it watches pods
        """The pod is gone, or finished, or never held a device."""
        if (known := self._pods.pop(_uid(document), None)) is not None:
            _add(self._used, known, -1)
            if known["leaving"]:
                _add(self._leaving, known, -1)
            self._freed()


def _add(counted: dict[str, dict[str, int]], pod: Json, times: int) -> None:
    held = counted.setdefault(pod["node"], {})
    for resource, number in pod["devices"].items():
        held[resource] = held.get(resource, 0) + times * number
        if not held[resource]:
            del held[resource]
    if not held:
        del counted[pod["node"]]


def _uid(pod: Json) -> str:
    return str(pod["metadata"]["uid"])
