"""What a person sees of the demonstration: steps, commands as they run, tables. Runs nothing itself."""

import shlex
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.status import Status


class Terminal:
    """Plain lines anywhere; on a terminal colours, and a spinner while something takes its time."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False, soft_wrap=True)
        self._started = time.monotonic()
        self._steps = 0
        self._status: Status | None = None

    def step(self, title: str) -> None:
        """Begin the next numbered part."""
        self._steps += 1
        seconds = time.monotonic() - self._started
        self._console.print(f"\n[bold]{self._steps}. {title}[/bold] [dim]({seconds:.0f} s)[/dim]")

    def command(self, arguments: Sequence[str]) -> None:
        """Show a command as a person would type it."""
        self.line(shlex.join(arguments))

    def line(self, text: str) -> None:
        """Show a command line as it is."""
        self._print(f"  $ {text}", "cyan")

    def say(self, text: str = "") -> None:
        """Leave lines of explanation or output, indented."""
        for line in text.splitlines() or [""]:
            self._print(f"  {line}".rstrip())

    def warn(self, text: str) -> None:
        """Leave a line that must not be overlooked."""
        self._print(f"  ! {text}", "yellow")

    def doing(self, text: str) -> None:
        """Show what happens now, where there is a spinner."""
        if self._status is not None:
            self._status.update(f"{text} ...")

    def done(self, text: str) -> None:
        """Leave a line about something that is finished."""
        self._print(f"  + {text}", "green")

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Leave a table."""
        widths = [max(map(len, cells)) for cells in zip(columns, *rows, strict=True)]
        for cells in (columns, *rows):
            self.say("  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)))

    @contextmanager
    def busy(self, text: str) -> Iterator[None]:
        """A spinner with `text` while the block runs."""
        with self._console.status(f"{text} ...") as status:
            self._status = status
            try:
                yield
            finally:
                self._status = None

    @property
    def seconds(self) -> float:
        """Since the start."""
        return time.monotonic() - self._started

    def _print(self, text: str, style: str | None = None) -> None:
        self._console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)
