"""What `aiapp stop`, `start`, `restart` and `scale` have in common: their options, and what they print."""

import functools
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from aiapp.cli.options.cluster import ClusterChoice, answered
from aiapp.cli.options.durations import DURATION
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


def waiting_options(command: Callable[..., None]) -> Callable[..., None]:
    """Adds `--wait` and `--timeout` to a click command, which gets `seconds: int | None`; None: it does not wait."""

    @click.option("--wait", is_flag=True, help="Until it has happened, or cannot; a failure is exit code 1.")
    @click.option("--timeout", type=DURATION, default="20m", show_default=True, help="Longest wait.")
    @functools.wraps(command)
    def gathered(timeout: int, *, wait: bool, **others: Any) -> None:
        command(seconds=timeout if wait else None, **others)

    return gathered


def waited(before: "Json", after: "Json", choice: ClusterChoice, writing: Writing, seconds: int | None) -> None:
    """Ends the command when a change, from `before` to `after`, has happened; with exit code 1 when it has not."""
    from aiapp.queries.waiting import is_restart, new_pods, outcome  # noqa: PLC0415

    if seconds is None or writing.dry_run != "none":
        return
    wait = new_pods if is_restart(before, after) else outcome
    words = answered(choice, lambda cluster: wait(cluster, after, seconds))
    if writing.output is None:
        click.echo(f"{after['metadata']['name']}: {words}")


def operation_options(command: Callable[..., "Callable[[Json], Operation]"]) -> Callable[..., None]:
    """Adds `--dry-run`, `-o`, `--wait` and the choice of a cluster to a click command, which says what it wants of the
    application.
    """

    @click.argument("application")
    @waiting_options
    @writing_options
    @functools.wraps(command)
    def carried_out(
        application: str, choice: ClusterChoice, writing: Writing, seconds: int | None, **others: Any
    ) -> None:
        from aiapp.queries.operation import operate  # noqa: PLC0415 - `--help` must not wait for the models

        wanted = command(**others)
        done = answered(choice, lambda cluster: operate(cluster, application, wanted, dry_run=writing.dry_run))
        tell(application, done, writing)
        waited(done.before, done.object, choice, writing, seconds)

    return carried_out
