"""Code that cannot be served, or will probably not answer, judged by its classes; held to what the server does."""

import textwrap
from types import ModuleType

import pytest
from tests.support.parsing import parsed

from aiapp.api.conditions import Reason
from aiapp.domain.package.service_code import ServiceCode
from aiapp.domain.package.serving import code_warnings, unserved_code
from aiapp.modelarts.model_types import CUSTOM, PYTORCH
from aiapp.serve.package import service
from aiapp.serve.package.failures import StartError
from aiapp.serve.package.loading import construct, discover

NAMES = {name: getattr(service, name) for name in dir(service) if name.endswith("Service")}


def code(source: str) -> ServiceCode:
    found = parsed(textwrap.dedent(source).encode())
    assert isinstance(found, ServiceCode)
    return found


def warnings(source: str, *files: str) -> list[tuple[int, str]]:
    known = dict.fromkeys(files, 1)
    return [(warning.line, warning.message) for warning in code_warnings(code(source), PYTORCH, known, ())]


def served(source: str) -> ModuleType:
    """The file as the model server imports it, with the base classes in place of their imports."""
    made = ModuleType("customize_service")
    made.__dict__.update(NAMES)
    exec(textwrap.dedent(source), made.__dict__)
    return made


ANSWERS = [
    pytest.param("class A(SingleNodeService):\n  def _inference(self, data): return 1", id="an _inference"),
    pytest.param("class A(XgSklServingBaseService):\n  def inference(self, data): return 1", id="an inference"),
    pytest.param("class A:\n  def _inference(self, data): return 1", id="no base"),
    pytest.param("class A(SingleNodeService):\n  _inference = lambda self, data: 1", id="assigned in the class"),
    pytest.param(
        "class A(SingleNodeService):\n  def _inference(self, data): return 1\nclass B(A): pass",
        id="inherited",
    ),
    pytest.param(
        """\
        class A(PTServingBaseService):
          def __init__(self, name, path):
            for self.model in [lambda data: data]: pass
          def _inference(self, data): return self.model(data)
        """,
        id="PyTorch with both",
    ),
]
ANSWERS_BY_DEFAULT = [
    pytest.param(
        """\
        class A(PTServingBaseService):
          def __init__(self, name, path):
            if path:
              self.model, self.classes = max, 3
        """,
        id="a self.model for PyTorch",
    ),
    pytest.param("class A(PTServingBaseService):\n  model = max", id="a model of the class"),
]


@pytest.mark.parametrize("source", ANSWERS)
def test_a_service_that_answers_gets_no_warning(source: str) -> None:
    assert warnings(source) == []
    loaded = construct(discover(served(source)), "n", "p")
    answer = loaded.inference(1) if hasattr(loaded, "inference") else loaded._inference(1)
    assert answer == 1


@pytest.mark.parametrize("source", ANSWERS_BY_DEFAULT)
def test_a_service_that_its_base_class_can_answer_for_gets_no_warning(source: str) -> None:
    assert warnings(source) == []


@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        pytest.param(
            "\nclass A(XgSklServingBaseService):\n  def _preprocess(self, data): return data",
            2,
            "A has no _inference, and its base class has none for it",
            id="hooks around nothing",
        ),
        pytest.param("class A(PTServingBaseService): pass", 1, "nor a self.model", id="PyTorch without a self.model"),
        pytest.param(
            "class A(SingleNodeService):\n  def _inference(self, data): pass\nclass B(SingleNodeService): pass",
            3,
            "B has no _inference",
            id="of two the last",
        ),
    ],
)
def test_a_service_that_cannot_predict_is_reported_with_its_line(source: str, line: int, message: str) -> None:
    ((found, words),) = warnings(source)
    assert (found, message in words) == (line, True), words
    loaded = construct(discover(served(source)), "n", "p")
    with pytest.raises(NotImplementedError):
        loaded.inference(1)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("def _preprocess(data): pass\ndef _inference(data): pass", id="hooks as functions"),
        pytest.param("class A:\n  def _preprocess(self, data): pass", id="a class without base and _inference"),
        pytest.param("", id="nothing"),
    ],
)
def test_a_file_without_a_service_is_reported(source: str) -> None:
    ((line, words),) = warnings(source)
    assert (line, words.startswith("nothing to serve: no class derives from a service base class")) == (0, True)
    with pytest.raises(StartError, match="no class derives from a service base class"):
        discover(served(source))


def test_a_class_from_another_file_of_the_package_may_be_the_service() -> None:
    assert warnings("from service import Service", "service.py") == []
    assert warnings("from .service import *", "service.py") == []
    assert warnings("from base import Base\nclass A(Base, SingleNodeService): pass", "base.py") == []


def test_tensorflow_answers_by_a_saved_model() -> None:
    source = "class A(TfServingBaseService): pass"
    assert warnings(source, "1/saved_model.pb") == []
    ((line, words),) = warnings(source, "net.h5")
    assert (line, "nor does the package hold a SavedModel" in words) == (1, True)


def test_a_decorator_that_makes_a_function_of_the_class_is_reported() -> None:
    source = "@torch.no_grad()\nclass A(SingleNodeService):\n  def _inference(self, data): pass"
    assert warnings(source) == [(2, "@torch.no_grad() makes a function of A in torch 1: put it above _inference")]


def test_a_program_of_its_own_needs_no_class() -> None:
    assert code_warnings(code("import os"), CUSTOM, {}, ()) == []


@pytest.mark.parametrize("base", ["SparkServingBaseService", "CaffeBaseService", "MXNetBaseService"])
def test_an_engine_that_is_not_served_is_refused_with_the_words_of_the_server(base: str) -> None:
    source = f"import x\nclass A({base}):\n  def _inference(self, data): pass\nclass B(A): pass"
    refusal = unserved_code(code(source), "model/customize_service.py")
    assert refusal is not None
    assert refusal.reason is Reason.MODEL_TYPE_UNSUPPORTED
    with pytest.raises(StartError) as caught:
        discover(served(source.removeprefix("import x\n")))
    assert refusal.message == f"model/customize_service.py line 4: {caught.value.failure.what}"


def test_other_classes_are_served() -> None:
    assert unserved_code(code("class A(SingleNodeService): pass"), "x") is None
    assert unserved_code(code("class A(CaffeBaseService): pass\nclass B(SingleNodeService): pass"), "x") is None
