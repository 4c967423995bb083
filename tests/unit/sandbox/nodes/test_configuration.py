"""Configuration files of a node's programs."""

import json
import tomllib

import pytest

from aiapp_sandbox.nodes import configuration
from aiapp_sandbox.nodes.configuration import Settings

SETTINGS = Settings(
    name="host", ip="10.192.0.2", pod_cidr="10.192.1.0/24", architecture="arm64", cgroup="/aiapp-1/host"
)


def test_containerd_unpacks_images_of_the_nodes_architecture() -> None:
    images = tomllib.loads(configuration.containerd(SETTINGS))["plugins"]["io.containerd.cri.v1.images"]
    assert images["runtime_platforms"]["runc"]["platform"] == "linux/arm64"
    assert images["pinned_images"]["sandbox"] == configuration.PAUSE_IMAGE


def test_pods_get_addresses_of_the_nodes_own_network() -> None:
    network = json.loads(configuration.cni(SETTINGS))
    assert network["plugins"][0]["ipam"]["ranges"] == [[{"subnet": "10.192.1.0/24"}]]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        pytest.param("cgroupRoot", "/aiapp-1/host", id="two kubelets of a machine stay out of each other's groups"),
        pytest.param("address", "10.192.0.2", id="it listens on the node's address only"),
        pytest.param("evictionHard", {}, id="it never evicts for what others use of the machine"),
        pytest.param("failCgroupV1", False, id="it takes a machine with cgroup version 1"),
    ],
)
def test_the_kubelet_is_told(key: str, value: object) -> None:
    assert json.loads(configuration.kubelet(SETTINGS))[key] == value


def test_the_kubelet_lets_nobody_in_unknown() -> None:
    config = json.loads(configuration.kubelet(SETTINGS))
    assert config["authentication"]["anonymous"] == {"enabled": False}
    assert config["authorization"] == {"mode": "Webhook"}


def test_a_node_pulls_from_the_sandboxs_registry_by_plain_http() -> None:
    images = tomllib.loads(configuration.containerd(SETTINGS))["plugins"]["io.containerd.cri.v1.images"]
    assert images["registry"]["config_path"] == "/run/node/registries"
    hosts = tomllib.loads(configuration.registry_hosts("10.192.0.1:5000"))
    assert hosts["host"] == {"http://10.192.0.1:5000": {"capabilities": ["pull", "resolve"]}}
