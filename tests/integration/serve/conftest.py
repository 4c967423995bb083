"""Fixtures of the model server's tests: the archive as it is shipped, interpreters, packages, servers."""

import contextlib
import pathlib
import shutil
import sys
from collections.abc import Callable, Iterator

import pytest
from tests.integration.serve.running import INTERPRETERS, OLDEST_AND_NEWEST, Server, serving

from aiapp.serve import bundle

CORPUS = pathlib.Path(__file__).parents[2] / "data" / "packages" / "serve"
ECHO = """
import os, sys, time
from model_service.model_service import SingleNodeService

class Service(SingleNodeService):
    def _inference(self, data):
        if "print" in data:
            print(data["print"], end="")
        if "sleep" in data:
            time.sleep(data["sleep"])
        if "die" in data:
            os.kill(os.getpid(), data["die"])
        return data
"""

Start = Callable[..., Server]


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """serve.pyz, made as `aiapp fetch` makes it."""
    path = tmp_path_factory.mktemp("serve") / "serve.pyz"
    bundle.write(path)
    return path


@pytest.fixture(params=OLDEST_AND_NEWEST)
def python(request: pytest.FixtureRequest) -> str:
    """The oldest and the newest Python of this machine in turn."""
    return INTERPRETERS[str(request.param)]


def echo_package(parent: pathlib.Path) -> pathlib.Path:
    folder = parent / "model"
    folder.mkdir()
    (folder / "customize_service.py").write_text(ECHO)
    (folder / "config.json").write_text('{"model_algorithm": "echo", "model_type": "MindSpore"}')
    return folder


@pytest.fixture
def package(tmp_path: pathlib.Path) -> pathlib.Path:
    """A package that echoes, and that sleeps, prints or dies on request."""
    return echo_package(tmp_path)


@pytest.fixture
def corpus_copy(tmp_path: pathlib.Path) -> Callable[[str], pathlib.Path]:
    """A package of the corpus, copied to where its code may write."""

    def copied(name: str) -> pathlib.Path:
        return pathlib.Path(shutil.copytree(CORPUS / name / "model", tmp_path / "model"))

    return copied


@pytest.fixture
def start(archive: pathlib.Path, package: pathlib.Path) -> Iterator[Start]:
    """Start servers of the echo package with this Python; all are ended after the test."""
    with contextlib.ExitStack() as stack:
        yield lambda *options: stack.enter_context(serving(sys.executable, archive, package, *options))


@pytest.fixture(scope="module", params=OLDEST_AND_NEWEST)
def echo(
    request: pytest.FixtureRequest, archive: pathlib.Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """One server of the echo package for all tests that only talk to it, on the oldest and on the newest Python."""
    package = echo_package(tmp_path_factory.mktemp("echo"))
    with serving(INTERPRETERS[str(request.param)], archive, package) as server:
        yield server.wait_until_ready()


@pytest.fixture
def slow_package(package: pathlib.Path) -> pathlib.Path:
    """A package that loads until a file called `go` appears beside it."""
    source = "import os, time\nwhile not os.path.exists('go'): time.sleep(0.02)\n"
    file = package / "customize_service.py"
    file.write_text(source + file.read_text())
    return package
