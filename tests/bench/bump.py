"""One change of version in each of N applications, beside as many InferenceServices whose model moves.

Both run on simulated nodes, where pods become Ready without running. Here the application names its second version,
which is imported by then: a Deployment of its own comes up, and the first one goes. KServe's controller has canaries
only where Knative makes its revisions; as raw Deployments, what can be compared is the same change without shares.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.bench.controlplane import say, until
from tests.bench.report import report
from tests.bench.side_by_side import Made, Ready, around_it, at_rest, compared, moment
from tests.support.kube import Kube, Object

SIZES: Final = (300, 1000)
ROUNDS: Final = 1
LOOK_SECONDS: Final = 3.0
FLEET: Final = """\
nodes:
  - name: cpu
    count: 10
    capacity: {cpu: "2000", memory: 8Ti, pods: "2000", ephemeral-storage: 20Ti}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one of them took for `n` changes; figures are for each where that makes sense."""

    until_done: float
    until_last_write: float
    cpu: float
    apiserver: float
    requests: float
    writes: float


TITLES: Final = {
    "until_done": ("until all serve what is new, and nothing else", "s"),
    "until_last_write": ("until the last write", "s"),
    "cpu": ("CPU of all its processes until then", "ms/change"),
    "apiserver": ("CPU of the API server meanwhile", "ms/change"),
    "requests": ("requests until then", "a change"),
    "writes": ("of these no reads (Events and dry runs included)", "a change"),
}


def run(sizes: Sequence[int] = (), rounds: int = ROUNDS) -> None:
    """Measure both in turns; prints and writes medians."""
    report("bump", list(compared(sizes or SIZES, rounds, _round, TITLES, "changes")))


def _round(n: int, made: Made) -> Round:
    with tempfile.TemporaryDirectory() as folder:
        fleet = Path(folder) / "fleet.yaml"
        fleet.write_text(FLEET)
        with made(n, str(fleet)) as ready:
            return _bumped(n, ready)


def _bumped(n: int, ready: Ready) -> Round:
    controller, kube = ready.controller, Kube(ready.sandbox.kubeconfig)
    at_rest(controller)
    ready.submit()
    until(lambda: _rolled_out(kube, n), every=LOOK_SECONDS)
    first = _templates(kube)
    ready.add_next()
    start = at_rest(controller)
    say(f"{n} changes")
    around, begun = around_it(ready.sandbox), moment(controller)
    ready.bump()
    until(lambda: _rolled_out(kube, n) and not _templates(kube) & first, every=LOOK_SECONDS)
    done, settled = moment(controller), at_rest(controller)
    apiserver = around_it(ready.sandbox)[0] - around[0]
    taken = Round(
        until_done=done.at - begun.at,
        until_last_write=settled.at - begun.at,
        cpu=(settled.cpu - begun.cpu) / n * 1e3,
        apiserver=apiserver / n * 1e3,
        requests=(settled.requests - start.requests) / n,
        writes=(settled.writes - start.writes) / n,
    )
    say(str(taken))
    return taken


def _deployments(kube: Kube) -> list[Object]:
    return [one for one in kube.list("apps/v1", "Deployment") if "deletionTimestamp" not in one["metadata"]]


def _rolled_out(kube: Kube, n: int) -> bool:
    """Whether there is one Deployment a model, all of its pods of its latest template and ready."""
    found = _deployments(kube)
    return len(found) == n and all(map(_is_rolled_out, found))


def _is_rolled_out(deployment: Object) -> bool:
    status, generation = deployment.get("status", {}), deployment["metadata"]["generation"]
    counts = [status.get(name, 0) for name in ("replicas", "updatedReplicas", "readyReplicas")]
    return bool(status.get("observedGeneration") == generation and counts == [deployment["spec"]["replicas"]] * 3)


def _templates(kube: Kube) -> frozenset[str]:
    """What tells one template of a Deployment from the next."""
    return frozenset(f"{one['metadata']['uid']} {one['spec']['template']}" for one in _deployments(kube))
