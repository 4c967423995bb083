"""Runtimes that are judged against nodes, and a node that fits."""

from typing import Any

from tests.support.fleet import TABLES, mindcluster, seen
from tests.support.verdicts import requirement, verdict

from aiapp.api.meta import Npu
from aiapp.api.runtime import RuntimeSpec
from aiapp.api.scheduling import Scheduling, Toleration
from aiapp.domain.nodes.compatibility import Verdict

CANN = "mindspore_2.0.0-cann_6.3.0-py_3.7-euler_2.8.3-aarch64"
A2 = "pytorch_2.1.0-cann_8.0.rc3-py_3.9-euler_2.10.7-aarch64-snt9b"
CPU = "sklearn_1.6.1-cpu-py_3.11-ubuntu_22.04-x86_64"
FIT = mindcluster("fit", "910ProB", driver="23.0.rc1")


def tolerating(key: str) -> Scheduling:
    return Scheduling(tolerations=(Toleration(key=key, operator="Exists"),))


def judged(runtime: str, *nodes: dict[str, Any], npu: Npu | None = None) -> Verdict:
    return verdict(requirement(RuntimeSpec(name=runtime), npu, TABLES), seen(*nodes), TABLES)
