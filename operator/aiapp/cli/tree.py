"""`aiapp tree`: all objects of an application with their states."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from aiapp.cli.options.cluster import ClusterChoice, answered, cluster_options
from aiapp.cli.options.reading import output_option
from aiapp.cli.output.documents import FORMATS
from aiapp.cli.output.table import table
from aiapp.domain.printable import printable

if TYPE_CHECKING:
    from aiapp.domain.details.tree import TreeNode

HEAD = ("OBJECT", "STATE", "DETAIL")


@click.command("tree")
@click.argument("application")
@output_option("table", *FORMATS)
@cluster_options
def command(application: str, output: str, choice: ClusterChoice) -> None:
    r"""Show all objects of an application with their states, below what they belong to.

    Versions, Deployments, ReplicaSets, pods, Services, the HTTPRoute, autoscalers, PodDisruptionBudgets, the
    ControllerRevisions that keep what was rolled out, and the ConfigMaps that hold what versions are pinned to. A kind
    that you may not list is named on standard error and left out.

    \b
    Exit codes: 0 shown; 1 the cluster refuses, or there is no such application; 2 wrong arguments or no cluster.

    \b
    Examples:
      aiapp tree mnist -n vision
      aiapp tree mnist -o json | jq '.. | select(.isWell? == false) | .kind + " " + .name'
    """
    from aiapp.queries.tree import object_tree  # noqa: PLC0415 - `--help` must not wait for the models

    found = answered(choice, lambda cluster: object_tree(cluster, application))
    for note in found.notes:
        click.echo(f"note: {note}", err=True)
    if output in FORMATS:
        from aiapp.queries.plain import plain  # noqa: PLC0415

        click.echo(FORMATS[output](plain(found.root)), nl=False)
    else:
        click.echo(table(HEAD, _rows(found.root, "", "")))


def _rows(node: "TreeNode", before: str, below: str) -> Iterator[list[str]]:
    """`before` stands before the object, `below` before what belongs to it."""
    colour = None if node.is_well is None else "green" if node.is_well else "red"
    state = click.style(printable(node.state) or "-", fg=colour)
    yield [f"{before}{node.kind} {node.name}", state, printable(node.detail)]
    for place, child in enumerate(node.children, start=1):
        is_last = place == len(node.children)
        yield from _rows(child, f"{below}{'└─ ' if is_last else '├─ '}", f"{below}{'   ' if is_last else '│  '}")
