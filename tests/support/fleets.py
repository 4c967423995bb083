"""Generated fleets with a version each: nodes as real platforms make them, fitting, full, or with named flaws."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.support.fleet import node

from aiapp.api.meta import Npu
from aiapp.api.scheduling import NodeAffinity, NodeDemand, Scheduling, Toleration
from aiapp.api.weights import WeightsStatus

Node = dict[str, Any]
Kind = Literal["fits", "full", "unfit"]
KINDS: Final[tuple[Kind, ...]] = ("fits", "full", "unfit")
CHIP: Final = "node.kubernetes.io/npu.chip.name"
DRIVER: Final = "huawei.com/driver.version"
MEMORY: Final = "mind-cluster/npu-chip-memory"
WEIGHTS_BYTES: Final = 48 * 1024**3
"""Of weights, for each device that is asked for."""
POOL: Final = "example.com/pool"
STORAGE: Final = {"ephemeral-storage": "200Gi"}


@dataclass(frozen=True, kw_only=True)
class Platform:
    """A runtime and the nodes that it was made for."""

    runtime: str
    arch: str
    labels: Mapping[str, str] = field(default_factory=dict)
    resource: str = ""
    """Empty: the version asks for no device."""
    named: bool = False
    """The version names the resource itself."""
    tainted: tuple[str, ...] = ()
    """Other names of the resource, by which its nodes are tainted as well."""
    devices: int = 0
    """Of one node."""
    counts: tuple[int, ...] = (0,)
    refused: tuple[int, ...] = ()
    """Numbers that its servers never grant, although the default scheduler would."""
    chip: tuple[str, str] | None = None
    """Label by which a node has another chip, where that is certain."""
    driver: tuple[str, str] | None = None
    """Label by which a node's driver certainly does not serve the CANN."""
    memory: tuple[str, str] | None = None
    """Label by which a node's devices certainly have too little memory for the weights; without it there are none."""


_910A: Final = "mindspore_2.0.0-cann_6.3.0-py_3.7-euler_2.8.3-aarch64"
_A2: Final = "pytorch_1.11.0-cann_7.0.1-py_3.9-euler_2.10.7-aarch64-snt9b"
_A2_NEW: Final = "pytorch_2.8.0-cann_9.0.0-py_3.11-ubuntu_22.04-aarch64-snt9b"
_310P: Final = "mindspore_1.9.0-cann_6.0.1-py_3.7-euler_2.9.9-x86_64-snt3p-300i"
_CUDA: Final = "pytorch_1.8.0-cuda_10.2-py_3.7-ubuntu_18.04-x86_64"
_CPU: Final = "sklearn_1.6.1-cpu-py_3.11-ubuntu_22.04-x86_64"
_LITE_DRIVER: Final = "os.modelarts.node/npu.firmware.driver.version"

