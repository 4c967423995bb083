"""`aiapp reproduce`: a manifest that runs the training of a version again."""

import re
import secrets
from typing import TYPE_CHECKING, Final

import click
from typing_extensions import override

from aiapp.cli.options.cluster import ClusterChoice, answered, cluster_options
from aiapp.cli.output.annotated import commented
from aiapp.cli.output.documents import as_json
from aiapp.domain.objectstore.location import URI, URI_FORM

if TYPE_CHECKING:
    from aiapp.domain.provenance.reproduction import Reproduction

_REGISTER: Final = re.compile(r"(?:(?P<application>[a-z][-a-z0-9]*):)?(?P<version>auto|\d+\.\d+\.\d+)")


class _Registered(click.ParamType[tuple[str | None, str]]):
    """An application and a version to be."""

    name = "[APPLICATION:]VERSION"

    @override
    def convert(
        self, value: str | tuple[str | None, str], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str | None, str]:
        if not isinstance(value, str):
            return value
        if (found := _REGISTER.fullmatch(value)) is None:
            self.fail(f"{value!r} is not APPLICATION:1.0.0, APPLICATION:auto or auto", param, ctx)
        return found["application"], found["version"]


def _folder(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    if value is not None and not URI.fullmatch(value):
        raise click.BadParameter(f"{value!r} is not {URI_FORM}")
    return value


@click.command("reproduce")
@click.argument("version")
@click.option("--name", "job", help="Name of the new job. Default: NAME-reproduced-... after the old one.")
@click.option(
    "--output", "folder", metavar="URI", callback=_folder, help="Folder that it writes to. Default: beside the old one."
)
@click.option(
    "--register",
    type=_Registered(),
    help="Let the job register itself as a version when it has succeeded; auto: the next number.",
)
@click.option("-o", "--format", "format_", type=click.Choice(["yaml", "json"]), default="yaml", show_default=True)
@cluster_options
def command(
    version: str,
    job: str | None,
    folder: str | None,
    register: tuple[str | None, str] | None,
    format_: str,
    choice: ClusterChoice,
) -> None:
    r"""Print a manifest that runs the training of a version again, as it was recorded.

    Images stand by the digest that ran, the output goes to a new folder, and of a TrainJob the runtime is printed as it
    was then. A comment stands wherever something could not be pinned: an image or a dataset without a digest, a
    variable whose value is not on record, Secrets and ConfigMaps, of which only the names are. Nothing is created; what
    is printed is for kubectl create. `aiapp diff` says then whether the training made the same.

    \b
    Exit codes: 0 printed; 1 refused, no such version, or not enough is on record; 2 wrong arguments or no cluster.

    \b
    Examples:
      aiapp reproduce mnist-1.0.0 | kubectl create -f -
      aiapp reproduce mnist-1.0.0 --output obs://models/mnist/again/ > again.yaml
      aiapp reproduce mnist-1.0.0 --register mnist:auto | kubectl create -f -
    """
    from aiapp.domain.provenance.reproduction import Rerun  # noqa: PLC0415 - `--help` must not wait for the models
    from aiapp.queries.reproduction import Registering, reproduce  # noqa: PLC0415

    rerun = Rerun(suffix=secrets.token_hex(3), name=job, output=folder)
    registering = None if register is None else Registering(*register)
    reproduction = answered(choice, lambda cluster: reproduce(cluster, version, rerun, registering))
    click.echo(_yaml(reproduction) if format_ == "yaml" else _json(reproduction), nl=False)
    if reproduction.notes:
        click.echo(f"note: {len(reproduction.notes)} things could not be pinned: see the comments", err=True)


def _yaml(reproduction: "Reproduction") -> str:
    return "---\n".join(_commented(reproduction, number) for number in range(len(reproduction.documents)))


def _commented(reproduction: "Reproduction", number: int) -> str:
    notes = [(note.path, note.text) for note in reproduction.notes if note.document == number]
    text = commented(reproduction.documents[number], notes)
    return text if number else "".join(f"# {line}\n" for line in reproduction.heading) + text


def _json(reproduction: "Reproduction") -> str:
    """Comments have no place in it: they go to standard error."""
    for note in reproduction.notes:
        click.echo(f"note: {'.'.join(map(str, note.path)) or 'the training'}: {note.text}", err=True)
    if len(reproduction.documents) == 1:
        return as_json(reproduction.documents[0])
    return as_json({"apiVersion": "v1", "kind": "List", "items": list(reproduction.documents)})
