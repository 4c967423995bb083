"""Options of commands that show what a cluster holds, as kubectl has them."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from aiapp.cli.output.documents import FORMATS

if TYPE_CHECKING:
    from aiapp.domain.kubernetes.label_selector import Selector

OUTPUTS: Final = ("table", "wide", "name", *FORMATS)
Command = TypeVar("Command", bound=Callable[..., Any])


def output_option(*formats: str) -> Callable[[Command], Command]:
    """Adds `-o` with these formats, the first being the default, or with kubectl's."""
    known = formats or OUTPUTS
    return click.option("-o", "--output", type=click.Choice(known), default=known[0], show_default=True)


all_namespaces_option: Final = click.option("-A", "--all-namespaces", is_flag=True, help="Of every namespace.")
labels_option: Final = click.option(
    "-l",
    "--selector",
    "labels",
    callback=lambda _, __, text: _selector(text),
    metavar="LABELS",
    help="As kubectl takes it: a=b,c!=d,e in (x,y),!f.",
)
"""The command gets it as `labels: Selector | None`."""
watch_option: Final = click.option("-w", "--watch", is_flag=True, help="Go on showing what changes, until Ctrl-C.")


def require_table(output: str) -> None:
    """Of what is watched: documents of it would have no end."""
    if output not in {"table", "wide"}:
        raise click.UsageError(f"--watch shows a table: leave out -o {output}")


def _selector(text: str | None) -> "Selector | None":
    from aiapp.domain.kubernetes.label_selector import SelectorError, selector  # noqa: PLC0415

    if not text:
        return None
    try:
        return selector(text)
    except SelectorError as error:
        raise click.BadParameter(str(error)) from error
