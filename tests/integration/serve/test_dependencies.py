"""`serve.pyz install` with real pips of the oldest and the newest Python, and the server on it. Needs no network."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from tests.integration.serve.running import INTERPRETERS, OLDEST_AND_NEWEST, serving
from tests.support.wheels import make_wheel
from typing_extensions import override

SERVICE = """
import engine
from model_service.model_service import SingleNodeService

class Service(SingleNodeService):
    def _inference(self, data):
        import extra
        return {"engine": engine.VERSION, "extra": extra.VERSION}
"""


@dataclass(frozen=True)
class Image:
    """A Python with `engine` 1.0 and `base` 1.0 in it, as a runtime's image has, and a package for it."""

    python: str
    archive: Path
    package: Path
    into: Path

    def install(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run the installer without any index of this machine."""
        command = [self.python, str(self.archive), "install", f"--package={self.package}", f"--into={self.into}"]
        isolated = {"PATH": "/usr/bin:/bin", "PIP_CONFIG_FILE": "/dev/null", **environ}
        log = self.package.parent / "termination-log"
        return subprocess.run(
            [*command, f"--termination-log={log}", *arguments],
            capture_output=True,
            text=True,
            check=False,
            env={name: value for name, value in isolated.items() if value},
        )

    @property
    def termination_message(self) -> str:
        """What the kubelet would read."""
        return (self.package.parent / "termination-log").read_text()


@pytest.fixture(scope="module", params=OLDEST_AND_NEWEST)
def interpreter(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The Python of an image that has `engine` 1.0 and `base` 1.0."""
    folder = tmp_path_factory.mktemp("image")
    subprocess.run([INTERPRETERS[str(request.param)], "-m", "venv", str(folder / "image")], check=True)
    wheels = [str(make_wheel(folder, name, "1.0")) for name in ("engine", "base")]
    python = str(folder / "image/bin/python")
    pip = (python, "-m", "pip", "install", "--quiet", "--no-index", "--disable-pip-version-check")
    subprocess.run([*pip, *wheels], check=True)
    return python


@pytest.fixture
def image(interpreter: str, archive: Path, package: Path, tmp_path: Path) -> Image:
    (package / "customize_service.py").write_text(SERVICE)
    return Image(interpreter, archive, package, tmp_path / "dependencies")


def answer(image: Image) -> object:
    """What the model server answers with what was installed."""
    with serving(image.python, image.archive, image.package, f"--dependencies={image.into}") as server:
        return server.wait_until_ready().post({}).json


def test_what_the_image_has_already_starts_no_pip(image: Image) -> None:
    done = image.install("engine>=0.9", "base==1.0.0", "Engine<2,!=1.1", PATH="/nowhere")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["dependencies: 3 of 3 satisfied by the image"]
    assert not image.into.exists()


def test_wheels_of_the_package_are_installed_over_the_image_which_stays_as_it_is(image: Image) -> None:
    make_wheel(image.package / "libs", "engine", "2.0", "base>=1.0")
    make_wheel(image.package / "wheelhouse", "extra", "3.1")
    make_wheel(image.package / "wheelhouse", "extra", "3.2")
    done = image.install("./libs/engine-2.0-py3-none-any.whl", "extra<=3.1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert answer(image) == {"engine": "2.0", "extra": "3.1"}
    assert not list(image.into.rglob("base.py")), "base was satisfied by the image"
    listed = subprocess.run([image.python, "-m", "pip", "freeze"], capture_output=True, text=True, check=True)
    assert "engine @" in listed.stdout
    assert "engine-1.0" in listed.stdout


def test_a_second_attempt_finds_the_first_one_complete(image: Image) -> None:
    make_wheel(image.package / "wheels", "extra", "3.1")
    assert image.install("extra").returncode == 0
    assert image.install("extra").stdout == "dependencies: installed already\n"


def test_a_requirements_file_of_the_package_is_read(image: Image) -> None:
    make_wheel(image.package / "wheels", "extra", "3.1")
    (image.package / "requirements.txt").write_text(
        "# libraries\nextra==3.1  # pinned\n./wheels/extra-3.1-py3-none-any.whl\n"
    )
    done = image.install("--", "-r ./requirements.txt")
    assert done.returncode == 0, done.stdout + done.stderr
    assert answer(image) == {"engine": "1.0", "extra": "3.1"}


def test_what_cannot_go_together_is_installed_in_order(image: Image) -> None:
    for version in ("1.5", "2.5"):
        make_wheel(image.package / "wheels", "extra", version)
    done = image.install("extra==1.5", "extra==2.5")
    assert done.returncode == 0, done.stdout + done.stderr
    assert answer(image) == {"engine": "1.0", "extra": "2.5"}


def test_the_one_that_cannot_be_installed_is_named_with_the_reason_of_pip(image: Image) -> None:
    make_wheel(image.package / "wheels", "extra", "3.1")
    done = image.install("extra", "absent==7.0", PIP_NO_INDEX="1")
    assert done.returncode == 1
    assert image.termination_message.startswith("DependenciesFailed: absent==7.0: ")
    assert "No matching distribution found for absent==7.0" in image.termination_message
    assert done.stderr.strip() == image.termination_message.strip()


def test_an_index_that_cannot_be_reached_is_named_without_its_password(image: Image) -> None:
    done = image.install("extra", PIP_INDEX_URL="http://user:hunter2@127.0.0.1:9/simple")
    assert done.returncode == 1
    assert "the index could not be reached: " in image.termination_message
    assert "Connection refused" in image.termination_message
    assert "hunter2" not in done.stdout + done.stderr + image.termination_message


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """`index(name)`: the URL of an index of that name, which has `extra` in a version of its own."""
    for number, name in enumerate(("operator", "secret", "pod"), start=1):
        make_wheel(tmp_path / "indexes" / name / "extra", "extra", f"{number}.0")
    handler = partial(_Quiet, directory=str(tmp_path / "indexes"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield lambda name: f"http://127.0.0.1:{server.server_port}/{name}"
        server.shutdown()


class _Quiet(SimpleHTTPRequestHandler):
    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def test_the_pods_index_wins_over_the_secrets_and_that_over_the_operators(
    image: Image, index: Callable[[str], str], tmp_path: Path
) -> None:
    secret = tmp_path / "pip.conf"
    settings = (f"--config={secret}", f"--index-url={index('operator')}", "--trusted-host=127.0.0.1")

    def installed(**environ: str) -> object:
        shutil.rmtree(image.into, ignore_errors=True)
        done = image.install(*settings, "extra", PIP_CONFIG_FILE="", **environ)
        assert done.returncode == 0, done.stdout + done.stderr
        return answer(image)

    assert installed() == {"engine": "1.0", "extra": "1.0"}
    secret.write_text(f"[global]\nindex-url = {index('secret')}\n")
    assert installed() == {"engine": "1.0", "extra": "2.0"}
    assert installed(PIP_INDEX_URL=index("pod")) == {"engine": "1.0", "extra": "3.0"}
