"""Colours of states on a terminal; click takes them away where there is none."""

from collections.abc import Mapping
from typing import Final

import click

PHASES: Final[Mapping[str, str]] = {
    "Normal": "green",
    "Running": "green",
    "Importing": "cyan",
    "Deploying": "cyan",
    "Waiting": "yellow",
    "Concerning": "yellow",
    "Stopping": "yellow",
    "Failed": "red",
}


def phase(name: str | None) -> str:
    """A phase in its colour; `-` for none."""
    return click.style(name, fg=PHASES.get(name)) if name else "-"
