"""What a Deployment says beside its template."""

from typing import Any

import pytest

from aiapp.domain.rendering.deployment import Scale, deployment

POLICY = {"huawei.com/schedule_policy": "chip8-node8"}


@pytest.mark.parametrize(
    ("said", "annotations"),
    [
        pytest.param(POLICY | {"huawei.com/schedule_minAvailable": "1"}, POLICY, id="the policy, for its ReplicaSets"),
        pytest.param({"kubectl.kubernetes.io/default-container": "model"}, None, id="nothing else"),
    ],
)
def test_what_a_scheduler_reads_of_replica_sets_is_on_the_deployment(
    said: dict[str, str], annotations: dict[str, str] | None
) -> None:
    template: dict[str, Any] = {"metadata": {"annotations": said}, "spec": {}}
    made = deployment(
        application="mnist", version="1.0.0", template=template, scale=Scale(1), deploy_timeout_seconds=60
    )
    assert made["metadata"].get("annotations") == annotations
