"""Which object is being reconciled, and what was written for it: for lines of the log. Changes nothing of the work."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from uuid import uuid4

from aiapp.controller.workqueue import Key
from aiapp.domain.kubernetes.resources import Json


@dataclass(slots=True)
class CurrentReconcile:
    """One reconcile, from taking the key to giving it back."""

    key: Key
    id: str
    uid: str = ""
    generation: int | None = None
    writes: list[str] = field(default_factory=list)
    """What was written, for people."""

    @property
    def fields(self) -> dict[str, object]:
        """Keys of a line of the log, as controllers built with controller-runtime have them."""
        known = {
            "controller": self.key.kind,
            "namespace": self.key.namespace,
            "name": self.key.name,
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
def reconciling(key: Key) -> Iterator[CurrentReconcile]:
    """Everything within, and every task that is started there, belongs to one reconcile."""
    reconcile = CurrentReconcile(key, str(uuid4()))
    token = _CURRENT.set(reconcile)
    try:
        yield reconcile
    finally:
        _CURRENT.reset(token)


def note_object(raw: Json) -> None:
    """The object as it is when its reconcile begins."""
    if (reconcile := current()) is not None:
        reconcile.uid, reconcile.generation = raw["metadata"]["uid"], raw["metadata"].get("generation")


def note_write(verb: str, kind: str, name: str) -> None:
    """The API server took a write."""
    if (reconcile := current()) is not None:
        reconcile.writes.append(f"{verb} {kind} {name}")
