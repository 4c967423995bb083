"""`aiapp stop`: an application has no pods, and loses nothing."""

from typing import TYPE_CHECKING

import click

from aiapp.cli.options.operation import operation_options

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiapp.domain.application.operation import Operation
    from aiapp.domain.kubernetes.resources import Json


@click.command("stop")
@operation_options
def command() -> "Callable[[Json], Operation]":
    r"""Stop applications: no pods, and nothing is deleted.

    Sets spec.serving.stopped with your own rights. What Argo CD or Flux applies is changed in Git instead.

    Several applications, by name or by their labels (-l), are all looked at before any of them is changed.

    \b
    Exit codes: 0 done, or it is stopped already; 1 refused, or waited for in vain; 2 wrong arguments or no cluster.

    \b
    Examples:
      aiapp stop mnist
      aiapp stop mnist --wait
      aiapp stop -l team=vision --dry-run
    """
    from aiapp.domain.application.operation import stop  # noqa: PLC0415 - `--help` must not wait for the models

    return stop
