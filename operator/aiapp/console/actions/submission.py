"""What a person asks for in a form, and what came of it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from aiapp.domain.kubernetes.resources import Json, Resource
from aiapp.queries.cluster import UserCluster
from aiapp.queries.operation import DryRun


@dataclass(frozen=True, slots=True)
class Submission:
    """A form that was filled, for one object."""

    cluster: UserCluster
    name: str
    form: Mapping[str, str]
    now: datetime
    dry_run: DryRun
    """client: only what it would come to."""

    def text(self, field: str) -> str:
        """What was typed into a field; nothing where the form has none."""
        return self.form.get(field, "").strip()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was done, or would be."""

    manifest: Json | None = None
    """The object as a file in Git; None where nothing of it belongs there."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Action:
    """Something that may be done with an object."""

    name: str
    """In paths and in the catalogue of texts."""
    resource: Resource
    verb: str
    """The right that it takes."""
    carry_out: Callable[[Submission], Awaitable[Outcome]]
    """Raises `ApiError`, `QueryError`."""
    command: Callable[[Submission], Sequence[str]]
    """The same on the command line, without the namespace; empty where nothing is to be done."""
    asks: bool = False
    """Whether its form has fields of its own."""
    danger: bool = False
    """Whether it cannot be taken back."""
