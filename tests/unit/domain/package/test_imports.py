"""Imports of a package's code that lead nowhere, found from names alone."""

import pytest
from tests.support.parsing import parsed

from aiapp.domain.package.imports import missing_modules, modules_of
from aiapp.domain.package.service_code import ServiceCode

FILES = (
    "config.json",
    "customize_service.py",
    "helper.py",
    "native.cpython-37m-x86_64-linux-gnu.so",
    "utils/__init__.py",
    "utils/boxes.py",
    "loose/nms.py",
    "loose/deep/more.py",
    "weights/net.pth",
)


def missing(source: str, *dependencies: str, files: tuple[str, ...] = FILES) -> list[tuple[int, str]]:
    code = parsed(source.encode())
    assert isinstance(code, ServiceCode)
    return [(one.line, one.message) for one in missing_modules(code.imports, modules_of(files), dependencies)]


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("import os, json.decoder, distutils.util", id="the standard library, also of an older Python"),
        pytest.param("import torch, numpy as np\nfrom PIL import Image", id="what images commonly have"),
        pytest.param("from model_service.model_service import SingleNodeService\nimport log", id="the platform's"),
        pytest.param("import helper, native, utils, utils.boxes, loose.nms", id="modules of the package"),
        pytest.param("from utils.boxes import nms\nfrom utils import anything", id="names of a module with code"),
        pytest.param("from loose import nms\nfrom loose.deep import more", id="modules of a folder without code"),
        pytest.param(
            "from model.helper import x\nimport model.utils\nfrom model import helper", id="by the name model"
        ),
        pytest.param("from .helper import x\nfrom . import utils\nfrom .loose import *", id="relative ones"),
        pytest.param("try:\n  import gone\nexcept ImportError:\n  gone = None", id="a failure that is caught"),
        pytest.param("if False:\n  import gone", id="only if"),
        pytest.param("from .. import gone", id="from outside of the package"),
    ],
)
def test_what_is_there_or_may_be_there_is_not_reported(source: str) -> None:
    assert missing(source) == []


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("from utils.nms import x", (1, "the package has no utils/nms.py"), id="in a package of its own"),
        pytest.param("\nimport utils.a.b", (2, "the package has no utils/a.py"), id="the first part that is missing"),
        pytest.param("from loose import boxes", (1, "the package has no loose/boxes.py"), id="a folder without code"),
        pytest.param("from model import Net", (1, "the package has neither model.py nor Net.py"), id="no model.py"),
        pytest.param("from model.net import Net", (1, "the package has no net.py"), id="by the name model"),
        pytest.param("from .net import Net", (1, "the package has no net.py"), id="a relative one"),
        pytest.param("from . import net", (1, "the package has no net.py"), id="a relative one by name"),
        pytest.param("def f():\n  import weights", (2, "no module 'weights' in the package"), id="no code in it"),
        pytest.param("import cPickle", (1, "Python 3 has no cPickle (now pickle): the code is for"), id="Python 2"),
        pytest.param("import models", (1, "no module 'models' in the package, nor asked for"), id="nothing at all"),
    ],
)
def test_what_is_nowhere_is_reported_with_its_line(source: str, expected: tuple[int, str]) -> None:
    ((line, message),) = missing(source)
    assert (line, message.startswith(expected[1])) == (expected[0], True), message


def test_each_is_reported_once() -> None:
    assert [line for line, _ in missing("import models\nimport models.x\nimport layers")] == [1, 3]


@pytest.mark.parametrize(
    ("module", "dependencies"),
    [
        pytest.param("timm", ("timm==0.4",), id="by its name"),
        pytest.param("google.protobuf", ("protobuf",), id="under another name"),
        pytest.param("bs4", ("beautifulsoup4>=4",), id="known by another name"),
        pytest.param("anything", ("-r ./requirements.txt",), id="a list that is not read"),
        pytest.param("anything", ("./wheels/x-1.0-py3-none-any.whl",), id="a wheel that is not opened"),
    ],
)
def test_a_dependency_may_bring_it(module: str, dependencies: tuple[str, ...]) -> None:
    assert missing(f"import {module}", *dependencies) == []


def test_a_package_that_is_a_module_itself_may_give_any_name() -> None:
    assert missing("from model import Net", files=("__init__.py", "customize_service.py")) == []
    assert missing("from . import Net", files=("__init__.py", "customize_service.py")) == []
