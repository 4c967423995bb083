"""Watches conditions of objects and shows each as it turns True. Never changes an object."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from demo.errors import DemoError
from demo.kubectl import Kubectl
from demo.terminal import Terminal

EVERY_SECONDS = 0.5
SETTLED = "Ready"


@dataclass(frozen=True)
class Watched:
    """One of our objects: `aiappv/digits-1.0.0`."""

    kind: str
    name: str
    conditions: tuple[str, ...]
    """In the order in which they are shown; the last one ends the wait."""


def version(name: str) -> Watched:
    """An AIApplicationVersion."""
    stages = ("SourceResolved", "PackageValid", "ArtifactPinned", "RuntimeResolved", "RuntimeCompatible", SETTLED)
    return Watched("aiappv", name, stages)


def application(name: str) -> Watched:
    """An AIApplication."""
    return Watched("aiapp", name, ("VersionsResolved", "WorkloadsAvailable", SETTLED))


@dataclass
class Waiting:
    """What has been shown so far."""

    terminal: Terminal
    shown: set[tuple[str, str]] = field(default_factory=set)
    hindrance: str = ""

    def look(self, watched: Watched, found: Sequence[Any]) -> bool:
        """Show what is news; whether the object is Ready."""
        by_type = {condition["type"]: condition for condition in found}
        for type_ in watched.conditions:
            self._look_at(watched, by_type.get(type_, {}))
        ready = by_type.get(SETTLED, {})
        self.terminal.doing(f"{watched.kind}/{watched.name}: {ready.get('message') or 'waiting'}")
        return bool(ready.get("status") == "True")

    def _look_at(self, watched: Watched, condition: Any) -> None:
        key = (f"{watched.kind}/{watched.name}", condition.get("type", ""))
        if condition.get("status") != "True" or key in self.shown:
            return
        self.shown.add(key)
        said = condition.get("message") or condition.get("reason")
        self.terminal.done(f"{self.terminal.seconds:4.0f} s  {key[0]:<24} {condition['type']:<19} {said}")


def until_ready(kubectl: Kubectl, terminal: Terminal, objects: Sequence[Watched], *, seconds: float) -> None:
    """Show conditions until every object is Ready; DemoError with the last condition when time is up."""
    waiting = Waiting(terminal)
    deadline = time.monotonic() + seconds
    with terminal.busy("waiting"):
        while missing := [watched for watched in objects if not _ready(kubectl, waiting, watched)]:
            if time.monotonic() > deadline:
                raise DemoError("\n".join(_why(kubectl, missing, seconds)))
            time.sleep(EVERY_SECONDS)


def _ready(kubectl: Kubectl, waiting: Waiting, watched: Watched) -> bool:
    return waiting.look(watched, _conditions(kubectl, watched))


def _conditions(kubectl: Kubectl, watched: Watched) -> list[Any]:
    found = kubectl.json("get", watched.kind, watched.name)
    return list(found.get("status", {}).get("conditions", ()))


def _why(kubectl: Kubectl, missing: Sequence[Watched], seconds: float) -> Iterator[str]:
    for watched in missing:
        yield f"{watched.kind}/{watched.name} is not Ready after {seconds:.0f} s:"
        for condition in _conditions(kubectl, watched):
            yield f"  {condition['type']}={condition['status']} {condition['reason']}: {condition.get('message', '')}"
