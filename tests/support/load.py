"""Clients that ask an application all the time: as a pod, through its Service, or as a process, through a gateway."""

import json
import logging
import subprocess
import sys
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.support import load_client
from tests.support.kube import Kube, Object
from tests.support.load_client import Failure
from tests.support.waiting import eventually
from typing_extensions import override

LOG: Final = logging.getLogger(__name__)
PROGRAM: Final = Path(load_client.__file__)
FAILED: Final = "failed"
SECONDS: Final = 120
"""On a busy machine."""
EVERY_SECONDS: Final = 0.5
"""The client tells something once a second."""


class Load(ABC):
    """A client that asks all the time, and what it has seen since its first answer."""

    @abstractmethod
    def lines(self) -> list[str]:
        """What it has printed."""

    def results(self) -> Counter[str]:
        """Answers by their content, and `failed`; those of the last second may be missing."""
        return sum((Counter(said["results"]) for said in self._said() if "results" in said), Counter())

    def failures(self) -> list[Failure]:
        return [Failure(**said["failure"]) for said in self._said() if "failure" in said]

    def latest(self) -> set[str]:
        """Different results of the last second that is over."""
        seconds = [said["results"] for said in self._said() if "results" in said]
        return set(seconds[-1]) if seconds else set()

    def until_only(self, *contents: str, timeout: float = SECONDS) -> None:
        """Wait for a second with answers of these alone and of each of them."""
        eventually(lambda: self.latest() == set(contents), timeout=timeout, every=EVERY_SECONDS)

    def for_more(self, requests: int, timeout: float = 120) -> None:
        """Wait until so many more requests are over."""
        before = self.results().total()
        eventually(lambda: self.results().total() >= before + requests, timeout=timeout, every=EVERY_SECONDS)

    def tell(self) -> None:
        """Log what it has seen, for those who want figures: `pytest -o log_cli=true --log-cli-level=INFO`."""
        LOG.info("%s", dict(self.results()))
        kinds = Counter((one.connection, one.status, one.error.partition('"request_id"')[0]) for one in self.failures())
        for kind, times in kinds.items():
            LOG.info("%d times %s", times, kind)

    def _said(self) -> Iterator[Any]:
        return (json.loads(line) for line in self.lines() if line.startswith("{") and line.endswith("}"))


@dataclass(frozen=True)
class PodLoad(Load):
    """The client as a pod of the cluster."""

    kube: Kube
    pod: Object

    @override
    def lines(self) -> list[str]:
        metadata = self.pod["metadata"]
        path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}/log"
        return self.kube.text(path).splitlines()


@dataclass(frozen=True)
class ProcessLoad(Load):
    """The client as a process of this machine."""

    output: Path

    @override
    def lines(self) -> list[str]:
        return self.output.read_text().splitlines()


@contextmanager
def from_pod(kube: Kube, namespace: str, url: str, *, image: str, node: str) -> Iterator[Load]:
    """The client in a pod on that node, from its first answer on."""
    container = {"name": "client", "image": image, "command": ["python3", "-c", PROGRAM.read_text(), url]}
    spec = {"containers": [container], "nodeName": node, "terminationGracePeriodSeconds": 0}
    body: Object = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "client"}, "spec": spec}
    pod = kube.create(body, namespace)
    load = PodLoad(kube, pod)
    eventually(lambda: kube.get("v1", "Pod", "client", namespace)["status"]["phase"] == "Running", timeout=SECONDS)
    try:
        eventually(load.results, timeout=SECONDS, every=EVERY_SECONDS)
        yield load
    finally:
        load.tell()
        kube.delete(pod)


@contextmanager
def from_host(url: str, host: str, output: Path) -> Iterator[Load]:
    """The client as a process that sends this Host header, from its first answer on; it writes to `output`."""
    with output.open("wb") as file:
        process = subprocess.Popen([sys.executable, "-c", PROGRAM.read_text(), url, host], stdout=file)
    load = ProcessLoad(output)
    try:
        eventually(load.results, timeout=SECONDS, every=EVERY_SECONDS)
        yield load
    finally:
        load.tell()
        process.kill()
        process.wait()
