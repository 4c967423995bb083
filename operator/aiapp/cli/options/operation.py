"""What `aiapp stop`, `start`, `restart` and `scale` have in common: their options, and what they print."""

import asyncio
import functools
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from aiapp.cli.options.cluster import ClusterChoice, answered, told
from aiapp.cli.options.durations import DURATION
from aiapp.cli.options.reading import labels_option
from aiapp.cli.options.writing import Writing, writing_options
from aiapp.cli.output.terminal import unsteered

if TYPE_CHECKING:
    from aiapp.domain.application.operation import Operation
    from aiapp.domain.kubernetes.label_selector import Selector
    from aiapp.domain.kubernetes.resources import Json
    from aiapp.queries.cluster import UserCluster
    from aiapp.queries.operation import OperationResult


def utc_now() -> datetime:
    """The moment of the command, by which a request is stamped."""
    return datetime.now(UTC)  # noqa: TID251 - the one clock of these commands


def tell(name: str, result: "OperationResult", writing: Writing) -> None:
    """What becomes of the object of that name."""
    verb = writing.verb if result.operation.patch else "is"
    writing.tell(f"{name} {verb} {result.operation.outcome}", result.object, result.notes)


def waiting_options(command: Callable[..., None]) -> Callable[..., None]:
    """Adds `--wait` and `--timeout` to a click command, which gets `seconds: int | None`; None: it does not wait."""

    @click.option(
        "--wait",
        is_flag=True,
        help="Until it has happened, or cannot (exit code 1); how it stands goes to standard error.",
    )
    @click.option("--timeout", type=DURATION, default="20m", show_default=True, help="Longest wait.")
    @functools.wraps(command)
    def gathered(timeout: int, *, wait: bool, **others: Any) -> None:
        command(seconds=timeout if wait else None, **others)

    return gathered


def waited(before: "Json", after: "Json", choice: ClusterChoice, writing: Writing, seconds: int | None) -> None:
    """Ends the command when a change, from `before` to `after`, has happened; with exit code 1 when it has not."""
    all_waited([(before, after)], choice, writing, seconds)


def all_waited(
    changes: "Sequence[tuple[Json, Json]]", choice: ClusterChoice, writing: Writing, seconds: int | None
) -> None:
    """The same of several changes, which are waited for together; each is told."""
    from aiapp.queries.waiting import is_restart, new_pods, outcome  # noqa: PLC0415

    if seconds is None or writing.dry_run != "none":
        return

    async def outcomes(cluster: "UserCluster") -> list[str | BaseException]:
        waits = (
            new_pods(cluster, after, seconds)
            if is_restart(before, after)
            else outcome(cluster, after, seconds, functools.partial(_note, after["metadata"]["name"]))
            for before, after in changes
        )
        return await asyncio.gather(*waits, return_exceptions=True)

    ends = answered(choice, outcomes)
    successes = [_told(after["metadata"]["name"], one, writing) for (_, after), one in zip(changes, ends, strict=True)]
    if not all(successes):
        click.get_current_context().exit(1)


def _note(name: str, state: str) -> None:
    """How it stands, for whoever waits; not the result."""
    click.echo(unsteered(f"{name}: {state}"), err=True)


def _told(name: str, outcome: str | BaseException, writing: Writing) -> bool:
    """Prints how the change of an object ended; whether it succeeded."""
    if told(outcome):
        return False
    if writing.output is None:
        click.echo(f"{name}: {outcome}")
    return True


def operation_options(command: Callable[..., "Callable[[Json], Operation]"]) -> Callable[..., None]:
    """Adds the applications, `-l`, `--dry-run`, `-o`, `--wait` and the choice of a cluster to a click command, which
    says what it wants of each application.
    """

    @click.argument("applications", nargs=-1, metavar="APPLICATION...")
    @labels_option
    @waiting_options
    @writing_options
    @functools.wraps(command)
    def carried_out(
        applications: tuple[str, ...],
        labels: "Selector | None",
        choice: ClusterChoice,
        writing: Writing,
        seconds: int | None,
        **others: Any,
    ) -> None:
        if not applications and labels is None:
            raise click.UsageError("say which: APPLICATION or -l LABELS")
        wanted = command(**others)
        results = answered(choice, lambda cluster: _each(cluster, applications, labels, wanted, writing))
        all_waited([(one.before, one.object) for one in results], choice, writing, seconds)

    return carried_out


async def _each(
    cluster: "UserCluster",
    names: "Sequence[str]",
    labels: "Selector | None",
    wanted: "Callable[[Json], Operation]",
    writing: Writing,
) -> "list[OperationResult]":
    """What was done to each, told as soon as it is done."""
    from aiapp.queries.operation import carried_out, planned  # noqa: PLC0415 - `--help` must not wait for the models

    results: list[OperationResult] = []
    for found, operation in await planned(cluster, names, labels, wanted):
        one = await carried_out(cluster, found, operation, writing.dry_run)
        if results:
            writing.separate()
        tell(found["metadata"]["name"], one, writing)
        results.append(one)
    return results
