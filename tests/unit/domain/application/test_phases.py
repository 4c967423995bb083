"""The phases of an application, each with one sentence that names what is at fault and what to do."""

from typing import Any, NamedTuple, get_args

import pytest
from tests.support.fleet import node
from tests.support.records import BARE, application, condition, deployed, fresh_version, normal_version, observed, pod

from aiapp.api.conditions import Reason
from aiapp.domain.application.adoption import name_taken
from aiapp.domain.application.advice import ADVICE
from aiapp.domain.application.observed import Children, ObservedApplication
from aiapp.domain.application.plan import plan
from aiapp.domain.application.status import Phase, assess
from aiapp.domain.conditions import Trouble

COMPLETE = [{"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}]
LATE = [condition("Progressing", "False", "ProgressDeadlineExceeded")]
REFUSED = 'pods "mnist-1-0-0-x" is forbidden: exceeded quota: small'
ARM = node("arm-1", arch="arm64")


def crashed(container: str, message: str) -> dict[str, Any]:
    """The statuses of a pod whose container ended in a failure."""
    kind = "containerStatuses" if container == "model" else "initContainerStatuses"
    ended = {"terminated": {"exitCode": 1, "message": message}}
    return {kind: [{"name": container, "ready": False, "state": ended}]}


def seen(*deployments: dict[str, Any], pods: tuple[dict[str, Any], ...] = (), **changes: Any) -> ObservedApplication:
    versions = changes.pop("versions", (normal_version(),))
    fleet = changes.pop("fleet", (node("cpu-1"),))
    children = Children(deployments=deployments, pods=pods, unfinished=changes.pop("unfinished", 0))
    return observed(application(**changes), *versions, children=children, fleet=fleet)


class Case(NamedTuple):
    """What is seen, the phase that it makes, and what the sentence has to name."""

    observed: ObservedApplication
    phase: Phase
    culprit: str
    advice: str
    refused: Trouble | None = None


CASES = {
    "nothing is asked for": Case(seen(spec__serving=None), "Managed", "nothing is served", "spec.serving"),
    "pods start": Case(seen(deployed(ready=0)), "Deploying", "deployment mnist-1-0-0", "`aiapp progress mnist`"),
    "all is well": Case(seen(deployed(replicas=2)), "Running", "2 pods ready", ""),
    "a pod was lost": Case(
        seen(deployed(replicas=2, ready=1, conditions=COMPLETE)),
        *("Concerning", "deployment mnist-1-0-0: 1 of 2", "kubectl get pods -l aiapp.dev/application=mnist"),
    ),
    "the new one crashes while the old one serves": Case(
        seen(deployed("0.9.0"), deployed(ready=0), pods=(pod(**crashed("model", "no torch")),)),
        *("Concerning", "pod mnist-1-0-0-x: no torch; 0.9.0 goes on serving", "register the mended package"),
    ),
    "the model does not start": Case(
        seen(deployed(ready=0), pods=(pod(**crashed("model", "service.py:3: no torch")),)),
        *("Failed", "pod mnist-1-0-0-x: service.py:3", "register the mended package as another version"),
    ),
    "the model is no longer there": Case(
        seen(
            deployed(ready=0),
            pods=(pod(**crashed("fetch", '{"reason": "ContentChanged", "message": "object m/x.pth is gone"}')),),
        ),
        *("Failed", "pod mnist-1-0-0-x: the model could not be fetched: object m/x.pth", "put the pinned files back"),
    ),
    "the quota is used up": Case(
        seen(deployed(ready=0, conditions=[condition("ReplicaFailure", "True", "FailedCreate", REFUSED)])),
        *("Failed", "quota: small", "have the quota raised"),
    ),
    "it takes too long": Case(
        seen(deployed(ready=0, conditions=LATE)),
        *("Failed", "deployment mnist-1-0-0", "raise spec.serving.deployTimeoutSeconds"),
    ),
    "a name is taken": Case(
        seen(deployed(ready=0)),
        *("Failed", "Service mnist exists", "delete or rename it"),
        name_taken([{"kind": "Service", "metadata": {"name": "mnist"}}]),
    ),
    "no pods are wanted": Case(seen(deployed(replicas=0)), "Stopped", "replicas: 0", "raise spec.serving.versions[]"),
    "it was stopped": Case(
        seen(deployed(replicas=0, template=BARE), spec__serving__stopped=True),
        *("Stopped", "stopped by spec.serving.stopped", "start it with `aiapp start mnist`"),
    ),
    "it is being stopped": Case(
        seen(deployed(replicas=0, template=BARE), unfinished=3, spec__serving__stopped=True),
        *("Stopping", "its pods are ending: 3 left", "wait"),
    ),
    "there is no such version": Case(
        seen(versions=(normal_version("2.0.0"),)),
        *("Waiting", "AIApplicationVersion mnist-1.0.0 does not exist", "register it, or serve another one"),
    ),
    "the version is not Normal": Case(
        seen(versions=(fresh_version(),)),
        *("Waiting", "version mnist-1.0.0 is not Normal yet", "mend it, or serve another one"),
    ),
    "no node fits": Case(
        seen(fleet=(ARM,)),
        "Waiting",
        "version mnist-1.0.0: 0 of 1 nodes fit; 1 ArchitectureMismatch (arm-1)",
        "`aiapp fit`",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_each_phase_names_what_is_at_fault_and_what_to_do(case: Case) -> None:
    said = assess(case.observed, plan(case.observed), case.refused)
    assert (said.phase, said.status["phase"]) == (case.phase, case.phase)
    assert case.culprit in said.ready.message
    assert case.advice in said.ready.message
    assert "\n" not in said.ready.message


def test_every_phase_is_tried() -> None:
    assert {case.phase for case in CASES.values()} == set(get_args(Phase))


def test_advice_is_the_end_of_one_sentence() -> None:
    for reason, advice in ADVICE.items():
        assert isinstance(reason, Reason)
        assert advice[0].islower() or advice[0] == "`"
        assert not advice.endswith(".")
