"""Packages that are servers themselves, as processes of their own."""

from __future__ import annotations

import pathlib
import subprocess
import sys

import pytest

OPERATOR = pathlib.Path(__file__).parents[4] / "operator"
START = f"""
import sys
sys.path[1:1] = [{str(OPERATOR)!r}]
from aiapp.serve.main import main
sys.exit(main(["--program", *sys.argv[1:]], ""))
"""


def run(folder: pathlib.Path, source: str) -> subprocess.CompletedProcess[str]:
    package = folder / "model"
    package.mkdir(exist_ok=True)
    (package / "customize_service.py").write_text(source, encoding="utf-8")
    arguments = [sys.executable, "-c", START, str(package), str(folder / "log")]
    return subprocess.run(arguments, capture_output=True, check=False, encoding="utf-8")


def test_it_runs_as_the_main_program_in_its_folder_with_its_modules(tmp_path: pathlib.Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "part.py").write_text("VALUE = 7")
    source = """
import inspect, os, pickle, sys
from part import VALUE
from model.part import VALUE as same
class Net: pass
assert isinstance(pickle.loads(pickle.dumps(Net())), Net)
assert "class Net: pass" in inspect.getsource(Net)
print(__name__, VALUE, os.path.basename(os.getcwd()), os.path.basename(sys.argv[0]), sys.argv[1:])
"""
    done = run(tmp_path, source)

    assert (done.stdout, done.stderr) == ("__main__ 7 model customize_service.py []\n", "")
    assert done.returncode == 0
    assert not (tmp_path / "log").exists()


def test_processes_that_it_starts_import_as_it_does(tmp_path: pathlib.Path) -> None:
    source = """
import multiprocessing, subprocess, sys
def double(x): return 2 * x
elsewhere = "import os; os.chdir('/'); import customize_service as c; print(c.double(4))"
if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        print(pool.map(double, [1, 2]))
    print(subprocess.check_output([sys.executable, "-c", elsewhere]).decode())
"""
    assert run(tmp_path, source).stdout.split() == ["[2,", "4]", "8"]


def test_a_module_named_like_one_of_pythons_does_not_keep_it_from_starting(tmp_path: pathlib.Path) -> None:
    (tmp_path / "model").mkdir()
    for name in ("typing", "enum", "json", "ast"):
        (tmp_path / "model" / f"{name}.py").write_text("raise ImportError")

    assert run(tmp_path, "print('runs')").stdout == "runs\n"


@pytest.mark.parametrize(
    ("source", "line"),
    [
        pytest.param("import os\n\nimport mindx", "customize_service.py:3: missing library 'mindx'", id="a library"),
        pytest.param("def f(:\n", "customize_service.py:1: SyntaxError: invalid syntax (column 7)", id="no Python"),
        pytest.param("\nraise OSError('in use')", "customize_service.py:2: OSError: in use", id="an exception"),
    ],
)
def test_what_ends_it_is_the_last_line_and_the_termination_message(
    tmp_path: pathlib.Path, source: str, line: str
) -> None:
    done = run(tmp_path, source)

    last = done.stderr.splitlines()[-1]
    assert (done.returncode, last.startswith(f"StartFailed: {line}")) == (3, True), done.stderr
    assert (tmp_path / "log").read_text() == last + "\n"
    assert "aiapp" not in done.stderr.partition("StartFailed")[0]


def test_it_may_end_with_any_code_and_says_so_where_that_is_a_failure(tmp_path: pathlib.Path) -> None:
    done = run(tmp_path, "import sys\nsys.exit(7)")
    assert (done.returncode, done.stderr) == (7, "StartFailed: customize_service.py:2: the code called sys.exit(7)\n")

    assert run(tmp_path, "raise SystemExit").returncode == 0
