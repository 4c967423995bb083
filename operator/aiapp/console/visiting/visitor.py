"""The person who looks at a page, and how a request says who that is."""

from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from aiapp.queries.cluster import UserApi


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person with rights in the cluster."""

    name: str
    """As the API server knows them; empty where it does not say."""
    binding: str
    """What the marks of this person's forms are bound to: differs between sessions, or at least between people."""
    can_leave: bool = False
    """Whether there is a session to end."""


class Access(Protocol):
    """Tells who sends a request, and asks the API server with their rights."""

    secure: bool
    """Whether cookies are for TLS alone; browsers count loopback as such."""
    entrance: str | None
    """Path of the page on which a person who is not known comes in; None: there is none."""

    def routes(self) -> Iterable[web.AbstractRouteDef]:
        """The pages that a person who is not known yet may see."""
        ...

    async def visitor(self, request: web.Request) -> Visitor | None:
        """Who asks; None: not known. Raises `ApiError` if the API server cannot be asked."""
        ...

    def api(self, request: web.Request) -> AbstractAsyncContextManager[UserApi]:
        """The API server with the rights of the person who asks, for as long as the request takes."""
        ...
