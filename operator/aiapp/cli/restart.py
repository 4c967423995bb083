"""`aiapp restart`: the pods of an application are replaced."""

import functools
from typing import TYPE_CHECKING

import click

from aiapp.cli.options.operation import operation_options, utc_now

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiapp.domain.application.operation import Operation
    from aiapp.domain.kubernetes.resources import Json


@click.command("restart")
@operation_options
def command() -> "Callable[[Json], Operation]":
    r"""Replace the pods of applications, with the template that they have.

    By the annotation aiapp.dev/restart-at, so that spec stays as it is. An application that is stopped gets new pods at
    its start in any case.

    Several applications, by name or by their labels (-l), are all looked at before any of them is changed.

    \b
    Exit codes: 0 done; 1 refused, or waited for in vain; 2 wrong arguments or no cluster.

    \b
    Examples:
      aiapp restart mnist
      aiapp restart mnist --wait --timeout 10m
      aiapp restart -l stage=trial
    """
    from aiapp.domain.application.operation import restart  # noqa: PLC0415 - `--help` must not wait for the models

    return functools.partial(restart, now=utc_now())
