"""What `--watch` prints: a table whose rows come again when they change, or a page that does; notes once."""

from collections.abc import AsyncIterator, Iterable, Sequence

import click

from aiapp.cli.output.table import table

Row = Sequence[str]


async def show_rows(head: Row, updates: AsyncIterator[Iterable[Row]], *, naming: int) -> None:
    """The table, and then each row that is new or another; so many columns at the beginning name a row."""
    shown: dict[tuple[str, ...], Row] = {}
    async for rows in updates:
        now = {tuple(row[:naming]): row for row in rows}
        rows_by_name = {name: _news(head, row) for name, row in now.items()}
        if fresh := [now[name] for name, news in rows_by_name.items() if shown.get(name) != news]:
            lines = table(head, fresh).splitlines()
            click.echo("\n".join(lines[1:] if shown else lines))
        shown = rows_by_name


def _news(head: Row, row: Row) -> Row:
    """Without the age: what changes by itself is no news."""
    return [cell for title, cell in zip(head, row, strict=True) if title != "AGE"]


class Notes:
    """What the user should know beside it, on standard error."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def tell(self, notes: Iterable[str]) -> None:
        """Each is told once, however often it is said."""
        for note in notes:
            if note not in self._told:
                click.echo(f"note: {note}", err=True)
            self._told.add(note)


async def show_pages(pages: AsyncIterator[str]) -> None:
    """The page, and the whole of it again whenever it says something else, after an empty line."""
    shown = None
    async for page in pages:
        if page != shown:
            click.echo(page if shown is None else f"\n{page}")
        shown = page
