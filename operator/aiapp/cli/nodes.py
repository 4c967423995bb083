"""`aiapp nodes`: the nodes as the operator sees them, each fact with where it was read."""

from typing import TYPE_CHECKING, Final

import click

from aiapp.cli.options.cluster import ClusterChoice, answered, cluster_options
from aiapp.cli.options.reading import labels_option
from aiapp.cli.output.documents import FORMATS
from aiapp.cli.output.table import table

if TYPE_CHECKING:
    from aiapp.domain.kubernetes.label_selector import Selector
    from aiapp.domain.kubernetes.resources import Json
    from aiapp.queries.nodes import NodeTables

HEAD: Final = ("NODE", "STATUS", "ARCH", "CHIP", "DRIVER", "FREE", "RUNTIMES")
WIDE: Final = ("SERVER", "MEMORY", "FIRMWARE", "TAINTS", "SOURCES")
node_facts_option: Final = click.option(
    "--node-facts",
    metavar="NAMESPACE/NAME",
    default="aiapp-system/aiapp-node-facts",
    show_default=True,
    help="The administrator's ConfigMap.",
)


def node_tables(config_map: str) -> "NodeTables":
    """The shipped tables with the administrator's ConfigMap, as `--node-facts` names it."""
    from aiapp.adapters.shipped import shipped_tables  # noqa: PLC0415
    from aiapp.queries.nodes import NodeTables  # noqa: PLC0415

    return NodeTables(shipped_tables(), config_map)


@click.command("nodes")
@click.option(
    "-o", "--output", type=click.Choice(["table", "wide", "json", "yaml"]), default="table", show_default=True
)
@labels_option
@node_facts_option
@cluster_options
def command(output: str, labels: "Selector | None", node_facts: str, choice: ClusterChoice) -> None:
    r"""Show the nodes as the operator sees them: chips, drivers, free devices, and the runtimes each can run.

    RUNTIMES counts the catalogue's entries that fit, and after a + those for which the node does not state enough;
    json and yaml name them. SOURCES names the label or field of each fact. You need the right to list nodes; free
    devices also need the right to list pods in all namespaces (ClusterRole aiapp-nodes-view gives both).

    \b
    Exit codes: 0 shown; 1 the cluster refuses; 2 wrong arguments or no cluster.

    \b
    Examples:
      aiapp nodes
      aiapp nodes -o wide -l kubernetes.io/arch=arm64
      aiapp nodes -o json | jq '.[] | select(.facts.driver == null) | .name'
    """
    from aiapp.queries.nodes import survey  # noqa: PLC0415 - `--help` must not wait for the models

    tables = node_tables(node_facts)
    surveyed = answered(choice, lambda cluster: survey(cluster, tables))
    for note in surveyed.notes:
        click.echo(f"note: {note}", err=True)
    documents = surveyed.documents(labels)
    if output in FORMATS:
        click.echo(FORMATS[output](documents), nl=False)
        return
    wide = output == "wide"
    click.echo(
        table((*HEAD, *WIDE) if wide else HEAD, ([*_row(one), *(_more(one) if wide else ())] for one in documents))
    )


def _row(node: "Json") -> list[str]:
    runtimes = node["runtimes"]
    unknown = f"+{len(runtimes['unknown'])}" if runtimes["unknown"] else ""
    return [
        node["name"],
        _status(node),
        _fact(node, "architecture"),
        _fact(node, "model") if "model" in node["facts"] else _fact(node, "chip"),
        _fact(node, "driver"),
        "  ".join(map(_device, node["devices"])) or "-",
        f"{len(runtimes['compatible'])}{unknown}",
    ]


def _more(node: "Json") -> list[str]:
    taints = [f"{t['key']}{'=' if t['value'] else ''}{t['value']}:{t['effect']}" for t in node["taints"]]
    sources = [f"{name} by {fact['source']}" for name, fact in node["facts"].items() if fact["source"]]
    return [
        *(_fact(node, name) for name in ("server", "memory", "firmware")),
        ", ".join(taints) or "-",
        "; ".join(sources) or "-",
    ]


def _status(node: "Json") -> str:
    ready = "Ready" if node["ready"] else click.style("NotReady", fg="red")
    return f"{ready},{click.style('Cordoned', fg='yellow')}" if node["cordoned"] else ready


def _fact(node: "Json", name: str) -> str:
    value = node["facts"].get(name, {}).get("value", "-")
    return "|".join(value) if isinstance(value, list) else str(value)


def _device(device: "Json") -> str:
    free = device.get("free", "?")
    return f"{device['resource']} {free}/{device['allocatable']}"
