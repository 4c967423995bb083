"""What is named as at fault when a package does not start."""

from __future__ import annotations

import importlib.util
import pathlib
import sys
from typing import TYPE_CHECKING

import pytest

from aiapp.serve.config import Pin
from aiapp.serve.package import diagnosis, shims
from aiapp.serve.package.diagnosis import explain
from aiapp.serve.package.failures import StartError, StartFailure
from aiapp.serve.package.tracebacks import position

if TYPE_CHECKING:
    from collections.abc import Iterator

PINS = (
    Pin("torch", "torch==1.8.0"),
    Pin("scikit-learn", "scikit-learn==0.19"),
    Pin("opencv-python-headless", "opencv-python-headless==4.5"),
    Pin("numpy", "numpy<1.20"),
)
PYTHON = "Python {}.{}".format(*sys.version_info)


@pytest.fixture(autouse=True)
def as_in_a_worker(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Imports from the package's folder and of the platform's modules; what was imported is forgotten afterwards."""
    before, finders = set(sys.modules), sys.meta_path[:]
    monkeypatch.syspath_prepend(tmp_path)
    shims.install()
    yield
    sys.meta_path[:] = finders
    for name in set(sys.modules) - before:
        del sys.modules[name]


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
            "import os\n\nimport mindx",
            "customize_service.py:3: missing library 'mindx' (config.json does not ask for it)",
            id="a missing library",
        ),
        pytest.param(
            "from utils.boxes import nms",
            "customize_service.py:1: no module 'utils' in the package or the image",
            id="a missing module that may have been left out of the package",
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
            "from pytest.externals import joblib",
            f"customize_service.py:1: library 'pytest' {pytest.__version__}: No module named 'pytest.externals'",
            id="a part that the installed library has lost",
        ),
        pytest.param(
            "from pytest import gone",
            f"customize_service.py:1: library 'pytest' {pytest.__version__}: cannot import name 'gone' from 'pytest'",
            id="a name that the installed library has lost",
        ),
        pytest.param(
            "import prometheus_client\nprometheus_client.float",
            "customize_service.py:2: library 'prometheus_client' has no 'float' (config.json does not ask for it)",
            id="an attribute that the installed library has lost",
        ),
        pytest.param(
            "import cPickle",
            f"customize_service.py:1: {PYTHON} has no cPickle (now pickle): the code is for an older Python",
            id="a module of Python 2",
        ),
        pytest.param(
            "from xml.etree.gone import x",
            f"customize_service.py:1: {PYTHON} has no xml.etree.gone: the code is for another Python",
            id="a part that Python does not have",
        ),
        pytest.param(
            "from json import gone",
            f"customize_service.py:1: {PYTHON} has no json.gone: the code is for another Python",
            id="a name that Python does not have",
        ),
        pytest.param(
            "from itertools import izip",
            f"customize_service.py:1: {PYTHON} has no itertools.izip (now zip): the code is for an older Python",
            id="a name that Python has lost",
        ),
        pytest.param(
            "import os\nos.getcwdu()",
            f"customize_service.py:2: {PYTHON} has no os.getcwdu (now os.getcwd): the code is for an older Python",
            id="an attribute that Python has lost",
        ),
        pytest.param(
            "from model_service.mindspore import Service",
            "customize_service.py:1: this server does not provide 'model_service.mindspore'",
            id="a module of the platform that is not there",
        ),
        pytest.param(
            "from log import getWriter",
            "customize_service.py:1: this server does not provide 'log.getWriter'",
            id="a name of the platform that is not there",
        ),
        pytest.param(
            "import mms.utils\nmms.utils.resize",
            "customize_service.py:2: this server does not provide 'mms.utils.resize'",
            id="an attribute of the platform that is not there",
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


@pytest.mark.parametrize(
    ("source", "what"),
    [
        pytest.param("from aiapp_own.boxes import nms", "the package has no aiapp_own/boxes.py", id="a module"),
        pytest.param("from aiapp_loose import nms", "the package has no aiapp_loose/nms.py", id="in a mere folder"),
        pytest.param("import aiapp_own.a.b", "the package has no aiapp_own/a.py", id="the first part that is missing"),
        pytest.param("from model import Net", "the package has neither model.py nor Net.py", id="model itself"),
        pytest.param("from model.net import Net", "the package has no net.py", id="by the name model"),
        pytest.param(
            "from aiapp_own import nms", "ImportError: cannot import name 'nms' from 'aiapp_own'", id="a name in code"
        ),
        pytest.param(
            "import aiapp_own\naiapp_own.nms",
            "AttributeError: module 'aiapp_own' has no attribute 'nms'",
            id="an attribute of its own module",
        ),
    ],
)
def test_what_is_missing_of_the_package_is_no_library(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, source: str, what: str
) -> None:
    package = tmp_path / "model"
    for file in ("aiapp_own/__init__.py", "aiapp_loose/other.py"):
        (package / file).parent.mkdir(parents=True)
        (package / file).touch()
    monkeypatch.syspath_prepend(package)

    found = explain(raised_by(package, source), str(package), PINS)

    assert (found.file, found.what.startswith(what)) == ("customize_service.py", True), found


def test_a_former_module_of_python_that_a_library_brings_is_that_librarys(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "site-packages").mkdir()
    (tmp_path / "site-packages" / "cPickle.py").touch()
    monkeypatch.syspath_prepend(tmp_path / "site-packages")
    monkeypatch.setattr(diagnosis, "_STANDARD_LIBRARY", f"{tmp_path}/")  # which holds the folder of libraries
    (tmp_path / "model").mkdir()

    found = explain(raised_by(tmp_path / "model", "from cPickle import gone"), str(tmp_path / "model"), PINS)

    assert found.what.startswith("library 'cPickle': cannot import name 'gone'")


@pytest.mark.parametrize(
    ("source", "line"),
    [
        pytest.param(
            "class Lazy:\n  def __getattr__(self, name): raise OSError\n"
            "import sys\nsys.modules['lazy'] = Lazy()\nraise ImportError('no part', name='lazy.part')",
            "customize_service.py:5: ImportError: no part",
            id="a module whose attributes raise",
        ),
        pytest.param(
            "class Finder:\n  def find_spec(self, *_): raise OSError\n"
            "import sys\nsys.meta_path.append(Finder())\nraise ModuleNotFoundError('gone', name='gone')",
            "customize_service.py:5: ModuleNotFoundError: gone",
            id="a finder that raises",
        ),
        pytest.param(
            "raise ImportError('gone', name=5)", "customize_service.py:1: ImportError: gone", id="a name that is none"
        ),
    ],
)
def test_code_that_breaks_pythons_own_rules_is_explained_all_the_same(
    tmp_path: pathlib.Path, source: str, line: str
) -> None:
    assert str(explain(raised_by(tmp_path, source), str(tmp_path), PINS)).startswith(f"StartFailed: {line}")


def test_the_innermost_file_of_the_package_is_named(tmp_path: pathlib.Path) -> None:
    (tmp_path / "aiapp_test_inner.py").write_text("import json\njson.loads('{')\n")

    error = raised_by(tmp_path, "import aiapp_test_inner\n")

    assert position(error, str(tmp_path)) == ("aiapp_test_inner.py", 2)


def test_our_own_refusals_are_kept(tmp_path: pathlib.Path) -> None:
    failure = StartFailure("file not found", "customize_service.py")

    assert explain(StartError(failure), str(tmp_path), ()) is failure
    assert str(failure) == "StartFailed: customize_service.py: file not found"


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
def test_code_without_a_file_is_named_by_the_line_of_the_package_that_ran_it(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, source: str, line: str
) -> None:
    monkeypatch.chdir(tmp_path)  # as in the pod, where names that are no paths would lie in the package
    error = raised_by(tmp_path, source)
    assert str(explain(error, str(tmp_path), PINS)).startswith(f"StartFailed: {line}")
