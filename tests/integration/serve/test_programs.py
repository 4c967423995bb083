"""What packages bring beside a service: paths, threads and programs of their own."""

import os
import pathlib
import sys

import pytest
from tests.integration.serve.conftest import Start
from tests.integration.serve.requesting import Background
from tests.integration.serve.running import serving


def test_hard_coded_paths_are_linked_and_a_folder_of_another_name_is_still_called_model(
    archive: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    folder, link = tmp_path / "other-name", tmp_path / "home" / "mind" / "model"
    folder.mkdir()
    (folder / "part.py").write_text("VALUE = 7")
    source = f"""
from model.part import VALUE
class Service:
    def _inference(self, data):
        return [VALUE, open({str(link / "part.py")!r}).read()]
"""
    (folder / "customize_service.py").write_text(source)
    with serving(sys.executable, archive, folder, "--link", str(link)) as server:
        assert server.wait_until_ready().post({}).json == [7, "VALUE = 7"]


def test_a_package_in_the_model_folder_of_the_one_given_is_found(
    archive: pathlib.Path, package: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    assert package.parent == tmp_path
    with serving(sys.executable, archive, tmp_path) as server:
        assert server.wait_until_ready().post({"a": 1}).json == {"a": 1}


def test_programs_that_the_package_starts_print_at_once_too(archive: pathlib.Path, tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    source = """
import os
class Service:
    def _inference(self, data):
        return os.environ["PYTHONUNBUFFERED"]
"""
    (folder / "customize_service.py").write_text(source)
    with serving(sys.executable, archive, folder) as server:
        assert server.wait_until_ready().post({}).content == b"1"


def test_a_model_that_a_thread_of_the_constructor_loads_is_waited_for(
    archive: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    source = """
import os, threading, time
class Service:
    def __init__(self, model_name, model_path):
        threading.Thread(target=self.load).start()
    def load(self):
        while not os.path.exists("go"):
            time.sleep(0.01)
        self.model = len
    def _inference(self, data):
        return self.model(data.pop("image"))
"""
    (folder / "customize_service.py").write_text(source)
    with serving(sys.executable, archive, folder) as server:
        first = Background(server.wait_until_ready(), {"image": [1, 2, 3]})
        (folder / "go").touch()

        assert first.reply.content == b"3"


def test_a_package_that_is_a_program_of_its_own_is_run_as_one(archive: pathlib.Path, tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text('{"model_type": "Customize"}')
    (folder / "part.py").write_text("VALUE = 7")
    (folder / "customize_service.py").write_text("from part import VALUE\nprint(__name__, VALUE)")
    with serving(sys.executable, archive, folder) as server:
        assert server.wait() == 0

        assert server.output == "__main__ 7\n"


def test_why_a_program_of_its_own_fails_is_the_last_line_and_the_termination_message(
    archive: pathlib.Path, python: str, tmp_path: pathlib.Path
) -> None:
    folder, log = tmp_path / "model", tmp_path / "log"
    folder.mkdir()
    (folder / "config.json").write_text('{"model_type": "Custom"}')
    (folder / "customize_service.py").write_text("import os\nfrom log import getLogger\n")
    with serving(python, archive, folder, "--termination-log", str(log)) as server:
        assert server.wait() == 3

        line = "StartFailed: customize_service.py:2: no module 'log' in the package or the image\n"
        assert server.output.endswith(line)
        assert log.read_text() == line


def test_a_package_has_a_home_to_write_to_although_the_image_has_none(
    start: Start, package: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/nonexistent")
    code = (package / "customize_service.py").read_text()
    (package / "customize_service.py").write_text(code.replace("return data", "return os.path.expanduser('~')"))
    home = start().wait_until_ready().post({}).content.decode()
    assert home == f"/tmp/home-{os.getuid()}"
    assert os.access(home, os.W_OK)
