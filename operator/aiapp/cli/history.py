"""`aiapp history`: what an application was asked to serve, by whom, and what became of it."""

from typing import TYPE_CHECKING, Final

import click

from aiapp.cli.options.cluster import ClusterChoice, answered, cluster_options
from aiapp.cli.output.documents import FORMATS
from aiapp.cli.output.table import table
from aiapp.domain.application.split_words import split_in_words

if TYPE_CHECKING:
    from aiapp.domain.kubernetes.resources import Json

HEAD: Final = ("REVISION", "TIME", "BY", "OUTCOME", "VERSIONS", "CHANGED")
COLOURS: Final = {"Succeeded": "green", "Progressing": "cyan", "Failed": "red"}


@click.command("history")
@click.argument("application")
@click.option("-o", "--output", type=click.Choice(["table", *FORMATS]), default="table", show_default=True)
@cluster_options
def command(application: str, output: str, choice: ClusterChoice) -> None:
    r"""Show what an application was asked to serve, newest first.

    BY is the field manager that wrote spec.serving, CHANGED what differs from the configuration before: versions that
    came (+) and went (-), and fields, of which only weights and workers are told with their values. json and yaml hold
    each configuration whole. The last ten are kept, in the application's status. A change of replicas or stopped alone
    makes no new one.

    \b
    Exit codes: 0 shown; 1 the cluster refuses, or has no such application; 2 wrong arguments or no cluster.

    \b
    Examples:
      aiapp history mnist
      aiapp history mnist -n vision -o json | jq '.[0].serving'
    """
    from aiapp.queries.history import history  # noqa: PLC0415 - `--help` must not wait for the models

    found = answered(choice, lambda cluster: history(cluster, application))
    if output in FORMATS:
        click.echo(FORMATS[output](found), nl=False)
        return
    click.echo(table(HEAD, map(_row, found)))


def _row(one: "Json") -> list[str]:
    shares = split_in_words((served["version"], served["weight"]) for served in one["versions"])
    outcome = click.style(one["outcome"], fg=COLOURS.get(one["outcome"]))
    changed = ", ".join(one["changed"]) or "-"
    return [str(one["revision"]), one["time"], one["manager"] or "-", outcome, shares, changed]
