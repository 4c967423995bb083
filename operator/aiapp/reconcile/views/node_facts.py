"""The facts by which nodes are judged: the shipped ones with those of the administrator's ConfigMap laid over them.

A mistake in the ConfigMap changes nothing: the last good one stays in force, and conditions and an Event show it.
"""

import logging
from collections.abc import Callable, Iterable

from aiapp.api.conditions import Reason
from aiapp.domain.kubernetes.resources import Json, Resource
from aiapp.domain.nodes.overlay import KEY, overlaid, text_of
from aiapp.domain.nodes.tables import Tables, TablesError
from aiapp.ports.kubernetes import Recorder

logger = logging.getLogger(__name__)


class NodeFactsConfig:
    """A sink for a watch on the one ConfigMap. `changed` is called when facts or the fault are others than before."""

    def __init__(self, shipped: Tables, recorder: Recorder, changed: Callable[[], None]) -> None:
        self._shipped = shipped
        self._recorder = recorder
        self._changed = changed
        self._version = ""
        self._faulty: Json | None = None
        self.tables = shipped
        """The tables in force."""
        self.source: str | None = None
        """Namespace and name of the ConfigMap, while there is one."""
        self.fault: str | None = None
        """What is wrong in it."""

    def replace(self, resource: Resource, documents: Iterable[Json], resource_version: str) -> None:  # noqa: ARG002
        """A complete listing: one object or none."""
        found = next(iter(documents), None)
        if found is None:
            self._forget()
        else:
            self.put(resource, found)

    def put(self, resource: Resource, document: Json) -> None:  # noqa: ARG002 - it watches one resource
        metadata = document["metadata"]
        if metadata["resourceVersion"] == self._version:
            return
        self._version = metadata["resourceVersion"]
        self.source = f"{metadata['namespace']}/{metadata['name']}"
        try:
            self._use(overlaid(self._shipped, text_of(document)), None)
        except TablesError as error:
            message = f"ConfigMap {self.source}, {KEY}: {error}; the last good one stays in force"
            logger.warning("%s", message)
            self._use(self.tables, message, document)
            self.tell()

    def remove(self, resource: Resource, document: Json) -> None:  # noqa: ARG002 - it watches one object
        self._forget()

    def _forget(self) -> None:
        if self.source is not None:
            self._version, self.source = "", None
            self._use(self._shipped, None)

    def tell(self) -> None:
        """Records the fault, if there is one, as an Event. Again once this replica leads: none was sent before."""
        if self._faulty is not None and self.fault is not None:
            self._recorder.event(self._faulty, "Warning", Reason.NODE_FACTS_INVALID, self.fault)

    def _use(self, tables: Tables, fault: str | None, faulty: Json | None = None) -> None:
        self.tables, self.fault, self._faulty = tables, fault, faulty
        self._changed()
