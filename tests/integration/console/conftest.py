"""The console as a process, on a real API server, for people with rights of their own."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest
from tests.support.console_process import RunningConsole, aggregated, console, for_users
from tests.support.kube import Kube
from tests.support.sandbox import Sandbox


@pytest.fixture(scope="module")
def running(
    sandbox: Sandbox, kube: Kube, installed: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningConsole]:
    """A console for many people."""
    for role in ("view", "edit"):
        aggregated(kube, role, "aiapp.dev")
    folder: Path = tmp_path_factory.mktemp("console")
    with console(folder, *for_users(sandbox.kubeconfig, folder)) as found:
        yield found


@pytest.fixture
async def browser(running: RunningConsole) -> AsyncIterator[aiohttp.ClientSession]:
    """A browser of somebody who has not logged in; cookies for TLS go to loopback too, as in real ones."""
    jar = aiohttp.CookieJar(unsafe=True, treat_as_secure_origin=running.base)
    async with aiohttp.ClientSession(running.base, cookie_jar=jar) as session:
        yield session
