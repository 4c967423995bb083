"""The API server as people with bearer tokens see it: one pool of connections, no rights of the console's own."""

import hashlib
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import aiohttp

from aiapp.adapters.kube.client import KubeApi, Timing
from aiapp.adapters.kube.credentials import bearer_session
from aiapp.domain.kubernetes.resources import SELF_REVIEWS
from aiapp.domain.recent import Recent
from aiapp.ports.kubernetes import ApiError, NotFoundError
from aiapp.queries.cluster import COMMAND_LINE, UserApi

ANSWER_SECONDS: Final = 10.0
"""Longest wait for one answer of the API server."""
NAME_SECONDS: Final = 60.0
"""How long it is remembered whose token it is; rights are asked for anew with each call."""
MOST_NAMES: Final = 1024


@dataclass(frozen=True, slots=True)
class ApiServer:
    """Where it is, and who may vouch for it."""

    url: str
    tls: ssl.SSLContext


class Users:
    """Opens the API server for a token, and knows whose it is. `clock` gives monotonic seconds."""

    def __init__(
        self, server: ApiServer, connector: aiohttp.BaseConnector, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._server = server
        self._connector = connector
        self._clock = clock
        self._names: Recent[bytes, tuple[str, float]] = Recent(MOST_NAMES)

    @asynccontextmanager
    async def api(self, token: str) -> AsyncIterator[UserApi]:
        """The API server with the rights of that token."""
        timing = Timing(attempt=ANSWER_SECONDS, total=ANSWER_SECONDS)
        async with bearer_session(token, self._connector) as session:
            yield KubeApi(session, self._server.url, timing)

    async def name(self, token: str) -> str | None:
        """Whose token it is; empty where the API server does not say. None: nobody's. Raises `ApiError`."""
        digest = hashlib.sha256(token.encode()).digest()
        known = self._names.get(digest)
        if known is not None and known[1] > self._clock():
            return known[0]
        async with self.api(token) as api:
            found = await user_name(api)
        self._names.drop(digest)
        if found is not None:
            self._names.put(digest, (found, self._clock() + NAME_SECONDS))
        return found


async def user_name(api: UserApi) -> str | None:
    """Whom the API server takes the caller for; empty where it is too old to say. None: nobody. Raises `ApiError`."""
    review = {"apiVersion": SELF_REVIEWS.api_version, "kind": SELF_REVIEWS.kind, "metadata": {}}
    try:
        answer = await api.create(review, manager=COMMAND_LINE, dry_run=False)
    except NotFoundError:
        return ""
    except ApiError as error:
        if error.status == 401:
            return None
        if error.status == 403:
            return ""
        raise
    name: str = ((answer.get("status") or {}).get("userInfo") or {}).get("username") or ""
    return None if name == "system:anonymous" else name
