"""What a person asks of an application by command: stop, start, restart, scale, each as a JSON patch. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from aiapp.api.conditions import ConditionType, Reason
from aiapp.api.meta import RESTART_AT, START_AT
from aiapp.domain.application.rollback import past
from aiapp.domain.kubernetes import keepers
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.kubernetes.status import condition


class CannotOperateError(ValueError):
    """The application cannot be changed so; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Operation:
    """A change of an application, as a patch and in words."""

    outcome: str
    """What becomes of the application, after `is being`; after `is`, where there is nothing to do."""
    patch: Sequence[Json] = ()
    """Nothing: it is so already."""
    edits_spec: bool = False
    """Whether what lies in Git may say otherwise."""


def stop(application: Json) -> Operation:
    """Ask for no pods."""
    if _serving(application).get("stopped"):
        return Operation("stopped already")
    return Operation("stopped", [_set("/spec/serving/stopped", value=True)], edits_spec=True)


def start(application: Json, now: datetime) -> Operation:
    """End what stopped it; while its time runs, that begins again."""
    serving = _serving(application)
    if serving.get("stopped"):
        return Operation("started", [_set("/spec/serving/stopped", value=False)], edits_spec=True)
    if "autoStopAfterSeconds" not in serving:
        return Operation("started already")
    outcome = "started" if _is_auto_stopped(application) else "given its time again"
    return Operation(outcome, _annotation(application, START_AT, now))


def restart(application: Json, now: datetime) -> Operation:
    """Have its pods replaced."""
    _serving(application)
    return Operation("restarted", _annotation(application, RESTART_AT, now))


def scale(application: Json, replicas: int, version: str | None) -> Operation:
    """Another number of pods of the version, which may be left out where only one is served."""
    place, served = _served(application, version)
    name = served["version"]
    if "autoscaling" in served:
        bounds = f"minReplicas and maxReplicas in serving.versions[{place}].autoscaling"
        raise CannotOperateError(f"an autoscaler says how many pods version {name} has: change {bounds}, or remove it")
    outcome = f"scaled: version {name} to {replicas}"
    if served.get("replicas") == replicas:
        return Operation(f"{outcome} already")
    path = f"/spec/serving/versions/{place}"
    same = {"op": "test", "path": f"{path}/version", "value": name}
    return Operation(outcome, [same, _set(f"{path}/replicas", value=replicas)], edits_spec=True)


def note(application: Json, operation: Operation) -> str | None:
    """What the person should know: a tool that may set the application back."""
    if not operation.edits_spec:
        return None
    if kept := keepers.note(application):
        return kept
    known = past(application)
    manager = known[0].manager if known else ""
    if manager not in keepers.GITOPS:
        return None
    return f"{manager} wrote what the application asks for now and may restore it: change it in Git as well"


def _serving(application: Json) -> Json:
    serving: Json | None = (application.get("spec") or {}).get("serving")
    if serving is None:
        name = application["metadata"]["name"]
        raise CannotOperateError(f"application {name} serves nothing: name versions in spec.serving first")
    return serving


def _served(application: Json, version: str | None) -> tuple[int, Json]:
    versions = _serving(application)["versions"]
    names = [one["version"] for one in versions]
    if version is None and len(names) == 1:
        return 0, versions[0]
    if version not in names:
        asked = "say which with --version" if version is None else f"it does not serve {version}"
        raise CannotOperateError(f"application {application['metadata']['name']} serves {', '.join(names)}: {asked}")
    return names.index(version), versions[names.index(version)]


def _is_auto_stopped(application: Json) -> bool:
    ready = condition(application.get("status") or {}, ConditionType.READY)
    return bool(ready.get("reason") == Reason.AUTO_STOPPED)


def _annotation(application: Json, name: str, now: datetime) -> list[Json]:
    value, metadata = now.strftime("%Y-%m-%dT%H:%M:%SZ"), application["metadata"]
    if metadata.get("annotations"):
        return [_set(f"/metadata/annotations/{name.replace('/', '~1')}", value=value)]
    unchanged = {"op": "replace", "path": "/metadata/resourceVersion", "value": metadata["resourceVersion"]}
    return [unchanged, _set("/metadata/annotations", value={name: value})]


def _set(path: str, *, value: object) -> Json:
    return {"op": "add", "path": path, "value": value}
