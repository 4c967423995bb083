"""`aiapp list`: the applications with their versions."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import click

from aiapp.cli.options.cluster import ClusterChoice, answered, cluster_options
from aiapp.cli.options.operation import utc_now
from aiapp.cli.options.reading import all_namespaces_option, labels_option, output_option, require_table, watch_option
from aiapp.cli.output.age import age
from aiapp.cli.output.changes import show_rows
from aiapp.cli.output.colours import phase
from aiapp.cli.output.documents import FORMATS
from aiapp.cli.output.table import table
from aiapp.domain.printable import printable
from aiapp.queries.cluster import UserCluster

if TYPE_CHECKING:
    from aiapp.domain.listing.items import ListedApplication, ListedVersion
    from aiapp.domain.listing.selection import Criteria, Page

HEAD: Final = ("NAME", "STATE", "REASON", "ENGINE", "NODES", "TRAFFIC", "PODS", "SIZE", "AGE")
WIDE: Final = (*HEAD, "RUNTIME", "SOURCE", "LABELS", "DESCRIPTION")
SORTS: Final = ("name", "created", "version", "size")
VERSION_STATES: Final = ("Importing", "Normal", "Waiting", "Failed")
SERVICE_STATES: Final = (
    "Running",
    "Deploying",
    "Concerning",
    "Failed",
    "Stopping",
    "Stopped",
    "Waiting",
    "Managed",
)


@click.command("list")
@click.argument("name", default="")
@click.option("--exact", is_flag=True, help="NAME is the whole name, not a part of it.")
@click.option(
    "--version", "number", default="", metavar="NUMBER", help="Versions with that number, or that begin with it."
)
@click.option("--state", multiple=True, type=click.Choice(VERSION_STATES), help="Versions in that state.")
@click.option("--service-state", multiple=True, type=click.Choice(SERVICE_STATES), help="Applications in that state.")
@click.option("--engine", default="", help="Versions of that engine, for example PyTorch or Image.")
@click.option("--not-engine", default="", metavar="ENGINE", help="Versions of any other engine.")
@click.option("--description", default="", metavar="TEXT", help="What the description has in it.")
@labels_option
@click.option("--sort", type=click.Choice(SORTS), default="name", show_default=True, help="By what it is sorted.")
@click.option("--desc", "descending", is_flag=True, help="The largest first.")
@click.option("--limit", type=click.IntRange(min=1), help="At most so many applications.")
@click.option("--offset", type=click.IntRange(min=0), default=0, help="After so many of them.")
@all_namespaces_option
@output_option()
@watch_option
@cluster_options
def command(  # noqa: PLR0913 - one for each option
    choice: ClusterChoice,
    output: str,
    *,
    number: str,
    state: tuple[str, ...],
    service_state: tuple[str, ...],
    offset: int,
    limit: int | None,
    all_namespaces: bool,
    watch: bool,
    **wanted: Any,
) -> None:
    r"""Show the applications with their versions.

    NAME is a part of an application's name or display name, in any case. A version has the labels of its application
    too. NODES is how many nodes fit, of all; TRAFFIC the share that a version gets now; PODS how many are ready, of
    those that are wanted. Sorted by version or size, the largest version of an application counts. With --watch each
    change is a line of its own.

    \b
    Exit codes: 0 shown; 1 the cluster refuses; 2 wrong arguments or no cluster.

    \b
    Examples:
      aiapp list
      aiapp list mnist -n vision -o wide
      aiapp list -A --state Failed --sort created --desc --limit 20
      aiapp list --engine PyTorch -l team=vision -o name
    """
    phases, services = frozenset(state), frozenset(service_state)
    from aiapp.domain.listing.selection import Criteria  # noqa: PLC0415 - `--help` must not wait for the models

    criteria = Criteria(version=number, phases=phases, application_phases=services, **wanted)
    if watch:
        require_table(output)
        answered(choice, lambda cluster: _watched(cluster, criteria, output, all_namespaces=all_namespaces))
        return
    from aiapp.queries.listing import listing  # noqa: PLC0415

    everything = answered(choice, lambda cluster: listing(cluster, all_namespaces=all_namespaces))
    found = everything.applications(criteria, offset, limit)
    _show(found, output, all_namespaces=all_namespaces)
    if found.next_offset is not None:
        click.echo(f"note: {len(found.items)} of {found.total}; the next with --offset {found.next_offset}", err=True)


def _show(page: "Page[ListedApplication]", output: str, *, all_namespaces: bool) -> None:
    if output in FORMATS:
        from aiapp.queries.plain import plain  # noqa: PLC0415

        click.echo(FORMATS[output](plain(page)), nl=False)
    elif output == "name":
        click.echo("".join(f"{name}\n" for one in page.items for name in _names(one)), nl=False)
    else:
        now = utc_now()
        rows = [row for one in page.items for row in _rows(one, now)]
        click.echo(table(*_columns(rows, output, all_namespaces=all_namespaces)))


def _names(application: "ListedApplication") -> Iterator[str]:
    if application.exists:
        yield f"aiapplication.aiapp.dev/{application.name}"
    yield from (f"aiapplicationversion.aiapp.dev/{version.name}" for version in application.versions)


def _columns(rows: list[list[str]], output: str, *, all_namespaces: bool) -> tuple[list[str], list[list[str]]]:
    """Head and rows, of which each begins with its namespace."""
    head = ["NAMESPACE", *(WIDE if output == "wide" else HEAD)]
    start = 0 if all_namespaces else 1
    return head[start:], [row[start : len(head)] for row in rows]


async def _watched(cluster: UserCluster, wanted: "Criteria", output: str, *, all_namespaces: bool) -> None:
    """A line for each application and version, and for each that changes."""
    from aiapp.queries.listing import listings  # noqa: PLC0415

    async def tables() -> AsyncIterator[list[list[str]]]:
        async for listing in listings(cluster, all_namespaces=all_namespaces):
            now = utc_now()
            rows = [row for one in listing.applications(wanted).items for row in _rows(one, now, whole_names=True)]
            yield _columns(rows, output, all_namespaces=all_namespaces)[1]

    head, _ = _columns([], output, all_namespaces=all_namespaces)
    await show_rows(head, tables(), naming=1 + all_namespaces)


def _rows(application: "ListedApplication", now: datetime, *, whole_names: bool = False) -> Iterator[list[str]]:
    """Of an application and its versions."""
    yield [
        application.namespace,
        application.name,
        phase(application.phase) if application.exists else "(no application)",
        printable(application.reason or "-"),
        "-",
        "-",
        printable(application.served or "-"),
        _pods(application.ready, application.replicas),
        "-",
        age(application.created, now),
        "-",
        "-",
        _labels(application.labels),
        printable(application.description or "-"),
    ]
    yield from (_version_row(version, now, whole_names=whole_names) for version in application.versions)


def _version_row(version: "ListedVersion", now: datetime, *, whole_names: bool) -> list[str]:
    return [
        version.namespace,
        version.name if whole_names else f"  {version.version}",
        phase(version.phase),
        printable(version.reason or "-"),
        printable(version.architecture or version.engine or "-"),
        "-" if version.verdict is None else f"{version.compatible_nodes}/{version.nodes}",
        "-" if version.actual_weight is None else f"{version.actual_weight} %",
        _pods(version.ready, version.replicas),
        printable(version.size or "-"),
        age(version.created, now),
        printable(version.runtime or "-"),
        printable(version.source_type or "-"),
        _labels(version.labels),
        printable(version.description or "-"),
    ]


def _pods(ready: int | None, wanted: int | None) -> str:
    return "-" if wanted is None else f"{ready or 0}/{wanted}"


def _labels(labels: Any) -> str:
    return printable(",".join(f"{key}={value}" for key, value in sorted(labels.items())) or "-")
