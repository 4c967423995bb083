"""The operator and KServe's controller in turns, each on a control plane of its own, with as many models.

A model is a pair of version and application here, and an InferenceService there. Both end with a Deployment and a
Service that has a cluster IP for each; beyond that the operator reads, checks and pins a package in a real S3 server.
"""

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final, Protocol, TypeVar

from tests.bench import kserve
from tests.bench.controlplane import WRITES, control_plane, deployments, requests_in, say, until, when_settled
from tests.bench.load import Load
from tests.bench.report import Figure, report
from tests.bench.usage import resident_mib, usage
from tests.support.kube import Kube
from tests.support.operator import SERVICE_ACCOUNT, Operator, install
from tests.support.sandbox import Sandbox

from aiapp_sandbox.controlplane import SERVER

SIZES: Final = (300, 1000)
ROUNDS: Final = 2
PEER: Final = f"KServe {kserve.VERSION}"
IDLE_CPU: Final = 0.05
"""A controller that sends nothing and takes less of a core than this is done with its restart."""


class Controller(Protocol):
    """One of the two, running."""

    @property
    def pid(self) -> int: ...

    def metrics(self) -> str: ...

    def kill(self) -> None: ...

    def start(self) -> object: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one of them took for `n` models; figures are for each model where that makes sense."""

    until_deployments: float
    until_last_write: float
    cpu_until_deployments: float
    cpu_until_last_write: float
    apiserver: float
    others: float
    requests: float
    writes: float
    resident: float
    restart: float
    restart_cpu: float
    restart_writes: float


TITLES: Final = {
    "until_deployments": ("until all Deployments exist", "s"),
    "until_last_write": ("until the last write", "s"),
    "cpu_until_deployments": ("CPU of all its processes until all Deployments exist", "ms/model"),
    "cpu_until_last_write": ("CPU of all its processes until the last write", "ms/model"),
    "apiserver": ("CPU of the API server meanwhile", "ms/model"),
    "others": ("CPU of etcd, scheduler, other controllers and the S3 server meanwhile", "ms/model"),
    "requests": ("requests until the last write", "a model"),
    "writes": ("of these no reads (Events and dry runs included)", "a model"),
    "resident": ("resident memory", "MiB"),
    "restart": ("restart until it is idle", "s"),
    "restart_cpu": ("CPU of a restart", "s"),
    "restart_writes": ("requests of a restart that are no reads", ""),
}


@dataclass(frozen=True, slots=True)
class Moment:
    """How a controller stood at a moment."""

    at: float
    cpu: float
    requests: float
    writes: float


def run(sizes: Sequence[int] = (), rounds: int = ROUNDS) -> None:
    """Measure both in turns; prints and writes medians."""
    report("side_by_side", list(compared(sizes or SIZES, rounds, _round, TITLES, "models")))


Made = Callable[..., AbstractContextManager["Ready"]]
Measured = TypeVar("Measured")


def compared(
    sizes: Sequence[int],
    rounds: int,
    measure: Callable[[int, Made], Measured],
    titles: Mapping[str, tuple[str, str]],
    what: str,
) -> Iterator[Figure]:
    """Medians of what `measure` took of both, in turns; `titles` are the words and units of its fields."""
    for n in sizes:
        taken = [(measure(n, ours), measure(n, theirs)) for _ in range(rounds)]
        for name, (title, unit) in titles.items():
            value, peer = (median(getattr(one, name) for one in column) for column in zip(*taken, strict=True))
            yield Figure(f"{title}, {n} {what}", unit, value, PEER, peer)


@dataclass(frozen=True, slots=True)
class Ready:
    """A controller that has nothing to do yet, its control plane, and how to give it work."""

    controller: Controller
    sandbox: Sandbox
    submit: Callable[[], None]
    add_next: Callable[[], None]
    """Make what is to be served next, where that is an object of its own."""
    bump: Callable[[], None]
    """Let everything serve what is next."""


class Ours(Operator):
    """The operator."""

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def metrics(self) -> str:
        return self.health("/metrics")[1]


@contextmanager
def ours(n: int, nodes: str = "none") -> Iterator[Ready]:
    """The operator, with `n` packages in a bucket."""
    with control_plane(f"ours {n}", ("s3",), nodes) as sandbox, tempfile.TemporaryDirectory() as folder:
        kube = Kube(sandbox.kubeconfig)
        install(kube)
        load = Load(n, sandbox.record.services["s3"])
        load.prepare(kube)
        operator = Ours(sandbox.service_account(*SERVICE_ACCOUNT), Path(folder) / "log")
        operator.start()
        try:
            work = [partial(each, kube) for each in (load.submit, load.add_next, load.bump)]
            yield Ready(operator, sandbox, *work)
        finally:
            operator.kill()


@contextmanager
def theirs(n: int, nodes: str = "none") -> Iterator[Ready]:
    """KServe's controller."""
    with control_plane(f"kserve {n}", (), nodes) as sandbox, tempfile.TemporaryDirectory() as folder:
        kube = Kube(sandbox.kubeconfig)
        controller = kserve.installed(sandbox, Path(folder))
        try:
            submit, bump = (partial(each, kube, n) for each in (controller.submit, controller.bump))
            yield Ready(controller, sandbox, submit, lambda: None, bump)
        finally:
            controller.kill()


