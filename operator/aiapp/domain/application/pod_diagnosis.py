"""What keeps pods from becoming ready, read from the pods and their Deployment. Never guesses: no sign, no trouble."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from aiapp.api.conditions import Reason
from aiapp.domain.application.health_words import unanswered
from aiapp.domain.application.image_pull import pull_failure
from aiapp.domain.conditions import Trouble
from aiapp.domain.fetching.pod_status import FETCHER
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.printable import printable
from aiapp.domain.rendering.pod.dependencies import CONTAINER as DEPENDENCIES

PULL_REASONS: Final = frozenset({"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull"})
UNRESOLVED: Final = "CreateContainerConfigError"
"""A ConfigMap, Secret or key of the container's environment is not there."""
CREATE_REASONS: Final = frozenset({"CreateContainerError", "RunContainerError"})
FETCH_REASONS: Final = {
    reason.value: reason for reason in (Reason.CONTENT_CHANGED, Reason.DIGEST_MISMATCH, Reason.TICKET_REFUSED)
}
QUOTA_SIGN: Final = "exceeded quota"
LATER: Final = "if that was fixed, the Events of the ReplicaSet name the current refusal"
"""Kubernetes keeps the words of the first refusal until a pod is made."""
OWN_IMAGE: Final = " (the operator's own: for an administrator)"
ENDED_BY_ITSELF: Final = "its program ends by itself (exit code 0): what serves has to run until it is told to end"
TOLD_TO_END: Final = frozenset({137, 143})
"""Exit codes of SIGKILL and SIGTERM."""
EXEC_FORMAT: Final = "exec format error"
OTHER_PROCESSOR: Final = " (its program is for another processor than the node's)"
LAST_LINES: Final = 3
"""Of a log, that are shown."""
LONGEST: Final = 1024
"""Characters that are kept of messages from pods, kubelet and scheduler."""
NOT_PLACED: Final = frozenset({"Unschedulable", "Undetermined", "Schedulable"})
"""Reasons of `PodScheduled`; the latter two are Volcano's: not even tried, as for want of room, and fit but waiting."""


def trouble(deployment: Json, pods: Sequence[Json]) -> Trouble | None:
    """The most telling trouble: of a container, of creating pods, of the deadline, of the scheduler, in this order."""
    found = (
        *_containers(pods),
        *_replica_failure(deployment),
        *_deadline(deployment, pods),
        *_unscheduled(pods),
    )
    return next(iter(found), None)


def _containers(pods: Iterable[Json]) -> Iterator[Trouble]:
    for pod in sorted(pods, key=_created, reverse=True):
        status = pod.get("status", {})
        name = pod["metadata"]["name"]
        for container in status.get("initContainerStatuses", ()):
            find = _dependencies_trouble if container["name"] == DEPENDENCIES else _fetch_trouble
            yield from _found(find(name, container))
        for container in status.get("containerStatuses", ()):
            yield from _found(_model_trouble(name, container))


def _found(trouble: Trouble | None) -> tuple[Trouble, ...]:
    return () if trouble is None else (trouble,)


def _created(pod: Json) -> str:
    return str(pod["metadata"].get("creationTimestamp", ""))


def _fetch_trouble(pod: str, container: Json) -> Trouble | None:
    waiting = _waiting_trouble(pod, container)
    ended = _last_end(container)
    if waiting is not None or ended is None or ended.get("exitCode") == 0:
        return waiting
    report = _json(str(ended.get("message", "")))
    reason = FETCH_REASONS.get(str(report.get("reason")), Reason.FETCH_FAILED)
    message = report.get("message") or ended.get("message") or ended.get("reason") or "no message"
    word = f" ({report['reason']})" if report.get("reason") not in (None, reason.value) else ""
    return _trouble(reason, pod, f"the model could not be fetched{word}: {message}")


def _dependencies_trouble(pod: str, container: Json) -> Trouble | None:
    waiting = _waiting_trouble(pod, container)
    ended = _last_end(container)
    if waiting is not None or ended is None or ended.get("exitCode") == 0:
        return waiting
    message = str(ended.get("message") or _exit(ended)).strip().removeprefix(f"{Reason.DEPENDENCIES_FAILED}: ")
    return _trouble(Reason.DEPENDENCIES_FAILED, pod, f"a dependency cannot be installed: {message}")


def _model_trouble(pod: str, container: Json) -> Trouble | None:
    waiting = _waiting_trouble(pod, container)
    ended = _last_end(container)
    if waiting is not None or ended is None or container.get("ready") or _is_started_again(container, ended):
        return waiting
    if ended.get("exitCode") == 0:
        return _trouble(Reason.START_FAILED, pod, ENDED_BY_ITSELF) if _crashes(container) else None
    return _trouble(Reason.START_FAILED, pod, _last_words(ended))


def _is_started_again(container: Json, ended: Mapping[str, Any]) -> bool:
    """Whether it runs once more after the kubelet ended it, as it does when a container was not up in time."""
    was_told = ended.get("exitCode") in TOLD_TO_END and ended.get("reason") != "OOMKilled"
    return was_told and "running" in container.get("state", {})


def _crashes(container: Json) -> bool:
    return bool(container.get("state", {}).get("waiting", {}).get("reason") == "CrashLoopBackOff")


