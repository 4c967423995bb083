"""A cluster that runs pods, the operator in it, the console before it, and a browser before that."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.conftest import Installed, installed, make_serving, serving, space
from tests.support.browser import Browser, axe_source, chromium
from tests.support.console_process import RunningConsole, aggregated, console, for_users

__all__ = ["installed", "make_serving", "serving", "space"]

CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "aiapp/axe"


@pytest.fixture(scope="session")
def running(installed: Installed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningConsole]:
    """A console for many people."""
    for role in ("view", "edit"):
        aggregated(installed.kube, role, "aiapp.dev")
    folder = tmp_path_factory.mktemp("console")
    with console(folder, *for_users(installed.demo.kubectl.kubeconfig, folder)) as found:
        yield found


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core."""
    return axe_source(CACHE)


@pytest.fixture
def opened(running: RunningConsole, axe: str, tmp_path: Path) -> Iterator[Browser]:
    """A browser at the console, in which nobody has logged in."""
    with chromium(tmp_path / "profile", axe) as at:
        yield at(running.base)
