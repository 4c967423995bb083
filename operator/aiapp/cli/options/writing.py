"""Options of commands that change something, as kubectl has them, and what such commands print."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import click

from aiapp.cli.options.cluster import ClusterChoice, cluster_options
from aiapp.cli.output.documents import FORMATS

if TYPE_CHECKING:
    from aiapp.domain.kubernetes.resources import Json
    from aiapp.queries.operation import DryRun

DRY_RUNS: Final = ("none", "server", "client")
OUTPUTS: Final = ("name", *FORMATS)


@dataclass(frozen=True, slots=True)
class Writing:
    """Whether something is changed, and how that is told."""

    dry_run: "DryRun"
    output: str | None

    @property
    def verb(self) -> str:
        """Before what becomes of the object."""
        return "is being" if self.dry_run == "none" else "would be"

    def tell(self, sentence: str, document: "Json", notes: tuple[str, ...] = ()) -> None:
        """The sentence, or the object in the form that was asked for: as a manifest; notes go to standard error."""
        from aiapp.domain.kubernetes.keepers import manifest  # noqa: PLC0415 - `--help` must not wait for the models

        for note in notes:
            click.echo(f"note: {note}", err=True)
        if self.output is None:
            click.echo(sentence)
        elif self.output == "name":
            click.echo(object_name(document))
        else:
            click.echo(FORMATS[self.output](manifest(document)), nl=False)

    def separate(self) -> None:
        """Between two objects: YAML has a line for it."""
        if self.output == "yaml":
            click.echo("---")


def object_name(document: "Json") -> str:
    """As kubectl prints and takes it: `aiapplication.aiapp.dev/mnist`."""
    return f"{document['kind'].lower()}.{document['apiVersion'].partition('/')[0]}/{document['metadata']['name']}"


def writing_options(command: Callable[..., None]) -> Callable[..., None]:
    """Adds `--dry-run`, `-o` and the choice of a cluster to a click command, which gets `choice` and `writing`."""

    @click.option(
        "--dry-run",
        type=click.Choice(DRY_RUNS),
        is_flag=False,
        flag_value="server",
        default="none",
        help="server (or nothing): only ask the API server whether it would take the change; client: not even that.",
    )
    @click.option("-o", "--output", type=click.Choice(OUTPUTS), help="Print the object instead, as a manifest for Git.")
    @cluster_options
    @functools.wraps(command)
    def gathered(dry_run: "DryRun", output: str | None, choice: ClusterChoice, **others: Any) -> None:
        command(choice=choice, writing=Writing(dry_run, output), **others)

    return gathered
