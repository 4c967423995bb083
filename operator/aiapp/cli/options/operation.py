"""What `aiapp stop`, `start`, `restart` and `scale` have in common: their options, and what they print."""

import functools
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from aiapp.cli.options.cluster import ClusterChoice, answered, cluster_options

if TYPE_CHECKING:
    from aiapp.domain.application.operation import Operation
    from aiapp.domain.kubernetes.resources import Json


def utc_now() -> datetime:
    """When the person asked."""
    return datetime.now(UTC)  # noqa: TID251 - the one clock of these commands


def operation_options(command: Callable[..., "Callable[[Json], Operation]"]) -> Callable[..., None]:
    """Adds `--dry-run` and the choice of a cluster to a click command, which says what it wants of the application."""

    @click.argument("application")
    @click.option("--dry-run", is_flag=True, help="Only ask the API server whether it would take the change.")
    @cluster_options
    @functools.wraps(command)
    def carried_out(application: str, choice: ClusterChoice, *, dry_run: bool, **others: Any) -> None:
        from aiapp.queries.operation import operate  # noqa: PLC0415 - `--help` must not wait for the models

        wanted = command(**others)
        done = answered(choice, lambda cluster: operate(cluster, application, wanted, dry_run=dry_run))
        if done.note is not None:
            click.echo(f"note: {done.note}", err=True)
        verb = "would be" if dry_run else "is being"
        click.echo(f"{application} {verb if done.operation.patch else 'is'} {done.operation.outcome}")

    return carried_out