PLATFORMS: Final = {
    "910A, MindCluster 26.1": Platform(
        runtime=_910A,
        arch="arm64",
        labels={CHIP: "910ProB", DRIVER: "23.0.rc1"},
        resource="huawei.com/Ascend910",
        devices=8,
        counts=(1, 2, 4, 8),
        refused=(3, 5),
        chip=(CHIP, "910B3"),
        driver=(DRIVER, "25.5.0"),
    ),
    "910A, MindCluster before 26.1": Platform(
        runtime=_910A,
        arch="arm64",
        labels={CHIP: "910B", "accelerator": "huawei-Ascend910", "accelerator-type": "half"},
        resource="huawei.com/Ascend910",
        devices=4,
        counts=(1, 2, 4),
        refused=(3,),
        chip=(CHIP, "910B4"),
    ),
    "910A, CCE": Platform(
        runtime=_910A,
        arch="arm64",
        labels={"accelerator/huawei-npu": "ascend-1980"},
        resource="huawei.com/ascend-1980",
        devices=8,
        counts=(1, 2, 8),
    ),
    "910B, MindCluster 26.1": Platform(
        runtime=_A2,
        arch="arm64",
        labels={CHIP: "910B3", DRIVER: "24.1.rc3.b060", "accelerator-type": "module-910b-8", MEMORY: "64G"},
        resource="huawei.com/Ascend910",
        devices=8,
        counts=(1, 3, 5, 8),
        chip=(CHIP, "910ProB"),
        driver=(DRIVER, "25.0.rc1.1"),
        memory=(MEMORY, "32G"),
    ),
    "910B, newest keys": Platform(
        runtime=_A2_NEW,
        arch="arm64",
        labels={"huawei.com/npu.chip.name": "910B3", "huawei.com/npu.driver.version": "25.5.0"},
        resource="huawei.com/Ascend910",
        devices=8,
        counts=(1, 2, 8),
        chip=("huawei.com/npu.chip.name", "310P3"),
        memory=("huawei.com/npu.chip.memory", "32G"),
        driver=("huawei.com/npu.driver.version", "24.1.0"),
    ),
    "910B, HAMi": Platform(
        runtime=_A2,
        arch="arm64",
        labels={"ascend": "on"},
        resource="huawei.com/Ascend910B3",
        tainted=("huawei.com/Ascend910",),
        devices=8,
        counts=(1, 2, 4),
    ),
    "310P, ModelArts Lite": Platform(
        runtime=_310P,
        arch="amd64",
        labels={CHIP: "310P3", _LITE_DRIVER: "7.1.0.3.220-22.0.4"},
        resource="huawei.com/Ascend310P",
        devices=4,
        counts=(1, 3, 4),
        chip=(CHIP, "310"),
        driver=(_LITE_DRIVER, "7.5.0.1.129-24.1.rc3"),
    ),
    "310P, slices": Platform(
        runtime=_310P,
        arch="amd64",
        labels={CHIP: "310P3"},
        resource="huawei.com/Ascend310P-2c",
        named=True,
        devices=8,
        counts=(1,),
    ),
    "GPU": Platform(
        runtime=_CUDA,
        arch="amd64",
        labels={"accelerator": "nvidia-tesla-p100"},
        resource="nvidia.com/gpu",
        devices=4,
        counts=(1, 2, 4),
    ),
    "CPU": Platform(runtime=_CPU, arch="amd64"),
}
FLAWS: Final[Mapping[str, Callable[[Platform], bool]]] = {
    "has_architecture": lambda _: True,
    "has_system": lambda _: True,
    "has_hardware": lambda platform: not platform.named,
    "has_hardware by label": lambda platform: not platform.devices,
    "has_chip": lambda platform: platform.chip is not None,
    "has_npus": lambda platform: platform.devices > 0,
    "has_memory": lambda platform: platform.memory is not None,
    "has_driver": lambda platform: platform.driver is not None,
    "has_labels": lambda _: True,
    "is_ready": lambda _: True,
    "is_tolerated": lambda _: True,
}
"""By the check that has to find it (the first word); whether nodes of a platform can have it."""
_TAINT: Final = {"key": "example.com/team", "value": "x", "effect": "NoSchedule"}
_TOLERATIONS: Final = (
    Toleration(key="example.com/team", value="y"),
    Toleration(key="example.com/team", operator="Equal"),
    Toleration(key="example.com/other", operator="Exists"),
    Toleration(key="example.com/team", operator="Exists", effect="NoExecute"),
)
"""None of them covers the taint of a flaw."""


@dataclass(frozen=True, kw_only=True)
class Story:
    """A version and the nodes of its fleet."""

    platform: Platform
    devices: int
    tolerations: tuple[Toleration, ...]
    nodes: tuple[Node, ...]
    held: Mapping[str, int]
    """Devices in use, by node."""

    @property
    def npu(self) -> Npu | None:
        """What the version asks for."""
        name = self.platform.resource if self.platform.named else None
        return Npu(count=self.devices, resource_name=name) if self.devices else None

    @property
    def weights(self) -> WeightsStatus | None:
        """What it serves, where its platform's nodes tell their memory."""
        if self.platform.memory is None:
            return None
        size = self.devices * WEIGHTS_BYTES
        return WeightsStatus(format="Safetensors", bytes=size, size="", tensor_bytes={"I8": size})

    def scheduling(self, selector: Mapping[str, str]) -> Scheduling:
        """Its wishes, in both ways of saying them; `selector` keeps it in its own fleet."""
        if len(self.nodes) % 2:
            return Scheduling(node_selector={POOL: "serving", **selector}, tolerations=self.tolerations or None)
        demands = (
            NodeDemand(key=POOL, operator="In", values=("serving", "spare")),
            NodeDemand(key=POOL, operator="NotIn", values=("spare",)),
            NodeDemand(key=POOL, operator="Exists"),
            NodeDemand(key=f"{POOL}-is-closed", operator="DoesNotExist"),
        )
        return Scheduling(
            node_selector=dict(selector) or None,
            tolerations=self.tolerations or None,
            node_affinity=NodeAffinity(required=demands),
        )


