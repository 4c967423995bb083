"""Options that say what people read of an application or a version."""

import functools
from collections.abc import Callable
from typing import Any

import click


def description_options(command: Callable[..., None]) -> Callable[..., None]:
    """Adds the options to a click command, which gets them as `wanted: Description | None`; None: none is given."""

    @click.option("--description", metavar="TEXT", help="1 to 100 characters, none of & ! ' \" < > =.")
    @click.option("--display-name", metavar="NAME", help="Letters, digits, - and _, at most 64.")
    @click.option("--document", "documents", metavar="NAME=URL", multiple=True, help="A link; up to three.")
    @functools.wraps(command)
    def gathered(description: str | None, display_name: str | None, documents: tuple[str, ...], **others: Any) -> None:
        from aiapp.domain.description import Description  # noqa: PLC0415 - `--help` must not wait for the models

        links = dict(_pair(text) for text in documents)
        is_given = description is not None or display_name is not None or links
        command(wanted=Description(display_name, description, links) if is_given else None, **others)

    return gathered


def _pair(text: str) -> tuple[str, str]:
    name, equals, url = text.partition("=")
    if not (name and equals):
        raise click.UsageError(f"--document {text!r} is not NAME=URL")
    return name, url
