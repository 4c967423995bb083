"""The bridge that a sandbox's real nodes hang on, and its addresses. Never touches the host's firewall."""

import fcntl
import hashlib
import ipaddress
import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

from aiapp_sandbox.errors import SandboxError

POOL = IPv4Network("10.192.0.0/10")
"""Every sandbox takes one /20 of it: the first /24 for the host and the nodes, one /24 of pods for each node."""

_BLOCK_PREFIX = 20
_SEGMENT_PREFIX = 24
MAX_NODES = 2 ** (_SEGMENT_PREFIX - _BLOCK_PREFIX) - 1


@dataclass(frozen=True)
class Network:
    """The addresses of one sandbox: what the host has and what its nodes get."""

    bridge: str
    """Name of the network interface on the host."""
    host_ip: str
    """The host's address on the bridge: nodes and pods reach the API server and the services there."""
    subnet: str
    """The /20 in which all addresses of the sandbox lie."""

    @property
    def prefix(self) -> int:
        """Prefix length of the segment that host and nodes share."""
        return _SEGMENT_PREFIX

    def node_ip(self, index: int) -> str:
        """Address of node `index`, counted from 0."""
        return str(self._segment(0)[index + 2])

    def pod_cidr(self, index: int) -> str:
        """The addresses of the pods on node `index`; SandboxError when there are too many nodes."""
        if index >= MAX_NODES:
            raise SandboxError(f"a sandbox has at most {MAX_NODES} real nodes")
        return str(self._segment(index + 1))

    def host_interface(self, index: int) -> str:
        """Name of the host's end of the cable to node `index`."""
        return f"{self.bridge}-{index:x}"

    def _segment(self, index: int) -> IPv4Network:
        block = IPv4Network(self.subnet)
        return next(s for i, s in enumerate(block.subnets(new_prefix=_SEGMENT_PREFIX)) if i == index)


def bridge_name(folder: Path) -> str:
    """The bridge of the sandbox in `folder`: always the same, so that it is found after a crash.

    Linux allows 15 characters; two are kept for the ends of the nodes' cables.
    """
    return f"aiapp-{hashlib.sha256(str(folder).encode()).hexdigest()[:7]}"


def create(folder: Path) -> Network:
    """Make the bridge of the sandbox in `folder` with addresses that nothing on this machine uses yet.

    Raises SandboxError without root or when the whole pool is taken.
    """
    bridge = bridge_name(folder)
    with _one_at_a_time():
        remove(folder)
        subnet = free_subnet(bridge, [IPv4Network(taken) for taken in _routed()])
        network = Network(bridge, str(subnet[1]), str(subnet))
        _lay(network)
    return network


def restore(folder: Path, host_ip: str) -> None:
    """Make the bridge of the sandbox in `folder` again if it is gone, with the addresses that it had.

    Raises SandboxError when something else on this machine uses them by now.
    """
    bridge = bridge_name(folder)
    subnet = IPv4Network(f"{host_ip}/{_BLOCK_PREFIX}", strict=False)
    with _one_at_a_time():
        if any(link["ifname"] == bridge for link in _json("link", "show")):
            return
        if any(subnet.overlaps(IPv4Network(taken)) for taken in _routed()):
            raise SandboxError(f"the sandbox's network {subnet} is used by something else on this machine by now")
        _lay(Network(bridge, host_ip, str(subnet)))


def _lay(network: Network) -> None:
    _ip("link", "add", network.bridge, "type", "bridge")
    _ip("address", "add", f"{network.host_ip}/{network.prefix}", "dev", network.bridge)
    _ip("link", "set", network.bridge, "up")


def remove_link(name: str) -> None:
    """Take one interface away; nothing there is fine."""
    subprocess.run(["ip", "link", "delete", name], check=False, capture_output=True)


def remove(folder: Path) -> None:
    """Take away the bridge of the sandbox in `folder` and all that hangs on it; nothing there is fine."""
    bridge = bridge_name(folder)
    for link in _json("link", "show"):
        if link["ifname"].startswith(bridge):
            # A node that ends takes its cable along a moment later: absent is what we want.
            remove_link(link["ifname"])


def free_subnet(seed: str, taken: Sequence[IPv4Network]) -> IPv4Network:
    """A /20 of the pool that overlaps nothing in `taken`; `seed` spreads sandboxes over the pool."""
    blocks = list(POOL.subnets(new_prefix=_BLOCK_PREFIX))
    start = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:4]) % len(blocks)
    for block in blocks[start:] + blocks[:start]:
        if not any(block.overlaps(other) for other in taken):
            return block
    raise SandboxError(f"every network in {POOL} is in use on this machine; take other sandboxes down first")


def _routed() -> Iterator[str]:
    for route in _json("route", "show", "table", "all"):
        if route["dst"] != "default" and ipaddress.ip_network(route["dst"], strict=False).version == 4:
            yield route["dst"]


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    # A lock on a folder that always exists leaves no file behind.
    descriptor = os.open("/run", os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _json(*arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(_ip("-4", "-json", *arguments) or "[]")
    return found


def _ip(*arguments: str) -> str:
    try:
        return subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True).stdout
    except FileNotFoundError:
        raise SandboxError("the program `ip` is missing; install the package iproute2") from None
    except subprocess.CalledProcessError as error:
        raise SandboxError(f"`ip {' '.join(arguments)}` failed: {error.stderr.strip()}") from error
