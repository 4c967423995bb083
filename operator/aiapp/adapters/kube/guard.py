"""Keeps a replica that does not lead from writing, right before each request leaves. Never asks who leads instead."""

from collections.abc import Callable
from typing import Final

import aiohttp

from aiapp.domain.kubernetes.resources import LEASES
from aiapp.ports import ApiError

READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
LEASES_ROOT: Final = f"/apis/{LEASES.api_version}/"
"""In the path of every request about leases, behind the path that the API server itself may have."""


class NotLeadingError(ApiError):
    """Nothing was sent: this replica does not lead, or no longer."""

    def __init__(self, method: str, path: str) -> None:
        super().__init__(0, "NotLeading", f"{method} {path} is not sent: this replica does not lead")


def only_leader_writes(leads: Callable[[], bool]) -> aiohttp.ClientMiddlewareType:
    """A middleware of a session that lets only the leader write; every replica may write the lease itself."""

    async def guard(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        path = request.url.path
        if request.method not in READS and LEASES_ROOT not in path and not leads():
            raise NotLeadingError(request.method, path)
        return await handler(request)

    return guard
