"""A node is drained, with all that runs on it, the operator too if it is there, while clients ask."""

import subprocess
from collections import Counter

import pytest
from tests.e2e.serving import RUNNING_SECONDS, Serving
from tests.support.sandbox import Sandbox
from tests.support.waiting import eventually

pytestmark = [pytest.mark.root, pytest.mark.timeout(1200)]

REQUESTS = 600
PODS = 4
DRAIN_SECONDS = 400
"""Two pods one after the other: each ends when it has been quiet, and its successor has to be ready first."""
NODES = {"one", "two"}


def nodes_of(serving: Serving) -> Counter[str]:
    """How many pods each node has."""
    return Counter(pod["spec"].get("nodeName", "") for pod in serving.pods())


def drain(cluster: Sandbox, node: str) -> subprocess.CompletedProcess[str]:
    """As an administrator does it before an upgrade of the node."""
    options = ("--ignore-daemonsets", "--delete-emptydir-data", f"--timeout={DRAIN_SECONDS}s")
    return cluster.kubectl("drain", node, *options, timeout=DRAIN_SECONDS + 20)


def test_no_request_is_lost_while_a_node_is_drained(serving: Serving, two_nodes: Sandbox) -> None:
    serving.deployed("one")
    serving.serve(replicas=PODS)
    eventually(lambda: len(serving.reached()) == PODS, timeout=RUNNING_SECONDS)
    (most, _), *_ = nodes_of(serving).most_common()
    (other,) = NODES - {most}
    try:
        with serving.asked(other) as load:
            load.for_more(REQUESTS)
            said = drain(two_nodes, most)
            serving.until_running()
            eventually(lambda: len(serving.reached()) == PODS, timeout=RUNNING_SECONDS)
            load.for_more(REQUESTS)
            assert load.failures() == []
        assert nodes_of(serving) == {other: PODS}
        assert "disruption budget" in said.stderr
    finally:
        two_nodes.kubectl("uncordon", most)
