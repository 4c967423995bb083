"""The demonstration's own steps, on the cluster under test."""

from dataclasses import dataclass

import pytest
from demo import walkthrough
from demo.network import Trained
from tests.e2e.conftest import Installed

pytestmark = pytest.mark.timeout(900)


@dataclass(frozen=True)
class Shown:
    """The demonstration after its objects were applied."""

    installed: Installed
    trained: Trained

    def wide_pod(self, application: str) -> str:
        """The application's pod as `kubectl get -o wide` prints it."""
        kubectl = self.installed.demo.kubectl
        return kubectl.quietly("get", "pods", "-l", f"aiapp.dev/application={application}", "-o", "wide")


@pytest.fixture(scope="module")
def shown(installed: Installed) -> Shown:
    trained = walkthrough.train_and_upload(installed.demo)
    walkthrough.apply_objects(installed.demo, installed.images)
    return Shown(installed, trained)


def test_the_cluster_reads_every_unseen_digit_as_the_training_process_does(shown: Shown) -> None:
    demo = shown.installed.demo
    walkthrough.serve_digits(demo, shown.trained, walkthrough.through_services(demo))
    said = shown.installed.output.getvalue()
    assert "aiapp/digits             Ready" in said
    assert "every single prediction is the same" in said


def test_the_same_network_is_served_by_an_arm64_pod_on_the_node_with_ascend_devices(shown: Shown) -> None:
    demo = shown.installed.demo
    if not demo.has_npu_node:
        pytest.skip("the cluster has no node for it")
    walkthrough.serve_on_npu(demo, shown.trained, walkthrough.through_services(demo))
    assert "npu-910a" in shown.wide_pod("digits-npu")
    assert "answered by Python on aarch64" in shown.installed.output.getvalue()


def test_status_names_the_nodes_that_do_not_fit_and_why(shown: Shown) -> None:
    demo = shown.installed.demo
    if not demo.has_npu_node:
        pytest.skip("the cluster has no such fleet")
    walkthrough.show_fleet(demo)
    verdicts = {line.split()[0]: line for line in shown.installed.output.getvalue().splitlines() if line.split()}
    assert "fits" in verdicts["npu-910a"]
    assert "ArchitectureMismatch" in verdicts["host"]
    assert "ArchitectureMismatch" in verdicts["train-910a-x86"]
    assert "ChipMismatch" in verdicts["a2-1"]
    assert "CannTooOld" in verdicts["train-910a"]
