"""`aiapp console` as a process of its own, for one person or for many."""

import os
import signal
import subprocess
import sys
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml
from tests.support.kube import ApiError, Kube
from tests.support.waiting import eventually

START_SECONDS = 120
END_SECONDS = 60


@dataclass(frozen=True)
class RunningConsole:
    """One that answers."""

    process: "subprocess.Popen[bytes]"
    output: Path
    log_file: Path
    said: str
    """The address that it has printed."""

    @property
    def base(self) -> str:
        """Where its pages are."""
        address = self.said.removeprefix("http://").partition("/")[0]
        return f"http://{address}"

    @property
    def log(self) -> str:
        """What it has logged so far."""
        return self.log_file.read_text()

    def end(self) -> int:
        """As a signal ends it; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(END_SECONDS)


@contextmanager
def console(folder: Path, *options: str) -> Iterator[RunningConsole]:
    """`aiapp console` with these options; ended afterwards."""
    folder.mkdir(exist_ok=True)
    output, log_file = folder / "console.out", folder / "console.log"
    command = [sys.executable, "-m", "aiapp", "console", "-v", *options]
    environment = {name: value for name, value in os.environ.items() if name != "KUBECONFIG"}
    with output.open("wb") as out, log_file.open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=log, start_new_session=True)
    try:
        yield RunningConsole(process, output, log_file, eventually(lambda: _said(process, output, log_file)))
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(END_SECONDS)


def _said(process: "subprocess.Popen[bytes]", output: Path, log_file: Path) -> str:
    assert process.poll() is None, log_file.read_text()
    return output.read_text().strip().removeprefix("Listening on ")


def for_users(kubeconfig: Path, folder: Path) -> list[str]:
    """Options of a console for many people on the cluster of that kubeconfig, of which it takes no credentials."""
    cluster = yaml.safe_load(kubeconfig.read_text())["clusters"][0]["cluster"]
    authority = folder / "authority.pem"
    authority.write_bytes(b64decode(cluster["certificate-authority-data"]))
    server = ["--api-server", cluster["server"], "--api-server-ca", str(authority)]
    return ["--for-users", "--listen", "127.0.0.1:0", *server]


def aggregated(kube: Kube, role: str, group: str) -> None:
    """Wait until a ClusterRole of Kubernetes has the rights of ours, which a controller adds."""

    def has() -> bool:
        try:
            rules = kube.get("rbac.authorization.k8s.io/v1", "ClusterRole", role).get("rules") or ()
        except ApiError as error:
            raise AssertionError(str(error)) from error
        return any(group in rule.get("apiGroups", ()) for rule in rules)

    eventually(has)
