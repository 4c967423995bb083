"""Addresses of sandboxes with real nodes."""

from ipaddress import IPv4Network
from pathlib import Path

import pytest

from aiapp_sandbox.errors import SandboxError
from aiapp_sandbox.network import MAX_NODES, POOL, Network, bridge_name, free_subnet

NETWORK = Network(bridge="aiapp-0123456", host_ip="10.192.16.1", subnet="10.192.16.0/20")


def test_nodes_and_pods_have_addresses_of_their_own_inside_the_subnet() -> None:
    assert NETWORK.node_ip(0) == "10.192.16.2"
    assert NETWORK.node_ip(1) == "10.192.16.3"
    assert NETWORK.pod_cidr(0) == "10.192.17.0/24"
    assert NETWORK.pod_cidr(MAX_NODES - 1) == "10.192.31.0/24"


def test_more_nodes_than_the_subnet_holds_are_refused() -> None:
    with pytest.raises(SandboxError, match="at most 15 real nodes"):
        NETWORK.pod_cidr(MAX_NODES)


def test_names_of_interfaces_fit_into_what_linux_allows() -> None:
    bridge = bridge_name(Path("/a/very/long/path") / ("x" * 200))
    longest = Network(bridge, "10.192.0.1", "10.192.0.0/20").host_interface(MAX_NODES - 1)
    assert longest.startswith(bridge)
    assert len(longest) <= 15


def test_a_sandbox_finds_its_bridge_again_and_shares_it_with_no_other() -> None:
    assert bridge_name(Path("/home/one")) == bridge_name(Path("/home/one"))
    assert bridge_name(Path("/home/one")) != bridge_name(Path("/home/two"))


def test_a_subnet_that_something_on_the_machine_uses_is_passed_over() -> None:
    first = free_subnet("seed", [])
    second = free_subnet("seed", [IPv4Network(f"{first[7]}/32")])
    assert first.subnet_of(POOL)
    assert second.subnet_of(POOL)
    assert not first.overlaps(second)


def test_a_machine_that_uses_the_whole_pool_is_told_so() -> None:
    with pytest.raises(SandboxError, match=r"every network in 10\.192\.0\.0/10 is in use"):
        free_subnet("seed", [POOL])
