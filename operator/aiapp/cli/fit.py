"""`aiapp fit`: which nodes a version fits and why not the others, also before it is applied."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from aiapp.cli.nodes import node_facts_option, node_tables
from aiapp.cli.options.cluster import ClusterChoice, answered, cluster_options
from aiapp.cli.output.documents import FORMATS
from aiapp.cli.output.table import table
from aiapp.queries.cluster import UserCluster

if TYPE_CHECKING:
    from aiapp.queries.fit import Fit

EXIT_CODES: Final = {"Compatible": 0, "Unknown": 3, "Incompatible": 4}
COLOURS: Final = {"Compatible": "green", "Unknown": "yellow", "Incompatible": "red"}
HEAD: Final = ("NODE", "VERDICT", "FREE", "REASON", "WHY", "FIX")


@click.command("fit")
@click.argument("version", required=False)
@click.option(
    "-f",
    "--file",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Versions in a YAML file.",
)
@click.option("--runtime", help="The runtime to judge by, where a version of the file does not name it.")
@click.option("-o", "--output", type=click.Choice(["table", "json", "yaml"]), default="table", show_default=True)
@node_facts_option
@cluster_options
def command(
    version: str | None, file: Path | None, runtime: str | None, output: str, node_facts: str, choice: ClusterChoice
) -> None:
    r"""Show node by node whether a version fits, why not, and what would fix it.

    VERSION is a registered version (mnist-1.0.0). With -f the versions of a file are judged, which need not be applied
    yet; an application in the same file, else the one in the cluster, adds what it asks of nodes (npu, scheduling).
    WHY shows the first reason, (+2) that there are two more; json and yaml list them all.
    Nothing is changed. You need the right to list nodes (ClusterRole aiapp-nodes-view).

    \b
    Exit codes: 0 at least one node fits each version; 3 of one it is unknown; 4 no node fits one;
    1 the cluster refuses, or the runtime of a version is unknown; 2 wrong arguments or no cluster.

    \b
    Examples:
      aiapp fit mnist-1.0.0 -n vision
      aiapp fit -f mnist.yaml
      aiapp fit -f mnist.yaml --runtime pytorch_1.11.0-cann_6.3.0-py_3.7-euler_2.8.3-aarch64
    """
    from aiapp.queries.fit import of_manifests, of_version  # noqa: PLC0415 - `--help` must not wait for the models

    if (version is None) == (file is None):
        raise click.UsageError("give either VERSION or -f FILE")
    tables = node_tables(node_facts)
    manifests = file.read_bytes() if file else b""

    async def question(cluster: UserCluster) -> "list[Fit]":
        if file is not None:
            return await of_manifests(cluster, manifests, str(file), tables, runtime)
        assert version is not None
        return [await of_version(cluster, version, tables)]

    found = answered(choice, question)
    for note in dict.fromkeys(note for fit in found for note in fit.notes):
        click.echo(f"note: {note}", err=True)
    if output == "table":
        click.echo("\n\n".join(map(_shown, found)))
    else:
        click.echo(FORMATS[output]([fit.document for fit in found]), nl=False)
    click.get_current_context().exit(max(EXIT_CODES[fit.document["verdict"]] for fit in found))


def _shown(fit: "Fit") -> str:
    found = fit.document
    lines = [
        f"{found['version']}: {click.style(found['verdict'], fg=COLOURS[found['verdict']])}, {found['message']}",
        *([f"Each pod asks for {found['devices']} {found['resource']}."] if found.get("resource") else []),
        *(
            f"{near['nodes']} would fit with: {near['remedy']} ({', '.join(near['examples'])})"
            for near in found["nearFits"]
        ),
        *([f"No label keeps its pods off {', '.join(found['beyondLabels'])}."] if found["beyondLabels"] else []),
        "",
        table(HEAD, map(_row, found["nodes"])),
    ]
    return "\n".join(lines)


def _row(node: dict[str, Any]) -> list[str]:
    """The first reason, and what would fix it if it is the only one."""
    free = "-" if node["free"] is None else str(node["free"])
    verdict = click.style(node["verdict"], fg=COLOURS[node["verdict"]])
    others = len(node["mismatches"]) - 1
    why = next((one["detail"] for one in node["mismatches"] if one["reason"] == node["reason"]), "-")
    remedy = "-" if others else node["mismatches"][0]["remedy"] or "-"
    return [node["name"], verdict, free, node["reason"] or "-", f"{why} (+{others})" if others > 0 else why, remedy]
