"""How many pods each version gets now, and how they are replaced."""

from collections.abc import Iterator

from aiapp.api.serving import Serving
from aiapp.domain.application.observed import Children, is_up, ready_pods, version_of, wanted_pods
from aiapp.domain.application.traffic.goal import Goal, has_steps
from aiapp.domain.kubernetes.resources import Json


def replicas(version: str, there: Goal, children: Children, serving: Serving) -> int | None:
    """Pods of one version; None: another, such as an autoscaler, says how many.

    In a rollout in steps a version shrinks once those that grow have their pods.
    """
    number, child = there.replicas.get(version, 0), children.deployment(version)
    if number is None or child is None or not has_steps(serving) or number >= wanted_pods(child):
        return number
    return wanted_pods(child) if any(_growing(there, children)) else number


def leaving(there: Goal, children: Children, serving: Serving) -> Iterator[tuple[str, Json]]:
    """Versions that `spec` no longer has while they still have a share, each with the template it runs with."""
    served = {one.version for one in serving.versions}
    for version in there.shares:
        if version not in served and (template := _last_template(version, children)) is not None:
            yield version, template


def _growing(there: Goal, children: Children) -> Iterator[str]:
    for version, number in there.replicas.items():
        child = children.deployment(version)
        ready = ready_pods(child) if child is not None else 0
        if number is not None and ready < number and (child is None or not is_up(child, number)):
            yield version


def _last_template(version: str, children: Children) -> Json | None:
    own = [revision for revision in children.revisions if version_of(revision) == version]
    last = max(own, key=lambda revision: int(revision["revision"]), default=None)
    return last["data"] if last is not None and children.deployment(version) is not None else None
