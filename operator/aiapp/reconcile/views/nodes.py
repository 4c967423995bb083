"""The nodes as decisions see them: grouped once for each change, with the facts and the devices in use of now."""

from collections.abc import Sequence

from aiapp.controller.cache import Cache
from aiapp.domain.nodes.facts import NodeFacts
from aiapp.domain.nodes.inventory import NodeInventory
from aiapp.domain.nodes.tables import Tables
from aiapp.domain.nodes.usage import Used
from aiapp.reconcile.views.devices import Devices
from aiapp.reconcile.views.node_facts import NodeFactsConfig


class NodeInventoryView:
    """Shared by the reconcilers. `devices` None: the devices that pods hold are not counted."""

    def __init__(self, store: Cache[NodeFacts], node_facts: NodeFactsConfig, devices: Devices | None) -> None:
        self._store = store
        self._devices = devices
        self._nodes: Sequence[NodeFacts] = ()
        self._fleet = NodeInventory()
        self.node_facts = node_facts

    @property
    def tables(self) -> Tables:
        return self.node_facts.tables

    @property
    def inventory(self) -> NodeInventory:
        nodes = self._store.nodes()
        if nodes is not self._nodes:
            self._nodes, self._fleet = nodes, NodeInventory(nodes)
        return self._fleet

    @property
    def in_use(self) -> Used | None:
        return None if self._devices is None else self._devices.in_use

    @property
    def leaving(self) -> Used:
        return {} if self._devices is None else self._devices.leaving
