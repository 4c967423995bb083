"""The nodes a sandbox is asked to have, read from a small YAML file. Never creates them."""

import platform
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError, field_validator

from aiapp_sandbox.errors import SandboxError

SHIPPED = Path(__file__).parent / "profiles"

_NAME = r"^[a-z0-9]([-a-z0-9.]{0,50}[a-z0-9])?$"
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def host_architecture() -> str:
    """Name this machine's architecture as `kubernetes.io/arch` has it."""
    machine = platform.machine()
    return _ARCHITECTURES.get(machine, machine)


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Taint(_Strict):
    """A taint of a node."""

    key: str
    value: str = ""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"]


class _Node(_Strict):
    name: str = Field(pattern=_NAME)
    arch: Literal["amd64", "arm64", "host"] = "host"
    """`host`: whatever this machine is."""
    labels: dict[str, str] = {}
    """Beside the well-known ones (host name, architecture, operating system), which are set anyway."""
    taints: tuple[Taint, ...] = ()
    capacity: dict[str, str] = {}
    """Resources by name. A simulated node has 8 CPUs, 32Gi and 110 pods unless it says otherwise; a real node has
    what the machine has, and what is given here comes on top of it."""

    @field_validator("capacity", mode="before")
    @classmethod
    def _quantities(cls, value: object) -> object:
        return {name: str(amount) for name, amount in value.items()} if isinstance(value, dict) else value

    @property
    def architecture(self) -> str:
        """`amd64` or `arm64`."""
        return host_architecture() if self.arch == "host" else self.arch


class RealNode(_Node):
    """A node with kubelet and containerd, on which pods run; one of another architecture runs them by emulation."""

    kind: Literal["real"]


class SimulatedNode(_Node):
    """A node object that is kept Ready; pods bound to it become Ready without running."""

    kind: Literal["simulated"] = "simulated"
    unschedulable: bool = False
    """Cordoned."""
    count: int = Field(default=1, ge=1, le=10_000)
    """So many alike, named `name-1`, `name-2`, ...; one is named `name`."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the nodes this stands for."""
        if self.count == 1:
            return (self.name,)
        return tuple(f"{self.name}-{number}" for number in range(1, self.count + 1))


def _kind(value: object) -> str:
    """Which of the two a node of a file is, so that a fault in it is told for that one alone."""
    return str(value.get("kind", "simulated")) if isinstance(value, dict) else "simulated"


Node = Annotated[Annotated[RealNode, Tag("real")] | Annotated[SimulatedNode, Tag("simulated")], Discriminator(_kind)]


class Profile(_Strict):
    """The nodes of a sandbox."""

    nodes: tuple[Node, ...] = ()

    @property
    def real(self) -> tuple[RealNode, ...]:
        """Those that run pods."""
        return tuple(node for node in self.nodes if isinstance(node, RealNode))

    @property
    def simulated(self) -> tuple[SimulatedNode, ...]:
        """Those that only look like nodes."""
        return tuple(node for node in self.nodes if isinstance(node, SimulatedNode))


def load(name_or_file: str) -> Profile:
    """The shipped profile of that name, else the file; SandboxError naming what is wrong in it."""
    shipped = SHIPPED / f"{name_or_file}.yaml"
    path = shipped if shipped.parent == SHIPPED and shipped.is_file() else Path(name_or_file)
    try:
        return parse(path.read_text(), str(path))
    except FileNotFoundError:
        known = ", ".join(sorted(file.stem for file in SHIPPED.glob("*.yaml")))
        raise SandboxError(f"no node profile and no file '{name_or_file}'; profiles: {known}") from None
    except OSError as error:
        raise SandboxError(f"cannot read {path}: {error.strerror}") from error


def parse(text: str, source: str) -> Profile:
    """A profile from YAML; SandboxError names `source` and each faulty field."""
    try:
        profile = Profile.model_validate(yaml.safe_load(text) or {})
    except yaml.YAMLError as error:
        raise SandboxError(f"{source} is not valid YAML: {error}") from error
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise SandboxError(f"{source}: {faults}") from error
    names = [
        name for node in profile.nodes for name in (node.names if isinstance(node, SimulatedNode) else [node.name])
    ]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise SandboxError(f"{source}: more than one node is called {', '.join(twice)}")
    return profile
