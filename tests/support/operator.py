"""The operator as a process of its own, with the rights of `manifests/install`, never as administrator."""

import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from tests.support.kube import TIMEOUT_SECONDS, ApiError, Kube
from tests.support.sandbox import Sandbox
from tests.support.stores import LOCAL_RANGE
from tests.support.waiting import eventually

ROOT = Path(__file__).parents[2]
INSTALL = ("namespace.yaml", "rbac.yaml", "users.yaml")
"""Of manifests/install: all but the Deployment, which the process stands for."""
SERVICE_ACCOUNT = ("aiapp-system", "aiapp-operator")
STOP_SECONDS = 60


def documents(*files: Path) -> Iterator[dict[str, Any]]:
    """Every object in these YAML files."""
    for file in files:
        yield from (document for document in yaml.safe_load_all(file.read_text()) if document)


def install(kube: Kube) -> None:
    """CRDs, the operator's rights and the catalogue of runtimes, as `kubectl apply -k manifests/install` would."""
    for document in documents(*sorted((ROOT / "crds").glob("*.yaml"))):
        kube.apply(document, force="true")
    for document in documents(*(ROOT / "manifests/install" / name for name in INSTALL)):
        kube.apply(document, force="true")
    for document in documents(*sorted((ROOT / "manifests/runtimes").glob("*.yaml"))):
        if document["kind"] != "Kustomization":
            eventually(partial(_applied, kube, document))


def _applied(kube: Kube, document: dict[str, Any]) -> bool:
    """A CRD is not served at once."""
    try:
        kube.apply(document, force="true")
    except ApiError as error:
        raise AssertionError(str(error)) from error
    return True


@dataclass
class Operator:
    """`aiapp run` as a process that a test may kill and start again."""

    kubeconfig: Path
    log_file: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    launcher: Sequence[str] = ()
    """A command that becomes the one that follows it."""
    process: subprocess.Popen[bytes] | None = None
    _offset: int = 0

    def start(self, *, wait: bool = True) -> "Operator":
        """Start it; with `wait`, until it is ready."""
        assert self.process is None
        self._offset = self.log_file.stat().st_size if self.log_file.exists() else 0
        local = {"AIAPP_ALLOW_HTTP": "true", "AIAPP_ALLOWED_RANGES": LOCAL_RANGE, "KUBECONFIG": str(self.kubeconfig)}
        environment = {**os.environ, **local, **self.environment}
        command = [*self.launcher, sys.executable, "-m", "aiapp", "run", "--health-address", "127.0.0.1:0", "-v"]
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
        if wait:
            try:
                self.until_ready()
            except AssertionError:  # nobody is to end what was not handed out, and it would work beside the next one
                self.kill()
                raise
        return self

    def until_ready(self) -> None:
        """Wait for /readyz."""

        def ready() -> bool:
            assert self.process is None or self.process.poll() is None, self.log()[-3000:]
            status, body = self.health("/readyz")
            assert status == 200, body
            return True

        eventually(ready)

    def kill(self) -> None:
        """SIGKILL, as a node that loses power would."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """SIGTERM, as the kubelet would; its exit code."""
        return self._end(signal.SIGTERM)

    def restart(self) -> None:
        """SIGKILL and a fresh start."""
        self.kill()
        self.start()

    def log(self) -> str:
        """What it wrote since the last start."""
        with self.log_file.open("rb") as log:
            log.seek(self._offset)
            return log.read().decode(errors="replace")

    def address(self) -> str:
        """Where it answers probes; empty while it does not listen."""
        found = re.search(r"health and metrics at (http://\S+)", self.log())
        return found[1] if found else ""

    def health(self, path: str) -> tuple[int, str]:
        """Status and body of /healthz, /readyz or /metrics; status 0 while nothing listens."""
        if not (address := self.address()):
            return 0, "it does not listen yet"
        try:
            with urllib.request.urlopen(address + path, timeout=TIMEOUT_SECONDS) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError as error:
            return 0, str(error)

    def metric(self, name: str, **labels: str) -> float:
        """Sum of a metric's samples that carry these labels; 0 when there is none."""
        families = text_string_to_metric_families(eventually(self._metrics))
        samples = [sample for family in families for sample in family.samples if sample.name == name]
        return sum(s.value for s in samples if labels.items() <= s.labels.items())

    def _metrics(self) -> str:
        """An AssertionError while it is too busy to answer."""
        status, body = self.health("/metrics")
        assert status == 200, body
        return body

    def writes(self) -> float:
        """Requests so far that may change something."""
        return sum(self.metric("rest_client_requests_total", method=m) for m in ("POST", "PUT", "PATCH", "DELETE"))

    def cpu_seconds(self) -> float:
        """User and system time of the process so far, of all its threads."""
        return self.metric("process_cpu_seconds_total")

    def _end(self, number: signal.Signals) -> int:
        process, self.process = self.process, None
        assert process is not None, "it does not run"
        process.send_signal(number)
        try:
            return process.wait(STOP_SECONDS)
        finally:
            process.kill()


@pytest.fixture(scope="session")
def installed(kube: Kube) -> None:
    """CRDs, rights and catalogue are on this process's sandbox."""
    install(kube)


@contextmanager
def running_operator(
    sandbox: Sandbox,
    folders: pytest.TempPathFactory,
    environment: Mapping[str, str] | None = None,
    launcher: Sequence[str] = (),
) -> Iterator[Operator]:
    """An operator that is stopped afterwards, unless the test has done so; its log must tell no unexpected error."""
    log = folders.mktemp("operator") / "operator.log"
    running = Operator(sandbox.service_account(*SERVICE_ACCOUNT), log, environment or {}, launcher).start()
    yield running
    if running.process is not None:
        running.stop()
    assert "Traceback" not in log.read_text(), log.read_text()[-5000:]


@pytest.fixture(scope="module")
def operator(sandbox: Sandbox, installed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    """The operator on this process's sandbox. An unexpected error in its log fails the module's last test."""
    with running_operator(sandbox, tmp_path_factory) as running:
        yield running