def _round(n: int, made: Callable[[int], AbstractContextManager[Ready]]) -> Round:
    with made(n) as ready:
        controller, kube = ready.controller, Kube(ready.sandbox.kubeconfig)
        start = at_rest(controller)
        say(f"{n} models: creating them")
        begun, around = moment(controller), around_it(ready.sandbox)
        ready.submit()
        until(lambda: deployments(kube) >= n)
        deployed = moment(controller)
        settled = at_rest(controller)
        apiserver, others = (after - before for before, after in zip(around, around_it(ready.sandbox), strict=True))
        resident = resident_mib(controller.pid)
        taken = Round(
            until_deployments=deployed.at - begun.at,
            until_last_write=settled.at - begun.at,
            cpu_until_deployments=(deployed.cpu - begun.cpu) / n * 1e3,
            cpu_until_last_write=(settled.cpu - begun.cpu) / n * 1e3,
            apiserver=apiserver / n * 1e3,
            others=others / n * 1e3,
            requests=(settled.requests - start.requests) / n,
            writes=(settled.writes - start.writes) / n,
            resident=resident,
            **_restarted(controller),
        )
        say(str(taken))
        return taken


def _restarted(controller: Controller) -> dict[str, float]:
    controller.kill()
    begun = time.monotonic()
    controller.start()
    idle = _idle(controller)
    return {
        "restart": idle.at - begun,
        "restart_cpu": idle.cpu,
        "restart_writes": moment(controller).writes,
    }


def at_rest(controller: Controller) -> Moment:
    """The moment of the last request that was no read, seen from a while later."""
    return when_settled(lambda: moment(controller), lambda last, now: now.writes != last.writes)


def _idle(controller: Controller) -> Moment:
    """The moment from which on it sent nothing and hardly took any CPU, seen from a while later."""
    return when_settled(lambda: moment(controller), _is_busy)


def _is_busy(last: Moment, now: Moment) -> bool:
    return now.requests != last.requests or now.cpu - last.cpu > IDLE_CPU * (now.at - last.at)


def moment(controller: Controller) -> Moment:
    requests = requests_in(controller.metrics())
    writes = sum(sample.value for sample in requests if sample.labels["method"] in WRITES)
    return Moment(time.monotonic(), _cpu(controller), sum(sample.value for sample in requests), writes)


def around_it(sandbox: Sandbox) -> tuple[float, float]:
    """CPU seconds of the API server, and of all other processes of the sandbox."""
    used = {process.name: usage(process.identity.pid).operator for process in sandbox.record.processes}
    apiserver = used.pop(SERVER)
    return apiserver, sum(used.values())


def _cpu(controller: Controller) -> float:
    used = usage(controller.pid)
    return used.operator + used.children
