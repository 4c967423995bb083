"""The nodes as decisions see them, and what they are judged by."""

from typing import Any

from tests.support.events import Events
from tests.support.fleet import TABLES, mindcluster

from aiapp.controller.cache import Cache
from aiapp.domain.kubernetes.resources import CONFIG_MAPS, NODES, PODS, Json
from aiapp.domain.nodes.facts import NodeFacts, facts
from aiapp.reconcile.views.devices import Devices
from aiapp.reconcile.views.node_facts import NodeFactsConfig
from aiapp.reconcile.views.nodes import NodeInventoryView


class Rig:
    def __init__(self) -> None:
        self.recorder, self.changes, self.freed = Events(), 0, 0
        self.node_facts = NodeFactsConfig(TABLES, self.recorder, self._changed)
        self.store: Cache[NodeFacts] = Cache(facts=lambda node: facts(node, self.node_facts.tables))
        self.devices = Devices(self._free)
        self.view = NodeInventoryView(self.store, self.node_facts, self.devices)

    def _changed(self) -> None:
        self.changes += 1
        self.store.read_nodes_again()

    def _free(self) -> None:
        self.freed += 1

    def node(self, name: str, version: int, **labels: str) -> None:
        made = mindcluster(name, "910ProB")
        made["metadata"] |= {"uid": name, "resourceVersion": str(version)}
        made["metadata"]["labels"] |= labels
        self.store.put(NODES, made)

    def config_map(self, text: str, version: int) -> Json:
        metadata = {"namespace": "aiapp-system", "name": "aiapp-node-facts", "resourceVersion": str(version)}
        return {"metadata": metadata, "data": {"nodes.yaml": text}}


def held(uid: str, count: int, *, leaving: bool = False) -> Json:
    metadata = {"name": uid, "namespace": "ns", "uid": uid, "resourceVersion": "1"}
    return {"metadata": metadata, "node": "n", "devices": {"huawei.com/Ascend910": count}, "leaving": leaving}


def test_a_fleet_is_grouped_once_for_each_change_and_not_for_signs_of_life() -> None:
    rig = Rig()
    rig.node("n", 1)
    before = rig.view.inventory
    rig.node("n", 2)
    assert rig.view.inventory is before
    rig.node("n", 3, pool="a")
    assert rig.view.inventory is not before
    assert [group.names for group in rig.view.inventory.groups()] == [("n",)]


def test_the_administrators_facts_change_what_nodes_tell() -> None:
    rig = Rig()
    rig.node("n", 1, **{"site/driver": "23.0.rc1"})
    assert rig.view.inventory.nodes[0].kind.driver is None
    rig.node_facts.put(CONFIG_MAPS, rig.config_map("labels: {driver: [site/driver]}", 1))
    assert rig.view.inventory.nodes[0].kind.driver == "23.0.rc1"
    assert (rig.node_facts.source, rig.node_facts.fault) == ("aiapp-system/aiapp-node-facts", None)
    rig.node_facts.remove(CONFIG_MAPS, rig.config_map("", 2))
    assert rig.view.inventory.nodes[0].kind.driver is None
    assert rig.node_facts.source is None


def test_a_mistake_leaves_the_last_good_facts_in_force_and_is_told() -> None:
    rig = Rig()
    rig.node_facts.put(CONFIG_MAPS, rig.config_map("labels: {driver: [site/driver]}", 1))
    good = rig.view.tables
    rig.node_facts.put(CONFIG_MAPS, rig.config_map("labels: {drivers: [site/driver]}", 2))
    assert rig.view.tables is good
    assert rig.node_facts.fault is not None
    assert "labels.drivers" in rig.node_facts.fault
    assert rig.recorder.sent == [("Warning", "NodeFactsInvalid", rig.node_facts.fault)]
    rig.node_facts.put(CONFIG_MAPS, rig.config_map("", 3))
    assert rig.node_facts.fault is None
    assert rig.view.tables == TABLES


def test_a_mistake_is_told_again_when_somebody_may_hear_of_it_and_not_once_it_is_mended() -> None:
    rig = Rig()
    rig.node_facts.tell()
    rig.node_facts.put(CONFIG_MAPS, rig.config_map("labels: {drivers: [site/driver]}", 1))
    rig.node_facts.tell()
    assert rig.recorder.sent == [("Warning", "NodeFactsInvalid", rig.node_facts.fault)] * 2
    rig.node_facts.put(CONFIG_MAPS, rig.config_map("", 2))
    rig.node_facts.tell()
    assert len(rig.recorder.sent) == 2


def test_the_same_config_map_again_changes_nothing() -> None:
    rig = Rig()
    rig.node_facts.replace(CONFIG_MAPS, [rig.config_map("", 1)], "1")
    rig.node_facts.replace(CONFIG_MAPS, [rig.config_map("", 1)], "2")
    rig.node_facts.replace(CONFIG_MAPS, [], "3")
    rig.node_facts.replace(CONFIG_MAPS, [], "4")
    assert rig.changes == 2


def test_a_config_map_without_the_key_names_it() -> None:
    rig = Rig()
    other: dict[str, Any] = rig.config_map("", 1) | {"data": {"nodes.yml": ""}}
    rig.node_facts.put(CONFIG_MAPS, other)
    assert rig.node_facts.fault is not None
    assert "nodes.yaml: there is no such key, only nodes.yml" in rig.node_facts.fault


def test_devices_are_in_use_until_their_pod_is_gone() -> None:
    rig = Rig()
    rig.devices.replace(PODS, [held("a", 2), held("b", 4)], "1")
    assert rig.view.in_use == {"n": {"huawei.com/Ascend910": 6}}
    rig.devices.put(PODS, held("a", 2))
    assert (rig.view.in_use, rig.freed) == ({"n": {"huawei.com/Ascend910": 6}}, 0)
    rig.devices.remove(PODS, {"metadata": {"uid": "b"}})
    assert (rig.view.in_use, rig.freed) == ({"n": {"huawei.com/Ascend910": 2}}, 1)
    rig.devices.remove(PODS, {"metadata": {"uid": "of-no-interest"}})
    rig.devices.replace(PODS, [], "2")
    assert (rig.view.in_use, rig.freed) == ({}, 2)


def test_devices_of_pods_that_are_being_deleted_are_in_use_and_known_to_become_free() -> None:
    rig = Rig()
    rig.devices.replace(PODS, [held("a", 2, leaving=True), held("b", 4)], "1")
    assert rig.view.leaving == {"n": {"huawei.com/Ascend910": 2}}
    for _ in range(2):
        rig.devices.put(PODS, held("b", 4, leaving=True))
    assert rig.view.leaving == rig.view.in_use == {"n": {"huawei.com/Ascend910": 6}}
    rig.devices.remove(PODS, held("b", 4))
    assert rig.view.leaving == rig.view.in_use == {"n": {"huawei.com/Ascend910": 2}}
    rig.devices.remove(PODS, held("a", 2))
    assert rig.view.leaving == rig.view.in_use == {}


def test_without_counting_nothing_is_known_of_what_is_in_use() -> None:
    rig = Rig()
    assert NodeInventoryView(rig.store, rig.node_facts, None).in_use is None
