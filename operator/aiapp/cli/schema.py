"""`aiapp schema`: the declared APIs of a registered version, or of a package, as data."""

import click

from aiapp.cli.openapi import described
from aiapp.cli.options.cluster import ClusterChoice, cluster_options
from aiapp.cli.options.reading import output_option
from aiapp.cli.options.store import StoreChoice, store_options
from aiapp.cli.output.documents import FORMATS


@click.command("schema")
@click.argument("target", metavar="VERSION|FOLDER|URI")
@output_option(*FORMATS)
@cluster_options
@store_options()
def command(target: str, output: str, choice: ClusterChoice, store: StoreChoice) -> None:
    r"""Show the APIs that config.json declares, as data: method, path, and what a request and its answer look like.

    The target is what `aiapp openapi` takes, which has the same as an OpenAPI document. Schemas are JSON Schema
    2020-12; an empty one says nothing. Of a version the config.json that was pinned is read from its store, with the
    Secret that it names and your own rights in the cluster.

    \b
    Exit codes: 0 shown; 1 refused, or the version is not pinned; 2 wrong arguments or no cluster;
    3 the store cannot be reached or denies access.

    \b
    Examples:
      aiapp schema mnist-1.0.0 -n vision
      aiapp schema ./mnist -o json | jq '.[0].request.schema'
    """
    found = described(target, choice, store)
    from aiapp.queries.plain import plain  # noqa: PLC0415 - `--help` must not wait for the models

    click.echo(FORMATS[output](plain(found.apis)), nl=False)
