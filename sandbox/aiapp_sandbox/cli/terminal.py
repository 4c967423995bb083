"""What the commands of `aiapp sandbox` share: options, progress on a terminal, errors as text."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import click
from rich.console import Console
from rich.status import Status

from aiapp_sandbox.errors import SandboxError

INTERRUPTED = 130

ENVIRONMENT = os.environ

name_option = click.option("--name", default="aiapp", show_default=True, help="The sandbox's name.")


class Terminal:
    """Progress on standard error: a spinner on a terminal, plain lines elsewhere."""

    def __init__(self, console: Console, status: Status) -> None:
        self._console = console
        self._status = status

    def doing(self, text: str) -> None:
        """Show what happens now."""
        self._status.update(text)

    def done(self, text: str) -> None:
        """Leave a line."""
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)


@contextmanager
def progress() -> Iterator[Terminal]:
    """Show progress as long as the context lasts."""
    console = Console(stderr=True)
    with console.status("starting") as status:
        yield Terminal(console, status)


def errors_as_text(function: Callable[..., Any]) -> Callable[..., Any]:
    """Print what went wrong instead of a traceback; exit code 1, or 130 when interrupted."""

    @wraps(function)
    def wrapped(*arguments: Any, **options: Any) -> Any:
        try:
            return function(*arguments, **options)
        except SandboxError as error:
            raise click.ClickException(str(error)) from error
        except KeyboardInterrupt:
            click.echo("interrupted; nothing is left of what was not ready yet", err=True)
            sys.exit(INTERRUPTED)

    return wrapped
