"""What is being reconciled, and what was done for it: for the log and for traces. Changes nothing of the work."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import uuid4

from aiapp.domain.kubernetes.resources import Json


class Call(NamedTuple):
    """A request that was answered."""

    name: str
    """For example `GET pods`."""
    status: int
    """0 without an answer."""
    seconds: float


@dataclass(slots=True)
class CurrentReconcile:
    """One reconcile, from taking the key to giving it back."""

    controller: str
    namespace: str
    name: str
    id: str
    uid: str = ""
    generation: int | None = None
    created: str = ""
    """When the object was created, as it says."""
    writes: list[str] = field(default_factory=list)
    """What was written, for people."""
    calls: list[tuple[Call, float]] = field(default_factory=list)
    """Requests, each with the moment of its answer; only where somebody keeps them."""
    became_ready: bool = False

    @property
    def fields(self) -> dict[str, object]:
        """Keys of a line of the log, as controllers built with controller-runtime have them."""
        known = {
            "controller": self.controller,
            "namespace": self.namespace,
            "name": self.name,
            "uid": self.uid,
            "generation": self.generation,
            "reconcileID": self.id,
        }
        return {name: value for name, value in known.items() if value}


_CURRENT: ContextVar[CurrentReconcile | None] = ContextVar("current_reconcile", default=None)


def current() -> CurrentReconcile | None:
    """That of this task; None outside of any."""
    return _CURRENT.get()


@contextmanager
def reconciling(controller: str, namespace: str, name: str) -> Iterator[CurrentReconcile]:
    """Everything within, and every task that is started there, belongs to one reconcile."""
    reconcile = CurrentReconcile(controller, namespace, name, str(uuid4()))
    token = _CURRENT.set(reconcile)
    try:
        yield reconcile
    finally:
        _CURRENT.reset(token)


def note_object(raw: Json) -> None:
    """The object as it is when its reconcile begins."""
    if (reconcile := current()) is not None:
        metadata = raw["metadata"]
        reconcile.uid, reconcile.generation = metadata["uid"], metadata.get("generation")
        reconcile.created = metadata.get("creationTimestamp", "")


def note_write(verb: str, kind: str, name: str) -> None:
    """The API server took a write."""
    if (reconcile := current()) is not None:
        reconcile.writes.append(f"{verb} {kind} {name}")


def note_ready() -> None:
    """Ready became True."""
    if (reconcile := current()) is not None:
        reconcile.became_ready = True
