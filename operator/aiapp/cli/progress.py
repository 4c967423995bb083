"""`aiapp progress`: how far the pods of an application are with fetching their model."""

import asyncio
import json
import sys
from typing import Final

import click

from aiapp.cli.options.cluster import ClusterChoice, answered, cluster_options
from aiapp.cli.output.documents import as_json
from aiapp.cli.output.table import table
from aiapp.domain.fetching.pod_status import Fetching, FetchState
from aiapp.domain.sizes import human_size
from aiapp.queries.cluster import UserCluster
from aiapp.queries.errors import QueryError
from aiapp.queries.fetch_progress import fetch_progress

POLL_SECONDS: Final = 2.0
HEAD: Final = ("POD", "VERSION", "STATE", "DONE", "%", "RATE", "LEFT", "MESSAGE")
COLOURS: Final = {
    FetchState.FETCHED: "green",
    FetchState.FAILED: "red",
    FetchState.FETCHING: "cyan",
    FetchState.WAITING: "yellow",
}


@click.command("progress")
@click.argument("application")
@click.option("--watch/--once", default=None, help="Until all have ended, or one look. Default: --watch on a terminal.")
@click.option("-o", "--output", type=click.Choice(["table", "json"]), default="table", show_default=True)
@cluster_options
def command(application: str, watch: bool | None, output: str, choice: ClusterChoice) -> None:  # noqa: FBT001 - click's
    r"""Show how far each pod of an application is with fetching its model.

    Reads the pods and the logs of their init containers, so you need the rights that `kubectl logs` needs. With --watch
    it looks again every two seconds until no fetch is under way; JSON then is one line a look.

    \b
    Exit codes: 0 shown; 1 a fetch has failed, or the cluster refuses; 2 wrong arguments or no cluster.

    \b
    Examples:
      aiapp progress mnist -n vision
      aiapp progress mnist -n vision --once -o json | jq '.[].percent'
    """
    watched = sys.stdout.isatty() if watch is None else watch
    failed = answered(choice, lambda cluster: _shown(cluster, application, output, watch=watched))
    click.get_current_context().exit(1 if failed else 0)


async def _shown(cluster: UserCluster, application: str, output: str, *, watch: bool) -> bool:
    """Whether one has failed."""
    while True:
        found = await fetch_progress(cluster, application)
        if not found and not watch:
            from aiapp.queries.absence import why_no_pods  # noqa: PLC0415 - `--help` must not wait for the models

            why = await why_no_pods(cluster, application)
            raise QueryError(f"namespace {cluster.namespace} has no pods of the application {application}{why}")
        _print(found, output, watch=watch)
        if not watch or (found and all(one.ended for one in found)):
            return any(one.state is FetchState.FAILED for one in found)
        await asyncio.sleep(POLL_SECONDS)


def _print(found: list[Fetching], output: str, *, watch: bool) -> None:
    if output == "json":
        documents = [one.document for one in found]
        click.echo(json.dumps(documents) if watch else as_json(documents).rstrip("\n"))
        return
    if watch and sys.stdout.isatty():
        click.clear()
    click.echo(table(HEAD, map(_row, found)) if found else "no pods yet")


def _row(one: Fetching) -> tuple[str, ...]:
    done = one.progress
    state = click.style(one.state.value, fg=COLOURS[one.state])
    if done is None:
        return one.pod, one.version, state, "-", "-", "-", "-", one.message or "-"
    left = "-" if done.seconds_left is None or one.ended else f"{done.seconds_left} s"
    rate = f"{human_size(done.bytes_per_second)}/s"
    size = f"{human_size(done.bytes)} of {human_size(done.total_bytes)}"
    return one.pod, one.version, state, size, str(done.percent), rate, left, one.message or "-"
