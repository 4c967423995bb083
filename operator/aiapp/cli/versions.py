"""`aiapp versions`: the registered versions, newest first, with what is known of each."""

from typing import TYPE_CHECKING, Final

import click

from aiapp.cli.options.cluster import ClusterChoice, answered, cluster_options
from aiapp.cli.options.reading import all_namespaces_option, labels_option, output_option
from aiapp.cli.output.colours import phase
from aiapp.cli.output.documents import FORMATS
from aiapp.cli.output.table import table

if TYPE_CHECKING:
    from aiapp.domain.kubernetes.label_selector import Selector
    from aiapp.domain.kubernetes.resources import Json

HEAD: Final = ("APPLICATION", "VERSION", "PHASE", "REASON", "MODEL", "NODES", "TRAFFIC", "SIZE")


@click.command("versions")
@click.argument("application", required=False)
@labels_option
@all_namespaces_option
@output_option("table", "name", *FORMATS)
@cluster_options
def command(
    application: str | None, labels: "Selector | None", output: str, choice: ClusterChoice, *, all_namespaces: bool
) -> None:
    r"""Show the registered versions of an application, or of all, newest first.

    Sorted by version number (1.10.0 before 1.9.0), which kubectl cannot do. NODES is how many nodes fit, of all;
    TRAFFIC the share that the version gets now; json and yaml hold all that is known of each version.

    \b
    Exit codes: 0 shown; 1 the cluster refuses, or has no version of the application; 2 wrong arguments or no cluster.

    \b
    Examples:
      aiapp versions
      aiapp versions mnist -n vision
      aiapp versions -l team=vision -o name
      aiapp versions -A -o json | jq '.[] | select(.phase != "Normal") | .name, .faults[0].message'
    """
    from aiapp.queries.versions import versions  # noqa: PLC0415 - `--help` must not wait for the models

    found = answered(
        choice, lambda cluster: versions(cluster, application, all_namespaces=all_namespaces, labels=labels)
    )
    for note in found.notes:
        click.echo(f"note: {note}", err=True)
    if output in FORMATS:
        click.echo(FORMATS[output](found.documents), nl=False)
        return
    if output == "name":
        click.echo("".join(f"aiapplicationversion.aiapp.dev/{one['name']}\n" for one in found.documents), nl=False)
        return
    head = ("NAMESPACE", *HEAD) if all_namespaces else HEAD
    click.echo(table(head, ([*([one["namespace"]] if all_namespaces else []), *_row(one)] for one in found.documents)))


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
