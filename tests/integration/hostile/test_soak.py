"""One tenant at its worst stops nobody: another namespace's imports, rollouts and scaling go on meanwhile.

For 45 s here, where only a standstill fails; `make e2e-hostile` does it for five minutes and holds it to 5 s.
"""

import os
import statistics
import sys
import threading
import time
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from tests.support.kube import Kube, Object
from tests.support.memory_cgroup import MemoryCgroup
from tests.support.operator import Operator
from tests.support.packages import Registry
from tests.support.waiting import eventually
from typing_extensions import override

from aiapp.api.meta import GROUP_VERSION

SECONDS = float(os.environ.get("HOSTILE_SECONDS", "45"))
IS_MEASURED = "HOSTILE_SECONDS" in os.environ
LIMIT_SECONDS = 5.0 if IS_MEASURED else 60.0
"""For one step of the other namespace."""
REQUEST = "request"
"""One of the other namespace to the API server: what of a step's time is the machine's."""
HEALTH_SECONDS = 5.0
"""The manifest's `timeoutSeconds`."""
FAILURES = 1 if IS_MEASURED else 3
"""Of /healthz, that are too many: so many in a row end the pod, by the manifest's `failureThreshold`. Where times are
measured, none may be late."""
MIB = 1 << 20


class Watch(threading.Thread):
    """Looks at the operator every second, as the kubelet does."""

    def __init__(self, operator: Operator, cgroup: MemoryCgroup) -> None:
        super().__init__(daemon=True)
        self._address = operator.address()
        self._cgroup = cgroup
        self._over = threading.Event()
        self.answers: list[float] = []
        """Seconds that /healthz took."""
        self.failures: list[str] = []
        """Of /healthz, in a row: the last ones, or the first that were too many."""
        self.memory: list[int] = []

    @override
    def run(self) -> None:
        while not self._over.wait(1):
            self.memory.append(self._cgroup.anonymous_bytes())
            began = time.monotonic()
            try:
                with urllib.request.urlopen(f"{self._address}/healthz", timeout=HEALTH_SECONDS) as answer:
                    answer.read()
                self.answers.append(time.monotonic() - began)
                if len(self.failures) < FAILURES:
                    self.failures.clear()
            except OSError as error:
                self.failures.append(f"{error}")

    @contextmanager
    def on(self) -> Iterator[None]:
        self.start()
        yield
        self._over.set()
        self.join()


@pytest.mark.timeout(SECONDS + 600)
def test_a_hostile_namespace_stops_nobody(
    operator: Operator, cgroup: MemoryCgroup, tenant: str, team: Registry, capsys: pytest.CaptureFixture[str]
) -> None:
    process, watch = operator.process, Watch(operator, cgroup)
    took: dict[str, list[float]] = defaultdict(list)
    again: dict[str, list[float]] = defaultdict(list)
    until = time.monotonic() + SECONDS
    with watch.on():
        while time.monotonic() < until:
            _round(team, f"mnist{len(took['import'])}", took)
    assert process is not None
    assert (process.poll(), cgroup.kills()) == (None, 0)
    assert len(watch.failures) < FAILURES, watch.failures
    operator.restart()
    _round(team, "again", again)
    with capsys.disabled():
        sys.stdout.write(f"\n{_report(took, watch, cgroup)}\n{_met(team.kube, tenant)}\n")
    assert cgroup.kills() == 0
    late = {step: round(max(all_), 1) for step, all_ in took.items() if step != REQUEST and max(all_) > LIMIT_SECONDS}
    assert late == {}


def _round(team: Registry, name: str, took: dict[str, list[float]]) -> None:
    """An application's life: imported, rolled out, scaled and gone."""
    port = team.bucket.endpoint.rpartition(":")[2]
    place = {"uri": f"obs://{team.bucket.name}/mnist/", "endpoint": f"http://store.team.test:{port}"}
    began = time.monotonic()
    version = team.version(name, obs={**place, "addressing": "Path"})
    took[REQUEST].append(time.monotonic() - began)
    took["import"].append(_seconds(lambda: team.condition(version, "Ready")["status"] == "True"))
    team.look_again(version, "now")
    took["drift"].append(_seconds(lambda: team.now(version)["status"].get("lastHandledReconcileAt") == "now"))
    application = team.application(name, replicas=1)
    took["rollout"].append(_seconds(lambda: _serves(team, application, 1)))
    application = team.application(name, replicas=3)
    took["scaling"].append(_seconds(lambda: _serves(team, application, 3)))
    for one in (application, version):
        team.kube.delete(one)


def _serves(team: Registry, application: Object, replicas: int) -> bool:
    """Whether its Deployment is as it should be, and the status says so of this generation."""
    found = team.find("apps/v1", "Deployment", f"{application['metadata']['name']}-1-0-0")
    if found is None or found["spec"]["replicas"] != replicas:
        return False
    now = team.now(application)
    return bool(now["status"].get("observedGeneration") == now["metadata"]["generation"])


def _seconds(check: Callable[[], bool]) -> float:
    began = time.monotonic()
    eventually(check, timeout=120)
    return time.monotonic() - began


def _met(kube: Kube, namespace: str) -> str:
    """What became of the tenant's versions, by kind of store."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for version in kube.list(GROUP_VERSION, "AIApplicationVersion", namespace):
        conditions = version.get("status", {}).get("conditions", ())
        found[version["spec"]["application"]] += Counter(c["reason"] for c in conditions if c["type"] == "Ready")
    return "\n".join(f"{kind:14} {dict(reasons)}" for kind, reasons in sorted(found.items()))


def _report(took: dict[str, list[float]], watch: Watch, cgroup: MemoryCgroup) -> str:
    steps = [
        f"{step:8} {len(all_):4} times, median {statistics.median(all_):.2f} s, longest {max(all_):.2f} s"
        for step, all_ in took.items()
    ]
    memory = f"memory   {max(watch.memory) / MIB:.0f} MiB at most (with pages of files {cgroup.peak_bytes() / MIB:.0f})"
    health = f"/healthz {len(watch.answers):4} times, longest {max(watch.answers, default=0):.2f} s"
    return "\n".join([*steps, health, memory])