def generated(kind: Kind, number: int) -> list[Story]:
    """The same ones in every run."""
    found: list[Story] = []

    @settings(
        max_examples=number,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(stories(kind))
    def collect(story: Story) -> None:
        found.append(story)

    collect()
    return found


@st.composite
def stories(draw: st.DrawFn, kind: Kind) -> Story:
    """A fleet of the kind."""
    usual = [platform for platform in PLATFORMS.values() if platform.devices or kind != "full"]
    platform = draw(st.sampled_from(usual))
    devices = draw(st.sampled_from((*platform.counts, *(platform.refused if kind == "unfit" else ()))))
    fitting = draw(st.integers(1, 2)) if kind != "unfit" or devices in platform.refused else 0
    good = [draw(_decorated(platform, f"good-{place}")) for place in range(fitting)]
    bad = [
        draw(_flawed(platform, devices, f"bad-{place}"))
        for place in range(draw(st.integers(0 if fitting else 1, 3 - fitting)))
    ]
    return Story(
        platform=platform,
        devices=devices,
        tolerations=draw(st.sampled_from([(), *((one,) for one in _TOLERATIONS)])),
        nodes=tuple(draw(st.permutations([*good, *bad]))),
        held={one["metadata"]["name"]: draw(_held(kind, platform, devices)) for one in good},
    )


def flawed(check: str) -> list[Story]:
    """A fleet of one node for each platform whose nodes can have the flaw that this check finds."""
    able = (platform for platform in PLATFORMS.values() if FLAWS[check](platform))
    return [
        Story(
            platform=platform,
            devices=max(platform.counts),
            tolerations=(),
            nodes=(_spoilt(made(platform, "node"), check, platform, max(platform.counts)),),
            held={},
        )
        for platform in able
    ]


def made(platform: Platform, name: str) -> Node:
    """A node that fits, or may fit where its platform does not tell more."""
    resources = {platform.resource: platform.devices} if platform.devices else {}
    one = node(name, arch=platform.arch, labels={POOL: "serving", **platform.labels}, resources=resources)
    one["status"]["allocatable"] |= STORAGE
    return one


def _held(kind: Kind, platform: Platform, devices: int) -> st.SearchStrategy[int]:
    left = max(platform.devices - devices, 0)
    return st.integers(left + 1, platform.devices) if kind == "full" else st.integers(0, left)


@st.composite
def _decorated(draw: st.DrawFn, platform: Platform, name: str) -> Node:
    """With what does not matter, or is tolerated."""
    one = made(platform, name)
    own = {"key": draw(st.sampled_from([platform.resource, *platform.tainted])), "effect": "NoSchedule"}
    soft = {"key": "example.com/soft", "value": "1", "effect": "PreferNoSchedule"}
    one["spec"]["taints"] = draw(st.sampled_from([[], [soft], [own, soft]] if platform.resource else [[], [soft]]))
    if draw(st.booleans()):
        one["metadata"]["labels"].pop(DRIVER, None)
    return one


@st.composite
def _flawed(draw: st.DrawFn, platform: Platform, devices: int, name: str) -> Node:
    one = made(platform, name)
    able = [check for check, can in FLAWS.items() if can(platform)]
    for check in draw(st.lists(st.sampled_from(able), min_size=1, max_size=2, unique=True)):
        one = _spoilt(one, check, platform, devices)
    return one


def _spoilt(one: Node, check: str, platform: Platform, devices: int) -> Node:
    """The node with a flaw that this check has to find."""
    _SPOIL[check](one, platform, devices)
    return one


def _other_architecture(one: Node, platform: Platform, _: int) -> None:
    one["metadata"]["labels"]["kubernetes.io/arch"] = {"arm64": "amd64", "amd64": "arm64"}[platform.arch]


def _other_system(one: Node, _: Platform, __: int) -> None:
    one["metadata"]["labels"]["kubernetes.io/os"] = "windows"


def _other_hardware(one: Node, platform: Platform, _: int) -> None:
    """No device any more; or NPUs that no label tells of."""
    if platform.devices:
        one["status"]["allocatable"].pop(platform.resource, None)
        for key in (*platform.labels, *((platform.chip[0],) if platform.chip else ())):
            one["metadata"]["labels"].pop(key, None)
    else:
        one["status"]["allocatable"]["huawei.com/Ascend910"] = "8"


def _npus(one: Node, _: Platform, __: int) -> None:
    one["metadata"]["labels"][CHIP] = "910B3"
    one["status"]["allocatable"]["huawei.com/Ascend910"] = "8"


def _other_chip(one: Node, platform: Platform, _: int) -> None:
    assert platform.chip is not None
    key, name = platform.chip
    one["metadata"]["labels"][key] = name


def _fewer_npus(one: Node, platform: Platform, devices: int) -> None:
    one["status"]["allocatable"][platform.resource] = str(devices - 1)


def _other_driver(one: Node, platform: Platform, _: int) -> None:
    assert platform.driver is not None
    key, version = platform.driver
    one["metadata"]["labels"][key] = version


def _less_memory(one: Node, platform: Platform, _: int) -> None:
    assert platform.memory is not None
    key, size = platform.memory
    one["metadata"]["labels"][key] = size


def _other_pool(one: Node, _: Platform, __: int) -> None:
    one["metadata"]["labels"][POOL] = "training"


def _not_ready(one: Node, _: Platform, devices: int) -> None:
    if devices % 2:
        one["spec"]["unschedulable"] = True
    else:
        one["status"]["conditions"] = [{"type": "Ready", "status": "False"}]


def _tainted(one: Node, _: Platform, __: int) -> None:
    one["spec"]["taints"] = [_TAINT]


_SPOIL: Final[Mapping[str, Callable[[Node, Platform, int], None]]] = {
    "has_architecture": _other_architecture,
    "has_system": _other_system,
    "has_hardware": _other_hardware,
    "has_hardware by label": _npus,
    "has_chip": _other_chip,
    "has_npus": _fewer_npus,
    "has_driver": _other_driver,
    "has_memory": _less_memory,
    "has_labels": _other_pool,
    "is_ready": _not_ready,
    "is_tolerated": _tainted,
}
