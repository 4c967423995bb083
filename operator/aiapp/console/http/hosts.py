"""Under which names the console answers: a page of somebody else's name, pointed at our address, gets nothing."""

from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from aiapp.console.errors import PageError

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


class Hosts:
    """The host names that a request may be addressed to."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = LOOPBACK | {name.lower().rstrip(".") for name in names}

    def check(self, request: web.Request) -> None:
        """Raises `PageError` for another name."""
        given = request.headers.getall("Host", [])
        if len(given) != 1 or _name(given[0]) not in self._names:
            raise PageError(421, "error.host")


def check_origin(request: web.Request) -> None:
    """Raises `PageError` if a form was sent by a page of another host."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site not in (None, "same-origin", "none"):
        raise PageError(403, "error.form")
    if origin is not None and urlsplit(origin).netloc.lower() != request.headers["Host"].lower():
        raise PageError(403, "error.form")


def _name(host: str) -> str | None:
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return None
