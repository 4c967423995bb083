"""Services that no request can be answered with are refused before the server is ready."""

from __future__ import annotations

import textwrap
from types import ModuleType
from typing import Any

import pytest

from aiapp.serve.package import service
from aiapp.serve.package.failures import StartError
from aiapp.serve.package.loading import construct, discover
from aiapp.serve.package.prediction_check import require_prediction

NAMES = {name: getattr(service, name) for name in dir(service) if name.endswith("Service")}


def constructed(source: str) -> Any:
    module = ModuleType("customize_service")
    module.__dict__.update(NAMES)
    exec(textwrap.dedent(source), module.__dict__)
    return construct(discover(module), "n", "p")


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("class A(SingleNodeService):\n  def _inference(self, d): return d", id="an _inference"),
        pytest.param("class A(XgSklServingBaseService):\n  def inference(self, d): return d", id="an inference"),
        pytest.param("class A:\n  def _inference(self, d): return d", id="no base"),
        pytest.param("class A(SingleNodeService):\n  _inference = len", id="a function that the class is given"),
        pytest.param(
            "class A(SingleNodeService):\n  def __init__(self, n, p): self._inference = len",
            id="a function that the object is given",
        ),
        pytest.param("class A(PTServingBaseService):\n  model = len", id="PyTorch with a model of the class"),
        pytest.param(
            "class A(PTServingBaseService):\n  def __init__(self, n, p): self.model = len", id="PyTorch with a model"
        ),
        pytest.param(
            "class A(PTServingBaseService):\n  @property\n  def model(self): raise OSError",
            id="PyTorch with a model that is loaded when it is used",
        ),
        pytest.param(
            "class A(PTServingBaseService):\n  def _preprocess(self, d):\n    self.model = len",
            id="PyTorch that loads with the first request",
        ),
        pytest.param(
            "class A(PTServingBaseService):\n  def _preprocess(self, d):\n    (lambda: setattr(self, 'model', len))()",
            id="PyTorch that does so in an inner function",
        ),
        pytest.param(
            "class A(PTServingBaseService):\n  def __getattr__(self, name): return len", id="PyTorch with any attribute"
        ),
        pytest.param("class A(TfServingBaseService): pass", id="TensorFlow, whose SavedModel has been loaded"),
    ],
)
def test_what_may_predict_is_served(source: str) -> None:
    require_prediction(constructed(source), "/package", may_be_loading=False)


@pytest.mark.parametrize(
    ("source", "lack"),
    [
        pytest.param(
            "class A(XgSklServingBaseService):\n  def _preprocess(self, d): return d",
            "and its base class has none for it",
            id="hooks around nothing",
        ),
        pytest.param(
            "class A(PTServingBaseService):\n  def __init__(self, n, p): self.net = len",
            "nor a self.model that its base class could call",
            id="PyTorch with a model of another name",
        ),
        pytest.param(
            "class A(PTServingBaseService):\n  def __init__(self, n, p): self.model = {}",
            "nor a self.model that its base class could call",
            id="PyTorch with weights in place of a model",
        ),
    ],
)
def test_what_cannot_predict_is_refused(source: str, lack: str) -> None:
    with pytest.raises(StartError) as caught:
        require_prediction(constructed(source), "/package", may_be_loading=False)

    assert str(caught.value) == f"StartFailed: customize_service.py: A has no _inference, {lack}"


def test_a_thread_may_still_load_the_model() -> None:
    require_prediction(constructed("class A(PTServingBaseService): pass"), "/package", may_be_loading=True)
