"""Keeps a replica that does not lead from writing, right before each request leaves. Never asks who leads instead."""

from collections.abc import Callable
from typing import Final

import aiohttp

from aiapp.domain.kubernetes.resources import LEASES, TOKEN_REVIEWS
from aiapp.ports.kubernetes import ApiError

READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
LEASES_ROOT: Final = f"/apis/{LEASES.api_version}/"
"""In the path of every request about leases, behind the path that the API server itself may have."""
QUESTIONS: Final = f"/apis/{TOKEN_REVIEWS.api_version}/{TOKEN_REVIEWS.plural}"
"""The same of questions about tokens, which write nothing."""


class NotLeadingError(ApiError):
    """Nothing was sent: this replica does not lead, or no longer."""

    def __init__(self, method: str, path: str) -> None:
        super().__init__(0, "NotLeading", f"{method} {path} is not sent: this replica does not lead")


def only_leader_writes(leads: Callable[[], bool]) -> aiohttp.ClientMiddlewareType:
    """A middleware of a session that lets only the leader write; every replica may write the lease itself."""

    async def guard(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        path = request.url.path
        is_free = request.method in READS or LEASES_ROOT in path or path.endswith(QUESTIONS)
        if not is_free and not leads():
            raise NotLeadingError(request.method, path)
        return await handler(request)

    return guard
