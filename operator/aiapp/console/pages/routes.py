"""All pages."""

from collections.abc import Iterable, Iterator

from aiohttp import web

from aiapp.console.pages import action, application, applications, compare, home, nodes, predict, version


def pages() -> Iterator[web.AbstractRouteDef]:
    """The routes of all pages."""
    rooms: Iterable[Iterable[web.AbstractRouteDef]] = (
        home.routes(),
        applications.routes(),
        application.routes(),
        version.routes(),
        action.routes(),
        nodes.routes(),
        compare.routes(),
        predict.routes(),
    )
    for room in rooms:
        yield from room
