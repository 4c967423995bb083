"""What is said of pods whose dependencies cannot be installed."""

from typing import Any

import pytest
from tests.support.records import deployed, pod

from aiapp.domain.planning.pods import trouble


@pytest.mark.parametrize(
    ("terminated", "said"),
    [
        pytest.param(
            {"exitCode": 1, "message": "DependenciesFailed: x==9: No matching distribution found for x==9\n"},
            "x==9: No matching distribution found for x==9",
            id="in the words of pip",
        ),
        pytest.param({"exitCode": 137, "reason": "OOMKilled"}, "OOMKilled, exit code 137", id="killed"),
    ],
)
@pytest.mark.parametrize("state", ["state", "lastState"])
def test_dependencies_that_cannot_be_installed_are_named(state: str, terminated: dict[str, Any], said: str) -> None:
    broken = pod(initContainerStatuses=[{"name": "dependencies", state: {"terminated": terminated}}])
    found = trouble(deployed(), [broken])
    assert found is not None
    assert found.reason == "DependenciesFailed"
    assert found.message == f"pod {broken['metadata']['name']}: a dependency cannot be installed: {said}"


def test_installed_dependencies_are_no_trouble() -> None:
    done = pod(initContainerStatuses=[{"name": "dependencies", "state": {"terminated": {"exitCode": 0}}}])
    assert trouble(deployed(), [done]) is None