def _last_words(ended: Mapping[str, Any]) -> str:
    """Our model server ends with one line that says it all; of anybody else the last lines may."""
    lines = [line for line in str(ended.get("message", "")).splitlines() if line.strip()]
    if not lines:
        return _exit(ended)
    message = lines[-1].removeprefix(f"{Reason.START_FAILED}: ")
    if message == lines[-1]:
        message = " | ".join(line.strip() for line in lines[-LAST_LINES:])
    return message + (OTHER_PROCESSOR if EXEC_FORMAT in message else "")


def _exit(ended: Mapping[str, Any]) -> str:
    return f"{ended.get('reason', 'Error')}, exit code {ended.get('exitCode')}"


def _trouble(reason: Reason, pod: str, message: str) -> Trouble:
    """Messages of containers may hold anything: the author of the model or its store wrote them."""
    return Trouble(reason, f"pod {pod}: {printable(message, LONGEST)}")


def _waiting_trouble(pod: str, container: Json) -> Trouble | None:
    waiting = container.get("state", {}).get("waiting", {})
    reason = str(waiting.get("reason"))
    message = waiting.get("message") or reason
    if reason in PULL_REASONS:
        whose = OWN_IMAGE if container["name"] == FETCHER else ""
        pull_message = f"image {container.get('image')}{whose}: {pull_failure(str(message))}"
        return _trouble(Reason.IMAGE_PULL_FAILED, pod, pull_message)
    if reason == UNRESOLVED:
        return _trouble(Reason.REFERENCE_MISSING, pod, f"container {container['name']}: {message}")
    if reason in CREATE_REASONS:
        return _trouble(Reason.START_FAILED, pod, f"container {container['name']}: {message}")
    return None


def _last_end(container: Json) -> Mapping[str, Any] | None:
    """How the container ended last: now, or before the restart that it is in."""
    for state in (container.get("state", {}), container.get("lastState", {})):
        if ended := state.get("terminated"):
            return dict(ended)
    return None


def _json(text: str) -> Mapping[str, Any]:
    """The fetcher's termination message; empty for anything else."""
    try:
        report = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return report if isinstance(report, dict) else {}


def _replica_failure(deployment: Json) -> Iterator[Trouble]:
    condition = conditions(deployment).get("ReplicaFailure")
    if condition is not None and condition.get("status") == "True":
        message = str(condition.get("message", ""))
        reason = Reason.QUOTA_EXCEEDED if QUOTA_SIGN in message else Reason.POD_REFUSED
        since = condition.get("lastTransitionTime", "an unknown time")
        yield Trouble(reason, f"{printable(message, LONGEST)} (first refused at {since}; {LATER})")


def _deadline(deployment: Json, pods: Sequence[Json]) -> Iterator[Trouble]:
    condition = conditions(deployment).get("Progressing")
    if condition is not None and condition.get("reason") == "ProgressDeadlineExceeded":
        seconds = deployment["spec"].get("progressDeadlineSeconds")
        if (pod := next(filter(_runs_unready, pods), None)) is not None:
            failed = unanswered(deployment["spec"].get("template") or {})
            message = f"its container runs, but {failed} within {seconds} s: see its Events"
            yield _trouble(Reason.PROBE_FAILING, pod["metadata"]["name"], message)
        name = deployment["metadata"]["name"]
        message = f"deployment {name}: its pods were not ready within {seconds} s"
        yield Trouble(Reason.DEPLOY_TIMEOUT, message + _overlooked(deployment, pods))


def _runs_unready(pod: Json) -> bool:
    statuses = (pod.get("status") or {}).get("containerStatuses") or ()
    return any("running" in one.get("state", {}) and not one.get("ready") for one in statuses)


def _overlooked(deployment: Json, pods: Iterable[Json]) -> str:
    """A scheduler that looked at a pod leaves a condition, whatever it decided."""
    pod = next((pod for pod in pods if "PodScheduled" not in conditions(pod)), None)
    if pod is None:
        return ""
    scheduler = deployment["spec"].get("template", {}).get("spec", {}).get("schedulerName", "default-scheduler")
    return f"; scheduler {scheduler} has not looked at pod {pod['metadata']['name']}: does it run here?"


def _unscheduled(pods: Iterable[Json]) -> Iterator[Trouble]:
    for pod in filter(is_unschedulable, pods):
        condition = conditions(pod)["PodScheduled"]
        yield _trouble(Reason.UNSCHEDULABLE, pod["metadata"]["name"], condition.get("message", ""))


def is_unschedulable(pod: Json) -> bool:
    """Whether the scheduler found no node for it."""
    return conditions(pod).get("PodScheduled", {}).get("reason") in NOT_PLACED


def maker(pod: Json) -> tuple[str, str] | None:
    """Name and uid of the ReplicaSet that controls the pod."""
    owners = pod["metadata"].get("ownerReferences") or ()
    found = next((one for one in owners if one.get("controller") and one["kind"] == "ReplicaSet"), None)
    return found and (found["name"], found["uid"])


def conditions(obj: Json) -> dict[str, Json]:
    """An object's conditions by type."""
    return {condition["type"]: condition for condition in obj.get("status", {}).get("conditions", ())}
