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

    @property
    def in_use(self) -> Used:
        """Devices in use by node and resource. Changes with the pods: read it at once."""
        return self._used

    def replace(self, resource: Resource, documents: Iterable[Json], resource_version: str) -> None:  # noqa: ARG002
        """A complete listing."""
        held = set(self._pods)
        self._pods = {_uid(pod): pod for pod in documents}
        self._used = used(self._pods.values())
        if held - set(self._pods):
            self._freed()

    def put(self, resource: Resource, document: Json) -> None:  # noqa: ARG002 - it watches pods
        """What a pod holds never changes while it holds it."""
        if _uid(document) not in self._pods:
            self._pods[_uid(document)] = document
            self._add(document, 1)

    def remove(self, resource: Resource, document: Json) -> None:  # noqa: ARG002 - it watches pods
        """The pod is gone, or finished, or never held a device."""
        if (known := self._pods.pop(_uid(document), None)) is not None:
            self._add(known, -1)
            self._freed()

    def _add(self, pod: Json, times: int) -> None:
        held = self._used.setdefault(pod["node"], {})
        for resource, number in pod["devices"].items():
            held[resource] = held.get(resource, 0) + times * number
            if not held[resource]:
                del held[resource]
        if not held:
            del self._used[pod["node"]]


def _uid(pod: Json) -> str:
    return str(pod["metadata"]["uid"])
