"""What the first process of a node is told to do. Data only: standard library, so that the node starts fast."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

NODE = Path("/run/node")
"""Where a node sees its own folder, whatever its path outside: socket paths are limited to 108 bytes."""

REGISTRIES = NODE / "registries"
"""Where a node sees the sandbox's folder of registries, one folder of each in it; containerd reads it at every pull."""

CONTAINERD_SOCKET = "/run/containerd/containerd.sock"

HOST_NETWORK_FD = 3
"""File descriptor that the node's first process inherits: the network namespace of the host."""


@dataclass(frozen=True)
class Cable:
    """The virtual network cable from a node to the sandbox's bridge, and the routes over it."""

    host_interface: str
    bridge: str
    address: str
    """With prefix length."""
    gateway: str
    pods: str
    """The node's pod network, which the host reaches through the node."""
    peers: dict[str, str] = field(default_factory=dict)
    """Pod network of every other node -> that node's address."""


@dataclass(frozen=True)
class Daemon:
    """A program that runs as long as the node."""

    name: str
    command: list[str]
    needs: list[str]
    """Files (inside the node) that must exist before it is started."""


@dataclass(frozen=True)
class Plan:
    """All that a node does after its namespaces exist."""

    name: str
    folder: str
    """The node's folder on the host."""
    cable: Cable
    architecture: str
    """Of its pods: amd64, arm64."""
    emulated: bool
    """Whether the processor of its pods is emulated."""
    path: str
    """PATH of the daemons."""
    daemons: list[Daemon]
    import_image: list[str]
    """Command that loads the image file whose path is appended."""
    images: list[str]

    def write(self, file: Path) -> None:
        """Store the plan as JSON."""
        file.write_text(json.dumps(asdict(self), indent=1))

    @property
    def registries(self) -> Path:
        """The folder of registries on the host, which all nodes share."""
        return Path(self.folder).parents[1] / REGISTRIES.name

    @classmethod
    def read(cls, file: Path) -> Self:
        """Load a plan that `write` stored."""
        raw = json.loads(file.read_text())
        cable = Cable(**raw.pop("cable"))
        daemons = [Daemon(**daemon) for daemon in raw.pop("daemons")]
        return cls(cable=cable, daemons=daemons, **raw)
