"""What N pairs of version and application cost the operator: until they are served, at rest, and over a restart.

The control plane, the S3 server and the operator (with its own service account) are real; there are no nodes. CPU is
what counts: wall time on a shared machine is an upper bound only.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample
from tests.bench.floor import apply_ms
from tests.bench.load import Load
from tests.bench.report import Figure, report
from tests.bench.usage import Usage, resident_mib, usage
from tests.support.kube import Kube, Object
from tests.support.operator import SERVICE_ACCOUNT, Operator, install
from tests.support.sandbox import Sandbox

from aiapp.api.meta import GROUP_VERSION
from aiapp_sandbox import cluster, state
from aiapp_sandbox.progress import Silent

SIZES = (200, 1000)
POLL_SECONDS = 0.5
SCRAPE_SECONDS = 5.0
"""Each look at the metrics costs the operator some milliseconds, which count as its own."""
QUIET_SECONDS = 12
"""Without anything that counts for so long, a controller has settled."""
REST_SECONDS = 60
LIMIT_SECONDS = 1800
WRITES = ("POST", "PUT", "PATCH", "DELETE")
VERSION_WRITES = (("PUT", "aiapplicationversions/status"), ("POST", "configmaps"))


@dataclass(frozen=True, slots=True)
class Moment:
    """How things stood at a moment of the run."""

    at: float
    used: Usage
    writes: dict[tuple[str, str], float]
    """Requests that may change something, by method and resource."""


class Timed(Protocol):
    """What was seen at a moment."""

    @property
    def at(self) -> float:
        """By the monotonic clock."""
        ...


Look = TypeVar("Look", bound=Timed)


def run(sizes: tuple[int, ...] = ()) -> None:
    """Measure for each number of pairs on a control plane of its own; prints and writes the figures."""
    report("controlplane", [figure for n in sizes or SIZES for figure in measure(n)])


def measure(n: int) -> list[Figure]:
    """All figures for `n` pairs."""
    with control_plane(f"{n} pairs", services=("s3",)) as sandbox, tempfile.TemporaryDirectory() as folder:
        kube = Kube(sandbox.kubeconfig)
        install(kube)
        load = Load(n, sandbox.record.services["s3"])
        say(f"{n} pairs: uploading the packages")
        load.prepare(kube)
        operator = Operator(sandbox.service_account(*SERVICE_ACCOUNT), Path(folder) / "operator.log").start()
        try:
            return [*_served(n, operator, kube, load), *_rested(n, operator), *_restarted(n, operator)]
        finally:
            operator.stop()


def _served(n: int, operator: Operator, kube: Kube, load: Load) -> list[Figure]:
    _at_rest(operator)
    start = _moment(operator)
    say(f"{n} pairs: creating them")
    load.submit(kube)
    submitted = time.monotonic()
    until(lambda: deployments(kube) >= n)
    deployed = _moment(operator)
    say(f"{n} pairs: {n} Deployments exist; waiting for the last write")
    settled = _at_rest(operator)
    requests = sum(settled.writes.values()) - sum(start.writes.values()) + n  # each version reads its Secret
    used, in_all = deployed.used - start.used, settled.used - start.used
    return [
        Figure(f"create {n} pairs", "s", submitted - start.at),
        Figure(f"until {n} Deployments exist", "s", deployed.at - start.at),
        Figure(f"until the last write, {n} pairs", "s", settled.at - start.at),
        Figure(f"operator CPU until {n} Deployments exist", "ms/pair", used.operator / n * 1000),
        Figure(
            f"operator CPU until the last write, {n} pairs",
            "ms/pair",
            in_all.operator / n * 1000,
            f"bare aiohttp, {requests / n:.1f} requests",
            requests / n * apply_ms(kube),
        ),
        Figure(f"CPU of the parser's process, {n} pairs", "ms/pair", in_all.children / n * 1000),
        *_written(n, kube, start, deployed, settled),
        Figure(f"resident memory with {n} pairs", "MiB", resident_mib(_pid(operator))),
    ]


def _written(n: int, kube: Kube, start: Moment, deployed: Moment, settled: Moment) -> Iterator[Figure]:
    """By the moment the last Deployment exists some applications are ahead of it: their figure is an upper bound."""
    by_version, by_application = _by_owner(start, deployed)
    events = [e for e in kube.list("v1", "Event") if e["source"].get("component") == "aiapp-operator"]
    yield Figure(f"writes a version until Normal, {n} pairs", "", by_version / n)
    yield Figure(f"Events a version, {n} pairs", "", sum(map(_is_of_version, events)) / n)
    yield Figure(f"writes an application until its children exist, {n} pairs", "", by_application / n)
    yield Figure(f"writes an application until the last write, {n} pairs", "", _by_owner(start, settled)[1] / n)
    yield Figure(f"Events an application, {n} pairs", "", sum(not _is_of_version(e) for e in events) / n)
    for method, resource in sorted(settled.writes):
        made = settled.writes[method, resource] - start.writes.get((method, resource), 0)
        yield Figure(f"{method} {resource}, {n} pairs", "a pair", made / n)


def _by_owner(start: Moment, end: Moment) -> tuple[float, float]:
    """Writes for versions and for applications, Events apart."""
    made = {key: count - start.writes.get(key, 0) for key, count in end.writes.items() if key[1] != "events"}
    versions = sum(made.get(key, 0) for key in VERSION_WRITES)
    return versions, sum(made.values()) - versions


def _rested(n: int, operator: Operator) -> list[Figure]:
    say(f"{n} pairs: resting for {REST_SECONDS} s")
    before = _moment(operator)
    time.sleep(REST_SECONDS)
    after = _moment(operator)
    return [
        Figure(f"writes at rest in {REST_SECONDS} s, {n} pairs", "", operator.writes() - sum(before.writes.values())),
        Figure(f"operator CPU at rest in {REST_SECONDS} s, {n} pairs", "ms", (after.used - before.used).operator * 1e3),
    ]


def _restarted(n: int, operator: Operator) -> list[Figure]:
    """Until every object has been looked at once."""
    operator.kill()
    began = time.monotonic()
    operator.start()
    ready = time.monotonic()
    until(lambda: _looked_at(operator) >= 2 * n and operator.metric("workqueue_depth") == 0)
    done = _moment(operator)
    settled = _at_rest(operator)
    return [
        Figure(f"restart until ready, {n} pairs", "s", ready - began),
        Figure(f"restart until all are looked at, {n} pairs", "s", done.at - began),
        Figure(f"CPU of a restart, {n} pairs", "s", done.used.operator),
        Figure(f"writes of a restart, {n} pairs", "", sum(settled.writes.values())),
        *(Figure(f"{way} {what} of a restart, {n} pairs", "", made) for (way, what), made in settled.writes.items()),
        Figure(f"resident memory after a restart, {n} pairs", "MiB", resident_mib(_pid(operator))),
    ]


def _moment(operator: Operator) -> Moment:
    writes: dict[tuple[str, str], float] = {}
    for sample in requests_in(operator.health("/metrics")[1]):
        if sample.labels["method"] in WRITES:
            key = sample.labels["method"], sample.labels["resource"]
            writes[key] = writes.get(key, 0) + sample.value
    return Moment(time.monotonic(), usage(_pid(operator)), writes)


def _at_rest(operator: Operator) -> Moment:
    """The moment of the last write, seen from a while later."""
    return when_settled(lambda: _moment(operator), lambda last, now: now.writes != last.writes)


def requests_in(metrics: str) -> list[Sample]:
    """Those of `rest_client_requests_total` in the Prometheus text format."""
    families = text_string_to_metric_families(metrics)
    return [one for family in families for one in family.samples if one.name == "rest_client_requests_total"]


def when_settled(look: Callable[[], Look], went_on: Callable[[Look, Look], bool]) -> Look:
    """The last look before which something went on (`went_on(last, now)`), seen from `QUIET_SECONDS` later."""
    last = look()

    def quiet() -> bool:
        nonlocal last
        now = look()
        if went_on(last, now):
            last = now
        return now.at - last.at > QUIET_SECONDS

    until(quiet, every=SCRAPE_SECONDS)
    return last


def until(reached: Callable[[], bool], *, every: float = POLL_SECONDS) -> None:
    deadline = time.monotonic() + LIMIT_SECONDS
    while not reached():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {LIMIT_SECONDS} s")
        time.sleep(every)


def deployments(kube: Kube) -> int:
    """There are no others in this sandbox."""
    page = kube.request("GET", kube.path("apps/v1", "Deployment"), limit=1)
    return len(page["items"]) + int(page["metadata"].get("remainingItemCount", 0))


def _looked_at(operator: Operator) -> float:
    kinds = ("AIApplication", "AIApplicationVersion")
    return sum(operator.metric("controller_runtime_reconcile_total", controller=kind) for kind in kinds)


def _is_of_version(event: Object) -> bool:
    involved = event["involvedObject"]
    return (involved["apiVersion"], involved["kind"]) == (GROUP_VERSION, "AIApplicationVersion")


def _pid(operator: Operator) -> int:
    assert operator.process is not None
    return operator.process.pid


@contextmanager
def control_plane(what: str, services: tuple[str, ...] = (), nodes: str = "none") -> Iterator[Sandbox]:
    """A control plane with these services and nodes (a profile), gone afterwards, whatever happens."""
    folder = state.folder(os.environ, f"bench-{what.replace(' ', '-')}-{os.getpid()}")
    say(f"{what}: starting a control plane")
    request = cluster.Request(name=folder.name, nodes=nodes, services=services, owner_pid=os.getpid())
    try:
        cluster.up(request, os.environ, Silent())
        yield Sandbox(folder)
    finally:
        cluster.down(folder)


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
