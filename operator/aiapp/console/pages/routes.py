"""All pages."""

from collections.abc import Iterable, Iterator

from aiohttp import web

from aiapp.console.pages import application, applications, home, version


def pages() -> Iterator[web.AbstractRouteDef]:
    """Their routes."""
    rooms: Iterable[Iterable[web.AbstractRouteDef]] = (
        home.routes(),
        applications.routes(),
        application.routes(),
        version.routes(),
    )
    for room in rooms:
        yield from room
