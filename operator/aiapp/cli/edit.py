"""`aiapp edit`: changes what people read of an application or a version."""

from typing import TYPE_CHECKING

import click

from aiapp.cli.options.cluster import ClusterChoice, answered
from aiapp.cli.options.description import description_options
from aiapp.cli.options.operation import tell
from aiapp.cli.options.writing import Writing, writing_options

if TYPE_CHECKING:
    from aiapp.domain.description import Description


@click.command("edit")
@click.argument("name", metavar="APPLICATION|VERSION")
@description_options
@writing_options
def command(name: str, wanted: "Description | None", choice: ClusterChoice, writing: Writing) -> None:
    r"""Change what people read of an application or a version: its name, description and documents.

    An empty value removes a field, an empty URL that document; documents that are not named stay. There may be three.
    Labels are changed by kubectl label.

    \b
    Exit codes: 0 done, or it is so already; 1 refused; 2 wrong arguments or no cluster.

    \b
    Examples:
      aiapp edit mnist --description "Reads digits" --document Card=https://example.org/mnist
      aiapp edit mnist-1.0.0 --display-name MNIST_v1 --document Card=
      kubectl label aiappv mnist-1.0.0 team=vision
    """
    from aiapp.queries.description import describe  # noqa: PLC0415 - `--help` must not wait for the models

    if wanted is None:
        raise click.UsageError("say what to change: --description, --display-name or --document")
    result = answered(choice, lambda cluster: describe(cluster, name, wanted, dry_run=writing.dry_run))
    tell(name, result, writing)
