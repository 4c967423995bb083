"""`aiapp deploy`: serves versions of an application, and shifts its traffic between them."""

import re
from typing import TYPE_CHECKING, Final

import click

from aiapp.cli.options.cluster import ClusterChoice, answered
from aiapp.cli.options.operation import tell, waited, waiting_options
from aiapp.cli.options.writing import Writing, writing_options

if TYPE_CHECKING:
    from aiapp.domain.application.deployment import Share

MOST: Final = 128
_SHARE: Final = re.compile(r"([^=]+?)(?:=([0-9]{1,3})%?)?")


@click.command("deploy")
@click.argument("application")
@click.argument("versions", nargs=-1, required=True, metavar="VERSION[=WEIGHT]...")
@click.option("--replicas", type=click.IntRange(0, MOST), help="Pods of the versions that are not served yet.")
@waiting_options
@writing_options
def command(
    application: str,
    versions: tuple[str, ...],
    replicas: int | None,
    choice: ClusterChoice,
    writing: Writing,
    seconds: int | None,
) -> None:
    r"""Serve exactly these versions of an application, and shift its traffic between them.

    Weights are percent and add up to 100; one version alone needs none. Each version has to be Normal. One that is
    served already keeps its other fields; a new one takes over those of the version with most traffic (replicas,
    resources and so on). A version that is not named is not served any more. An application that is not there yet is
    made. Sets spec.serving.versions with your own rights.

    \b
    Exit codes: 0 done, or it is so already; 1 refused, or waited for in vain; 2 wrong arguments or no cluster.

    \b
    Examples:
      aiapp deploy mnist 1.0.0
      aiapp deploy mnist 1.0.0=90 1.1.0=10 --wait --timeout 10m
      aiapp deploy mnist 1.1.0 --dry-run=client -o yaml > mnist.yaml
    """
    from aiapp.queries.deployment import deployed  # noqa: PLC0415 - `--help` must not wait for the models

    shares = [_share(application, text) for text in versions]
    result = answered(
        choice,
        lambda cluster: deployed(cluster, application, shares, replicas=replicas, dry_run=writing.dry_run),
    )
    tell(application, result, writing)
    waited(result.before, result.object, choice, writing, seconds)


def _share(application: str, text: str) -> "Share":
    """The object's whole name stands for its number as well."""
    from aiapp.domain.application.deployment import Share  # noqa: PLC0415

    found = _SHARE.fullmatch(text)
    if found is None:
        raise click.UsageError(f"{text!r} is no VERSION or VERSION=WEIGHT, such as 1.0.0=90")
    version, weight = found.groups()
    return Share(version.removeprefix(f"{application}-"), None if weight is None else int(weight))
