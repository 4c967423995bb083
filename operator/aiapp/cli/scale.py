"""`aiapp scale`: a served version has another number of pods."""

import functools
from typing import TYPE_CHECKING, Final

import click

from aiapp.cli.options.operation import operation_options

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiapp.domain.application.operation import Operation
    from aiapp.domain.kubernetes.resources import Json

MOST: Final = 128


@click.command("scale")
@click.option("--replicas", type=click.IntRange(0, MOST), required=True, help="Number of pods.")
@click.option("--version", metavar="VERSION", help="Which one, where several are served.")
@operation_options
def command(replicas: int, version: str | None) -> "Callable[[Json], Operation]":
    r"""Set the number of pods of a served version, of one application or of several.

    Sets replicas of the version in spec.serving.versions with your own rights. Where an autoscaler or `kubectl scale`
    is to say the number, leave replicas out there instead.

    Several applications, by name or by their labels (-l), are all looked at before any of them is changed.

    \b
    Exit codes: 0 done, or it is so already; 1 refused, or waited for in vain; 2 wrong arguments or no cluster.

    \b
    Examples:
      aiapp scale mnist --replicas 3
      aiapp scale mnist --version 1.1.0 --replicas 1 --dry-run
      aiapp scale -l stage=trial --replicas 1
    """
    from aiapp.domain.application.operation import scale  # noqa: PLC0415 - `--help` must not wait for the models

    return functools.partial(scale, replicas=replicas, version=version)
