"""What `aiapp stop`, `start`, `restart` and `scale` have in common: their options, and what they print."""

import functools
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from aiapp.cli.options.cluster import ClusterChoice, answered
from aiapp.cli.options.writing import Writing, writing_options

if TYPE_CHECKING:
    from aiapp.domain.application.operation import Operation
    from aiapp.domain.kubernetes.resources import Json
    from aiapp.queries.operation import Done


def utc_now() -> datetime:
    """When the person asked."""
    return datetime.now(UTC)  # noqa: TID251 - the one clock of these commands


def tell(name: str, done: "Done", writing: Writing) -> None:
    """What becomes of the object of that name."""
    verb = writing.verb if done.operation.patch else "is"
    writing.tell(f"{name} {verb} {done.operation.outcome}", done.object, done.notes)


def operation_options(command: Callable[..., "Callable[[Json], Operation]"]) -> Callable[..., None]:
    """Adds `--dry-run`, `-o` and the choice of a cluster to a click command, which says what it wants of the
    application.
    """

    @click.argument("application")
    @writing_options
    @functools.wraps(command)
    def carried_out(application: str, choice: ClusterChoice, writing: Writing, **others: Any) -> None:
        from aiapp.queries.operation import operate  # noqa: PLC0415 - `--help` must not wait for the models

        wanted = command(**others)
        done = answered(choice, lambda cluster: operate(cluster, application, wanted, dry_run=writing.dry_run))
        tell(application, done, writing)

    return carried_out
