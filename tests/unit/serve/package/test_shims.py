"""The modules that packages import from the platform's image, in a process of their own."""

from __future__ import annotations

import pathlib
import subprocess
import sys

import pytest

PRELUDE = "from aiapp.serve.package import shims; shims.install()\n"
OPERATOR = pathlib.Path(__file__).parents[4] / "operator"


def run(source: str, folder: pathlib.Path) -> str:
    """Output of a fresh interpreter with the shims installed and `folder` first on its path."""
    path = f"import sys; sys.path[:0] = [{str(folder)!r}, {str(OPERATOR)!r}]\n"
    done = subprocess.run(
        [sys.executable, "-c", path + PRELUDE + source], capture_output=True, text=True, check=False, timeout=60
    )
    return (done.stdout + done.stderr).strip()


IMPORTS = """
from model_service.pytorch_model_service import PTServingBaseService
from model_service.tfserving_model_service import TfServingBaseService
from model_service.model_service import SingleNodeService
from model_service.python_model_service import XgSklServingBaseService
from model_service.spark_model_service import SparkServingBaseService
from model_service.caffe_model_service import CaffeBaseService
import model_service.log, log
from model_service import log as log2
from metric.metrics_manager import MetricsManager
from mms.model_service.mxnet_model_service import MXNetBaseService
from mms.log import get_logger
from mms.utils.mxnet import image, ndarray
log.getLogger(__name__).info("x")
assert "model_LatencyPreprocess" not in MetricsManager.metrics
MetricsManager.metrics["model_Latency"].update(5)
print("all imported", sorted(n for n in sys.modules if n in ("torch", "tensorflow", "mindspore", "mxnet")))
"""


def test_every_module_is_importable_and_none_brings_a_framework(tmp_path: pathlib.Path) -> None:
    assert run(IMPORTS, tmp_path) == "all imported []"


def test_the_packages_own_log_module_wins(tmp_path: pathlib.Path) -> None:
    (tmp_path / "log.py").write_text("mine = 1")

    assert run("import log; print(log.mine)", tmp_path) == "1"


def test_a_mere_folder_of_that_name_does_not(tmp_path: pathlib.Path) -> None:
    (tmp_path / "log").mkdir()

    assert run("import log; print(log.getLogger('a').name)", tmp_path) == "a"


def test_a_real_package_of_that_name_is_not_mixed_with_ours(tmp_path: pathlib.Path) -> None:
    (tmp_path / "mms").mkdir()
    (tmp_path / "mms" / "__init__.py").write_text("real = True")

    output = run("import mms; print(mms.real)\nimport mms.log", tmp_path)

    assert output.startswith("True")
    assert output.endswith("No module named 'mms.log'")


@pytest.mark.parametrize("module", ["model_service.pytorch_model_service", "mms.utils.mxnet.image"])
def test_what_a_module_does_not_provide_is_said(tmp_path: pathlib.Path, module: str) -> None:
    output = run(f"import {module} as m; m.nope", tmp_path)

    assert f"module '{module}' has no attribute 'nope': this server does not provide it" in output
