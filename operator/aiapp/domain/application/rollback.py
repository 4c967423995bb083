"""Going back to a configuration that an application was asked to serve before. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import orjson
from pydantic import TypeAdapter

from aiapp.api.history import LONGEST_SERVING, Configuration
from aiapp.domain.application.history import SWITCH, is_alike
from aiapp.domain.application.split_words import split_in_words
from aiapp.domain.kubernetes.resources import Json

_HISTORY: Final = TypeAdapter(tuple[Configuration, ...])


class CannotRollBackError(ValueError):
    """There is nothing to go back to; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Rollback:
    """What to go back to."""

    target: Configuration
    serving: Json
    """The wanted `spec.serving`."""
    manager: str
    """Who wrote the present one, as far as known."""


def past(application: Json) -> tuple[Configuration, ...]:
    """The history in the status of an AIApplication, newest first."""
    return _HISTORY.validate_python((application.get("status") or {}).get("history") or ())


def rollback(application: Json, to: int | None) -> Rollback:
    """Back to that revision; None: to the last other one that succeeded. Raises `CannotRollBackError`."""
    name, history = application["metadata"]["name"], past(application)
    if not history:
        raise CannotRollBackError(f"application {name} has no history yet")
    now = (application.get("spec") or {}).get("serving")
    target = _last_good(name, history, now) if to is None else _named(name, history, to)
    if target.serving is None:
        text = f"revision {target.revision} is longer than {LONGEST_SERVING:,} characters and not kept"
        raise CannotRollBackError(f"{text}: take it from your files")
    switch = {SWITCH: now[SWITCH]} if now and SWITCH in now else {}
    serving = orjson.loads(target.serving) | switch
    if serving == now:
        raise CannotRollBackError(f"application {name} asks for revision {target.revision} already")
    return Rollback(target, serving, history[0].manager if now else "")


def manifest(application: Json, serving: Json) -> Json:
    """The application with that configuration, for Git: without labels, annotations and status."""
    metadata = {key: application["metadata"][key] for key in ("name", "namespace")}
    spec = {**(application.get("spec") or {}), "serving": serving}
    return {"apiVersion": application["apiVersion"], "kind": application["kind"], "metadata": metadata, "spec": spec}


def edit(application: Json, serving: Json) -> list[Json]:
    """The same as a JSON patch, which the API server refuses if the application has changed meanwhile."""
    lock = {"op": "replace", "path": "/metadata/resourceVersion", "value": application["metadata"]["resourceVersion"]}
    if "spec" in application:
        return [lock, {"op": "add", "path": "/spec/serving", "value": serving}]
    return [lock, {"op": "add", "path": "/spec", "value": {"serving": serving}}]


def worded(configuration: Configuration) -> str:
    """What it serves, for people."""
    return split_in_words((one.version, one.weight) for one in configuration.versions)


def _last_good(name: str, history: Sequence[Configuration], now: Json | None) -> Configuration:
    others = [one for one in history if now is None or one.serving is None or not is_alike(one.serving, now)]
    found = next((one for one in others if one.outcome == "Succeeded"), None)
    if found is None:
        raise CannotRollBackError(f"application {name}: no other configuration has succeeded; {_revisions(history)}")
    return found


def _named(name: str, history: Sequence[Configuration], to: int) -> Configuration:
    found = next((one for one in history if one.revision == to), None)
    if found is None:
        raise CannotRollBackError(f"application {name} has no revision {to}; {_revisions(history)}")
    return found


def _revisions(history: Sequence[Configuration]) -> str:
    return f"there {'is' if len(history) == 1 else 'are'} {', '.join(str(one.revision) for one in history)}"
