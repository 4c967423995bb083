"""`aiapp tree`: all objects of an application with their states."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from aiapp.cli.options.cluster import ClusterChoice, answered, cluster_options
from aiapp.cli.options.reading import output_option, require_table, watch_option
from aiapp.cli.output.changes import Notes, show_pages
from aiapp.cli.output.documents import FORMATS
from aiapp.cli.output.table import table
from aiapp.domain.printable import printable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiapp.domain.details.tree import TreeNode
    from aiapp.queries.tree import Tree

HEAD = ("OBJECT", "STATE", "DETAIL")


@click.command("tree")
@click.argument("application")
@output_option("table", *FORMATS)
@watch_option
@cluster_options
def command(application: str, output: str, choice: ClusterChoice, *, watch: bool) -> None:
    r"""Show all objects of an application with their states, below what they belong to.

    Versions, Deployments, ReplicaSets, pods, Services, the HTTPRoute, autoscalers, PodDisruptionBudgets, the
    ControllerRevisions that keep what was rolled out, and the ConfigMaps that hold what versions are pinned to. A kind
    that you may not list is named on standard error and left out. With --watch the whole tree is shown again after each
    change.

    \b
    Exit codes: 0 shown; 1 the cluster refuses, or there is no such application; 2 wrong arguments or no cluster.

    \b
    Examples:
      aiapp tree mnist -n vision
      aiapp tree mnist -w
      aiapp tree mnist -o json | jq '.. | select(.isWell? == false) | .kind + " " + .name'
    """
    from aiapp.queries.tree import object_tree, object_trees  # noqa: PLC0415 - `--help` must not wait for the models

    if watch:
        require_table(output)
        answered(choice, lambda cluster: show_pages(_pages(object_trees(cluster, application))))
        return
    found = answered(choice, lambda cluster: object_tree(cluster, application))
    Notes().tell(found.notes)
    if output in FORMATS:
        from aiapp.queries.plain import plain  # noqa: PLC0415

        click.echo(FORMATS[output](plain(found.root)), nl=False)
    else:
        click.echo(_page(found))


async def _pages(trees: "AsyncIterator[Tree]") -> "AsyncIterator[str]":
    notes = Notes()
    async for found in trees:
        notes.tell(found.notes)
        yield _page(found)


def _page(found: "Tree") -> str:
    return table(HEAD, _rows(found.root, "", ""))


def _rows(node: "TreeNode", before: str, below: str) -> Iterator[list[str]]:
    """`before` stands before the object, `below` before what belongs to it."""
    colour = None if node.is_well is None else "green" if node.is_well else "red"
    state = click.style(printable(node.state) or "-", fg=colour)
    yield [f"{before}{node.kind} {node.name}", state, printable(node.detail)]
    for place, child in enumerate(node.children, start=1):
        is_last = place == len(node.children)
        yield from _rows(child, f"{below}{'└─ ' if is_last else '├─ '}", f"{below}{'   ' if is_last else '│  '}")
