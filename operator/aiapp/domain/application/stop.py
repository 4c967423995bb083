"""A stopped application: its Deployments stand at 0, and nothing of it is deleted or made. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from aiapp.api.conditions import Reason
from aiapp.domain.application.auto_stop import term
from aiapp.domain.application.observed import Children, ObservedApplication, is_current, rolling_update_of, version_of
from aiapp.domain.application.restart import restart
from aiapp.domain.application.rollout import Held, Rollout, Running
from aiapp.domain.application.scale import asked_before, remembered, scale
from aiapp.domain.conditions import Trouble
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.rendering.deployment import Scale, deployment


@dataclass(frozen=True, slots=True)
class Stop:
    """Why nothing is served, though `spec.serving` names versions."""

    reason: Reason
    message: str


def stop_of(observed: ObservedApplication) -> Stop | None:
    """None: it serves."""
    serving = observed.application.parsed.spec.serving
    if serving is not None and serving.stopped:
        return Stop(Reason.STOPPED, "stopped by spec.serving.stopped; its objects stay")
    limit = term(observed)
    if limit is not None and limit.ends <= observed.now:
        return Stop(Reason.AUTO_STOPPED, f"stopped by autoStopAfterSeconds at {limit.ends:%Y-%m-%dT%H:%M:%SZ}")
    return None


def resting(rollout: Rollout, stop: Stop) -> Rollout:
    """No pods are made of it: a version that would get a new template gets it at the start, from the world as it is
    then.
    """
    return Held(rollout.candidate, Trouble(stop.reason, stop.message)) if isinstance(rollout, Running) else rollout


def stopped(observed: ObservedApplication) -> list[Json]:
    """Every Deployment that there is, with the template that it has and without pods."""
    numbers = _numbers(observed)
    return [
        _as_it_runs(observed, child, version, numbers.get(version), stands=False)
        for child, version in _deployed(observed.children)
    ]


def woken(observed: ObservedApplication) -> list[Json]:
    """The Deployments of versions that are served no longer and were stopped before their successors were up."""
    numbers = _numbers(observed)
    return [
        _as_it_runs(observed, child, version, None, stands=True)
        for child, version in _deployed(observed.children)
        if version not in numbers and remembered(child) is not None
    ]


def is_down(children: Children) -> bool:
    """Whether no pod is left, those included that are ending."""
    idle = all(is_current(d) and not d.get("status", {}).get("replicas") for d in children.deployments)
    return idle and not children.unfinished


def _numbers(observed: ObservedApplication) -> dict[str, int | None]:
    """`replicas` of what the spec serves."""
    serving = observed.application.parsed.spec.serving
    return {served.version: served.replicas for served in serving.versions} if serving else {}


def _deployed(children: Children) -> Iterator[tuple[Json, str]]:
    for child in children.deployments:
        if (version := version_of(child)) is not None:
            yield child, version


def _as_it_runs(observed: ObservedApplication, child: Json, version: str, wish: int | None, *, stands: bool) -> Json:
    own = [one for one in observed.children.revisions if version_of(one) == version]
    latest = max(own, key=lambda one: int(one["revision"]), default=None)
    return deployment(
        application=observed.application.name,
        version=version,
        template=child["spec"]["template"] if latest is None else latest["data"],
        scale=_scale(observed, child, version, wish, stands=stands),
        deploy_timeout_seconds=child["spec"]["progressDeadlineSeconds"],
        restart=restart(observed.application, child),
    )


def _scale(observed: ObservedApplication, child: Json, version: str, wish: int | None, *, stands: bool) -> Scale:
    before = asked_before(observed.application, version) if version in _numbers(observed) else None
    return scale(wish, None if stands else 0, child, before)._replace(rolling_update=rolling_update_of(child))
