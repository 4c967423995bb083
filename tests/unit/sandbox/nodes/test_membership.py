"""When a node counts as a member, and what it claims to be."""

from typing import Any

import pytest

from aiapp_sandbox.nodes.architecture import policy
from aiapp_sandbox.nodes.membership import is_ready


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        pytest.param([], False, id="the kubelet has said nothing yet"),
        pytest.param([{"type": "Ready", "status": "False"}], False, id="not ready"),
        pytest.param([{"type": "Ready", "status": "Unknown"}], False, id="not heard of for a while"),
        pytest.param([{"type": "DiskPressure", "status": "True"}], False, id="another condition is true"),
        pytest.param([{"type": "Ready", "status": "True"}], True, id="ready"),
    ],
)
def test_a_node_is_ready(conditions: list[dict[str, Any]], *, expected: bool) -> None:
    assert is_ready({"status": {"conditions": conditions}}) is expected


def test_a_node_object_without_status_is_not_ready() -> None:
    assert not is_ready({"status": {}})


def test_the_policy_corrects_one_node_only() -> None:
    rule, binding = policy("npu-1", "arm64").values()
    assert rule["spec"]["matchConditions"][0]["expression"] == "object.metadata.name == 'npu-1'"
    assert binding["spec"] == {"policyName": rule["metadata"]["name"]}
