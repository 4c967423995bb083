"""The operator's own transport in tests, over a kubeconfig."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import aiohttp
from tests.support.waiting import EVENTUALLY_SECONDS

from aiapp.adapters.kube.client import KubeApi
from aiapp.adapters.kube.credentials import KubeCredentials, load, session


@asynccontextmanager
async def connected(kubeconfig: Path) -> AsyncIterator[KubeApi]:
    """The API server as the operator reaches it."""
    credentials = KubeCredentials(partial(load, str(kubeconfig)), time.monotonic)
    connector = aiohttp.TCPConnector(ssl=credentials.tls)
    async with connector, session(credentials, connector) as authenticated:
        yield KubeApi(authenticated, credentials.server)


async def settles(check: Callable[[], bool], seconds: float = EVENTUALLY_SECONDS) -> None:
    """Until `check` is true; TimeoutError after `seconds`, which is only the bound for failure."""
    async with asyncio.timeout(seconds):
        # What is checked is changed by the system under test, which sets no event for us.
        while not check():  # noqa: ASYNC110
            await asyncio.sleep(0.02)
