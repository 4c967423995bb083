"""`aiapp start`: an application that was stopped, by whatever, serves again."""

import functools
from typing import TYPE_CHECKING

import click

from aiapp.cli.options.operation import operation_options, utc_now

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiapp.domain.application.operation import Operation
    from aiapp.domain.kubernetes.resources import Json


@click.command("start")
@operation_options
def command() -> "Callable[[Json], Operation]":
    r"""Start applications that were stopped, with the pods of before.

    Takes spec.serving.stopped back. Where autoStopAfterSeconds is set, its time begins again, by the annotation
    aiapp.dev/start-at.

    Several applications, by name or by their labels (-l), are all looked at before any of them is changed.

    \b
    Exit codes: 0 done, or it is started already; 1 refused, or waited for in vain; 2 wrong arguments or no cluster.

    \b
    Examples:
      aiapp start mnist
      aiapp start mnist --wait
      aiapp start mnist faces
    """
    from aiapp.domain.application.operation import start  # noqa: PLC0415 - `--help` must not wait for the models

    return functools.partial(start, now=utc_now())
