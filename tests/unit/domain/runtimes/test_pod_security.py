"""What a namespace has to let for the pods of a runtime."""

from typing import Any

import pytest

from aiapp.api.runtime import RuntimeSpec
from aiapp.domain.runtimes.pod_security import pod_security

SERVER: dict[str, Any] = {"command": ["serve"], "readiness": {"path": "/"}}


@pytest.mark.parametrize(
    ("fields", "level"),
    [
        ({}, "restricted"),
        ({"user": {"uid": 0, "gid": 0}}, "baseline"),
        ({"server": SERVER}, "restricted"),
        ({"server": SERVER | {"capabilities": ["NET_BIND_SERVICE"]}}, "restricted"),
        ({"server": SERVER | {"capabilities": ["DAC_OVERRIDE"]}}, "baseline"),
        ({"server": SERVER | {"capabilities": ["IPC_LOCK"]}}, "privileged"),
        ({"server": SERVER | {"driver": {"origin": "Runtime"}}}, "restricted"),
        ({"server": SERVER | {"driver": {"origin": "HostPath"}}}, "privileged"),
    ],
)
def test_the_level_is_the_strictest_that_admits_the_pods(fields: dict[str, Any], level: str) -> None:
    assert pod_security(RuntimeSpec.model_validate({"name": "e_1-cpu-py_3-debian_12-x86_64"} | fields)) == level
