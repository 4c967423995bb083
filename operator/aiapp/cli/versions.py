"""`aiapp versions`: the registered versions, newest first, with what is known of each."""

from typing import TYPE_CHECKING, Any, Final

import click

from aiapp.cli.options.cluster import ClusterChoice, answered, cluster_options
from aiapp.cli.options.reading import all_namespaces_option, labels_option, output_option, require_table, watch_option
from aiapp.cli.output.changes import Notes, show_rows
from aiapp.cli.output.colours import phase
from aiapp.cli.output.documents import FORMATS
from aiapp.cli.output.table import table

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiapp.domain.kubernetes.resources import Json
    from aiapp.queries.versions import VersionList

HEAD: Final = ("APPLICATION", "VERSION", "PHASE", "REASON", "MODEL", "NODES", "TRAFFIC", "SIZE")


@click.command("versions")
@click.argument("application", required=False)
@labels_option
@all_namespaces_option
@output_option("table", "name", *FORMATS)
@watch_option
@cluster_options
def command(
    application: str | None, output: str, choice: ClusterChoice, *, all_namespaces: bool, watch: bool, **wanted: Any
) -> None:
    r"""Show the registered versions of an application, or of all, newest first.

    Sorted by version number (1.10.0 before 1.9.0), which kubectl cannot do. NODES is how many nodes fit, of all;
    TRAFFIC the share that the version gets now; json and yaml hold all that is known of each version. With --watch each
    change is a line of its own.

    \b
    Exit codes: 0 shown; 1 the cluster refuses, or has no version of the application; 2 wrong arguments or no cluster.

    \b
    Examples:
      aiapp versions
      aiapp versions mnist -n vision
      aiapp versions mnist -w
      aiapp versions -l team=vision -o name
      aiapp versions -A -o json | jq '.[] | select(.phase != "Normal") | .name, .faults[0].message'
    """
    from aiapp.queries import versions as queries  # noqa: PLC0415 - `--help` must not wait for the models

    wanted |= {"application": application, "all_namespaces": all_namespaces}
    if watch:
        require_table(output)
        answered(choice, lambda cluster: _watched(queries.version_lists(cluster, **wanted), in_all=all_namespaces))
        return
    found = answered(choice, lambda cluster: queries.versions(cluster, **wanted))
    Notes().tell(found.notes)
    if output in FORMATS:
        click.echo(FORMATS[output](found.documents), nl=False)
    elif output == "name":
        click.echo("".join(f"aiapplicationversion.aiapp.dev/{one['name']}\n" for one in found.documents), nl=False)
    else:
        click.echo(table(_head(in_all=all_namespaces), _rows(found, in_all=all_namespaces)))


async def _watched(lists: "AsyncIterator[VersionList]", *, in_all: bool) -> None:
    """A line for each version, and for each that changes."""

    async def tables() -> "AsyncIterator[list[list[str]]]":
        notes = Notes()
        async for found in lists:
            notes.tell(found.notes)
            yield _rows(found, in_all=in_all)

    await show_rows(_head(in_all=in_all), tables(), naming=2 + in_all)


def _head(*, in_all: bool) -> tuple[str, ...]:
    return ("NAMESPACE", *HEAD) if in_all else HEAD


def _rows(listed: "VersionList", *, in_all: bool) -> list[list[str]]:
    return [[*([one["namespace"]] if in_all else []), *_row(one)] for one in listed.documents]


def _row(version: "Json") -> list[str]:
    verdict, traffic = version["compatibility"], version["traffic"]
    return [
        version["application"],
        version["version"],
        phase(version["phase"]),
        (version["ready"] or {}).get("reason", "-"),
        _model(version),
        f"{verdict['compatible']}/{verdict['nodes']}" if verdict else "-",
        f"{traffic['actualWeight']} %" if traffic else "-",
        (version["artifact"] or {}).get("size", "-"),
    ]


def _model(version: "Json") -> str:
    """The engine; of weights their architecture."""
    model = version["model"] or {"type": "Image" if version["image"] else "-"}
    return str((model.get("weights") or {}).get("architecture") or model["type"])
