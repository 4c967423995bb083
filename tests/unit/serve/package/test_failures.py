"""The one line that says why a package did not start."""

from __future__ import annotations

import importlib.util
import pathlib
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiapp.serve.config import Pin
from aiapp.serve.package.failures import MAX_LENGTH, StartError, StartFailure, explain, parse, position

PINS = (
    Pin("torch", "torch==1.8.0"),
    Pin("scikit-learn", "scikit-learn==0.19"),
    Pin("opencv-python-headless", "opencv-python-headless==4.5"),
    Pin("numpy", "numpy<1.20"),
)


def raised_by(folder: pathlib.Path, source: str, name: str = "customize_service.py") -> BaseException:
    """What importing a file with this source raises."""
    file = folder / name
    file.write_text(source)
    spec = importlib.util.spec_from_file_location("failing", file)
    assert spec is not None
    assert spec.loader is not None
    with pytest.raises(BaseException) as caught:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
    return caught.value


@pytest.mark.parametrize(
    ("source", "line"),
    [
        pytest.param(
            "import os\n\nimport torch_is_not_here\n",
            "customize_service.py:3: missing library 'torch_is_not_here' (config.json does not ask for it)",
            id="a missing library",
        ),
        pytest.param(
            "raise ModuleNotFoundError(\"No module named 'cv2'\", name='cv2')",
            "customize_service.py:1: missing library 'cv2' (config.json asks for opencv-python-headless==4.5)",
            id="a missing library with another name on the index",
        ),
        pytest.param(
            "raise ModuleNotFoundError(\"No module named 'torch'\", name='torch')",
            "customize_service.py:1: missing library 'torch' (config.json asks for torch==1.8.0)",
            id="a missing library that is pinned",
        ),
        pytest.param(
            "from json.externals import joblib",
            "customize_service.py:1: library 'json' 2.0.9: No module named 'json.externals' "
            "(config.json does not ask for it)",
            id="a part that the installed library has lost",
        ),
        pytest.param(
            "from json import gone",
            "customize_service.py:1: library 'json' 2.0.9: cannot import name 'gone' from 'json'",
            id="a name that the installed library has lost",
        ),
        pytest.param(
            "import json\njson.float",
            "customize_service.py:2: library 'json' 2.0.9 has no 'float' (config.json does not ask for it)",
            id="an attribute that the installed library has lost",
        ),
        pytest.param(
            "raise ImportError('libGL.so.1: cannot open shared object file: No such file or directory')",
            "customize_service.py:1: missing shared library 'libGL.so.1' in the image",
            id="a missing shared library",
        ),
        pytest.param(
            "def f(:\n", "customize_service.py:1: SyntaxError: invalid syntax (column 7)", id="a syntax error"
        ),
        pytest.param("import sys\nsys.exit(2)", "customize_service.py:2: the code called sys.exit(2)", id="an exit"),
        pytest.param(
            "open('/no/such.pth')",
            "customize_service.py:1: FileNotFoundError: [Errno 2] No such file or directory: '/no/such.pth'",
            id="a missing file",
        ),
        pytest.param("raise ValueError", "customize_service.py:1: ValueError", id="an error without words"),
        pytest.param("raise ValueError('a\\nb')", "customize_service.py:1: ValueError: a b", id="words on two lines"),
    ],
)
def test_the_line_names_the_file_the_line_and_what_is_at_fault(tmp_path: pathlib.Path, source: str, line: str) -> None:
    failure = explain(raised_by(tmp_path, source), str(tmp_path), PINS)

    assert str(failure).startswith("StartFailed: " + line)


def test_the_innermost_file_of_the_package_is_named(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "aiapp_test_inner.py").write_text("import json\njson.loads('{')\n")

    error = raised_by(tmp_path, "import aiapp_test_inner\n")
    sys.modules.pop("aiapp_test_inner", None)

    assert position(error, str(tmp_path)) == ("aiapp_test_inner.py", 2)


def test_our_own_refusals_are_kept(tmp_path: pathlib.Path) -> None:
    failure = StartFailure("file not found", "customize_service.py")

    assert explain(StartError(failure), str(tmp_path), ()) is failure
    assert str(failure) == "StartFailed: customize_service.py: file not found"


def test_the_line_fits_the_termination_message_in_any_script() -> None:
    line = str(StartFailure("猫" * 5000, "customize_service.py", 3))

    assert len(line) == MAX_LENGTH < 4096 / 2.7
    assert line.endswith("...")


@given(
    st.text(st.characters(blacklist_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=50),
    st.sampled_from(["", "customize_service.py", "src/net.py", "config.json"]),
    st.integers(0, 9),
)
def test_the_operator_reads_back_what_the_server_wrote(what: str, file: str, line: int) -> None:
    failure = StartFailure("x " + what, file, line if file else 0)

    assert parse(str(failure) + "\n") == failure


def test_other_lines_are_not_failures() -> None:
    assert parse("ServerFailed: cannot listen on port 8080") is None


@pytest.mark.parametrize(
    ("source", "line"),
    [
        pytest.param(
            "import codecs\n\ncodecs.open('labels.txt')\n",
            "customize_service.py:3: FileNotFoundError: ",
            id="a frozen module of Python",
        ),
        pytest.param('exec("x = missing")', "customize_service.py:1: NameError: ", id="code from a string"),
        pytest.param('exec("x = ")', "customize_service.py:1: SyntaxError: ", id="a string that is no code"),
    ],
)
def test_code_without_a_file_is_told_by_the_line_of_the_package_that_ran_it(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, source: str, line: str
) -> None:
    monkeypatch.chdir(tmp_path)  # as in the pod, where names that are no paths would lie in the package
    error = raised_by(tmp_path, source)
    assert str(explain(error, str(tmp_path), PINS)).startswith(f"StartFailed: {line}")
