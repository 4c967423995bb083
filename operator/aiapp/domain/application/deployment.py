"""Deploying versions of an application and shifting its traffic between them. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from aiapp.api.meta import GROUP_VERSION
from aiapp.domain.application.operation import CannotOperateError, Operation
from aiapp.domain.application.split_words import split_in_words
from aiapp.domain.kubernetes.resources import APPLICATIONS, Json

_OWN: Final = frozenset({"version", "weight"})
"""Fields of a served version that another one does not take over."""


class Share(NamedTuple):
    """A version to serve, and how much traffic it gets."""

    version: str
    weight: int | None
    """Percent of the traffic; None: all of it."""


def deploy(application: Json, shares: Sequence[Share], phases: Mapping[str, str], replicas: int | None) -> Operation:
    """Serve exactly these versions with these shares.

    `phases`: of the versions that there are, by number. A version that is served already keeps its other fields; a new
    one takes over those of the version with most traffic, with other `replicas` where they are given. Raises
    `CannotOperateError`.
    """
    name, spec = application["metadata"]["name"], application.get("spec") or {}
    _require_sum(shares)
    _require_normal(name, [one.version for one in shares], phases)
    serving = spec.get("serving") or {}
    now: list[Json] = serving.get("versions") or []
    wanted = [_entry(share, now, replicas) for share in shares]
    outcome = f"deployed: {_worded(wanted)}"
    if now == wanted:
        return Operation(f"{outcome} already")
    return Operation(f"{outcome} (before: {_worded(now) or 'nothing'})", _patch(application, wanted), edits_spec=True)


def absent(name: str, namespace: str) -> Json:
    """An application that is not there yet, before anything is deployed."""
    return {
        "apiVersion": GROUP_VERSION,
        "kind": APPLICATIONS.kind,
        "metadata": {"name": name, "namespace": namespace},
        "spec": {},
    }


def _worded(versions: Iterable[Json]) -> str:
    return split_in_words((one["version"], one.get("weight", 0)) for one in versions)


def advice(application: Json, shares: Sequence[Share]) -> list[str]:
    """What the person should know of such a deployment."""
    serving = (application.get("spec") or {}).get("serving") or {}
    found = []
    if serving.get("stopped"):
        found.append(f"the application is stopped: aiapp start {application['metadata']['name']}")
    if len(shares) > 1 and "gateway" not in serving:
        found.append("without spec.serving.gateway traffic follows the ready pods: choose replicas in the same ratio")
    return found


def _require_sum(shares: Sequence[Share]) -> None:
    if twice := [version for version, times in Counter(one.version for one in shares).items() if times > 1]:
        raise CannotOperateError(f"version {twice[0]} is named twice")
    if len(shares) > 1 and (bare := [one.version for one in shares if one.weight is None]):
        raise CannotOperateError(f"version {bare[0]} needs a weight, as in {bare[0]}=10: there are several versions")
    total = sum(one.weight for one in shares if one.weight is not None)
    if any(one.weight is not None for one in shares) and total != 100:
        raise CannotOperateError(f"the weights must add up to 100, these make {total}")


def _require_normal(name: str, wanted: Sequence[str], phases: Mapping[str, str]) -> None:
    if missing := [version for version in wanted if version not in phases]:
        there = ", ".join(phases) or f"none: `aiapp create version {name}` registers one"
        raise CannotOperateError(f"application {name} has no version {missing[0]}; there is {there}")
    for version in wanted:
        if phases[version] != "Normal":
            seen = phases[version] or "not looked at yet"
            raise CannotOperateError(f"version {name}-{version} is {seen}, not Normal: aiapp get {name}-{version}")


def _entry(share: Share, now: Sequence[Json], replicas: int | None) -> Json:
    served = next((one for one in now if one["version"] == share.version), None)
    weight = {} if share.weight is None else {"weight": share.weight}
    if served is not None:
        return {key: one for key, one in served.items() if key != "weight"} | weight
    model = max(now, key=lambda one: int(one.get("weight", 100)), default={})
    others = {key: one for key, one in model.items() if key not in _OWN}
    if replicas is not None:
        others = {key: one for key, one in others.items() if key != "autoscaling"} | {"replicas": replicas}
    return {"version": share.version} | weight | others


def _patch(application: Json, wanted: list[Json]) -> list[Json]:
    spec = application.get("spec") or {}
    if serving := spec.get("serving"):
        unchanged = {"op": "test", "path": "/spec/serving/versions", "value": serving["versions"]}
        return [unchanged, {"op": "replace", "path": "/spec/serving/versions", "value": wanted}]
    if spec:
        return [{"op": "add", "path": "/spec/serving", "value": {"versions": wanted}}]
    return [{"op": "add", "path": "/spec", "value": {"serving": {"versions": wanted}}}]
