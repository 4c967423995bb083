"""A real Prometheus that scrapes a real operator and a real model server, with our rules; and whom it tells."""

import json
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.integration.operator.conftest import registry, runtime_image
from tests.integration.serve.conftest import echo_package
from tests.integration.serve.running import Server, serving
from tests.support.kube import Object
from tests.support.monitoring import rule_files
from tests.support.operator import Operator
from tests.support.packages import Registry, package, upload
from tests.support.peers import alertmanager, amtool, kube_state_metrics, prometheus, promtool
from tests.support.sandbox import Sandbox
from tests.support.waiting import eventually

from aiapp.serve import bundle
from aiapp_sandbox.ports import reserved
from aiapp_sandbox.profiles import SimulatedNode

__all__ = [
    "alertmanager", "amtool", "kube_state_metrics", "prometheus", "promtool", "registry", "runtime_image",
]  # fmt: skip

NPUS = SimulatedNode(
    name="npu",
    arch="arm64",
    labels={"node.kubernetes.io/npu.chip.name": "910B3", "huawei.com/driver.version": "24.1.rc3"},
    capacity={"huawei.com/Ascend910": "8"},
)


@dataclass(frozen=True)
class Prometheus:
    """A running server."""

    address: str

    def ask(self, path: str, **parameters: str) -> Any:
        """What its HTTP API answers."""
        url = f"{self.address}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)["data"]

    def query(self, expression: str) -> list[Any]:
        """The samples of an instant query. Raises HTTPError for one that is wrong."""
        return list(self.ask("query", query=expression)["result"])


@pytest.fixture
def model_server(tmp_path: Path) -> Iterator[Server]:
    """It has answered and failed."""
    archive = tmp_path / "serve.pyz"
    bundle.write(archive)
    labels = ("--metrics-label", "application=mnist", "--metrics-label", "version=1.0.0")
    with serving(sys.executable, archive, echo_package(tmp_path), *labels) as server:
        server.wait_until_ready()
        server.post({"x": 1})
        server.request("POST", "/", b"no JSON", {"Content-Type": "application/json"})
        yield server


@pytest.fixture
def busy_operator(operator: Operator, registry: Registry, sandbox: Sandbox) -> Iterator[Operator]:
    """It has imported, refused, rolled out, and seen a fetch end, well and badly."""
    upload(registry.bucket, "mnist", package())
    upload(registry.bucket, "broken", package(model__config_json="{}"))
    registry.until(registry.version(), "Ready", "True")
    registry.until(registry.version("broken"), "Ready", "False")
    with sandbox.simulated(SimulatedNode(name="cpu"), NPUS):
        registry.until(registry.application(), "Ready", "True", timeout=60)
        registry.until(registry.application("waiting"), "Ready", "False")
        [pod] = registry.kube.list("v1", "Pod", registry.namespace)
        for code, message in ((1, '{"reason": "ContentChanged"}'), (0, "{}")):
            _fetch(registry, pod, {"running": {"startedAt": "2026-01-02T03:04:05Z"}})
            times = {"startedAt": "2026-01-02T03:04:05Z", "finishedAt": f"2026-01-02T03:04:1{code}Z"}
            _fetch(registry, pod, {"terminated": {"exitCode": code, "message": message, "reason": "x", **times}})
            eventually(lambda: operator.metric("aiapp_fetches_total") >= 1)
        eventually(lambda: operator.metric("aiapp_fetches_total") >= 2)
        yield operator


def _fetch(registry: Registry, pod: Object, state: Object) -> None:
    status = {"name": "fetch", "state": state, "ready": False, "restartCount": 0, "image": "x", "imageID": "x"}
    path = f"/api/v1/namespaces/{registry.namespace}/pods/{pod['metadata']['name']}/status"
    body = {"status": {"initContainerStatuses": [status]}}
    registry.kube.request("PATCH", path, body, content_type="application/strategic-merge-patch+json")


@contextmanager
def started(name: str, command: Sequence[str | Path], folder: Path) -> Iterator[None]:
    """A program that runs meanwhile; its log is in the folder."""
    with (folder / f"{name}.log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            yield
        finally:
            process.terminate()


def free_addresses(*names: str) -> list[str]:
    """As many on this machine, on which nothing listens."""
    with reserved("127.0.0.1", names) as ports:
        return [f"127.0.0.1:{ports[name]}" for name in names]


@contextmanager
def observing(
    program: Path,
    folder: Path,
    targets: Mapping[str, str],
    rules: Sequence[Path] = (),
    alertmanagers: Sequence[str] = (),
) -> Iterator[Prometheus]:
    """A Prometheus that scrapes these targets (addresses by job) and has done so several times."""
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(file) for file in rules],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": list(alertmanagers)}]}]},
        "scrape_configs": [
            {"job_name": name, "honor_labels": True, "static_configs": [{"targets": [target]}]}
            for name, target in targets.items()
        ],
    }
    file = folder / "prometheus.yml"
    file.write_text(yaml.safe_dump(config))
    [address] = free_addresses("web")
    options = (f"--config.file={file}", f"--storage.tsdb.path={folder}", f"--web.listen-address={address}")
    with started("prometheus", (program, *options), folder):
        yield _scraped(Prometheus(f"http://{address}"), len(targets))


@pytest.fixture
def scraping(prometheus: Path, busy_operator: Operator, model_server: Server, tmp_path: Path) -> Iterator[Prometheus]:
    """It has scraped both several times."""
    targets = {"aiapp": busy_operator.address().removeprefix("http://"), "model": f"127.0.0.1:{model_server.port}"}
    with observing(prometheus, tmp_path, targets, rule_files()) as running:
        yield running


def _scraped(running: Prometheus, targets: int) -> Prometheus:
    def enough() -> bool:
        try:
            return len(running.query("count_over_time(up[1m]) > 4")) == targets
        except OSError:
            return False

    eventually(enough, timeout=60)
    return running
