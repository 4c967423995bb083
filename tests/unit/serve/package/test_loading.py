"""Which class is served and how it is constructed."""

from __future__ import annotations

import textwrap
from types import ModuleType
from typing import Any

import pytest

from aiapp.modelarts.model_types import PYTORCH, SCIKIT_LEARN, XGBOOST, ModelType, model_type
from aiapp.serve.package import service
from aiapp.serve.package.failures import StartError
from aiapp.serve.package.loading import Loaded, construct, discover

NAMES = {name: getattr(service, name) for name in dir(service) if name.endswith("Service")}


def module(source: str) -> ModuleType:
    """A service file that has imported all base classes."""
    made = ModuleType("customize_service")
    made.__dict__.update(NAMES, Helper=type("Helper", (), {"__module__": "helpers"}))
    exec(textwrap.dedent(source), made.__dict__)
    return made


@pytest.mark.parametrize(
    ("source", "name"),
    [
        pytest.param("class A(PTServingBaseService): pass", "A", id="the derived class"),
        pytest.param("class B: _inference = 1\nclass A(SingleNodeService): pass", "A", id="a base before bare hooks"),
        pytest.param("class A(SingleNodeService): pass\nclass B(A): pass", "B", id="the most derived"),
        pytest.param("class B(SingleNodeService): pass\nclass A(SingleNodeService): pass", "A", id="of two the last"),
        pytest.param(
            "class A(SingleNodeService): __module__ = 'helpers'\nclass H: pass", "A", id="one imported into the file"
        ),
        pytest.param(
            "class A(object):\n  def _inference(self, data): pass\nclass H: pass", "A", id="hooks without a base"
        ),
        pytest.param("class A(Helper):\n  def inference(self, data): pass", "A", id="inference without a base"),
    ],
)
def test_the_service_class_is_found(source: str, name: str) -> None:
    assert discover(module(source)).__name__ == name


def test_a_file_without_a_service_class_is_refused() -> None:
    with pytest.raises(StartError, match=r"StartFailed: customize_service.py: no class derives"):
        discover(module("class A: pass"))


@pytest.mark.parametrize(
    ("base", "engine"),
    [("SparkServingBaseService", "Spark MLlib"), ("CaffeBaseService", "Caffe"), ("MXNetBaseService", "MXNet")],
)
def test_an_engine_that_is_not_served_is_refused_by_name(base: str, engine: str) -> None:
    with pytest.raises(StartError, match=f"A derives from {base}: {engine} models are not supported"):
        discover(module(f"class A({base}): pass"))


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        pytest.param("def __init__(self, model_name, model_path)", ("n", "p"), id="both"),
        pytest.param("def __init__(self, a, b)", ("n", "p"), id="both under other names"),
        pytest.param("def __init__(self, model_path)", ("p",), id="the path alone"),
        pytest.param("def __init__(self, model_name)", ("n",), id="the name alone"),
        pytest.param("def __init__(self, model_path, model_name)", ("p", "n"), id="the other way round"),
        pytest.param("def __init__(self)", (), id="nothing"),
        pytest.param("def __init__(self, *args)", ("n", "p"), id="any arguments"),
        pytest.param("def __init__(self, model_name='', model_path='')", ("n", "p"), id="defaults"),
        pytest.param(
            "def __init__(self, model_name, model_dir, manifest, gpu=None)",
            ("n", "p", {"Model": {"Signature": "signature.json"}}),
            id="the MXNet form",
        ),
        pytest.param("def __init__(self, model_name, model_path, device)", ("n", "p", None), id="a third one"),
        pytest.param(
            "def __init__(self, *, model_path, model_name)", {"model_name": "n", "model_path": "p"}, id="names"
        ),
    ],
)
def test_the_constructor_gets_what_it_takes(source: str, seen: Any) -> None:
    body = f"  {source}:\n    self.seen = {{k: v for k, v in locals().items() if k != 'self'}}"
    made = construct(module(f"class A(SingleNodeService):\n{body}").A, "n", "p")
    values = made.seen["args"] if "args" in made.seen else tuple(v for k, v in made.seen.items() if k != "gpu")

    assert (made.seen if isinstance(seen, dict) else values[: len(seen)]) == seen
    assert (made.model_name, made.model_path) == ("n", "p") or seen == ()


def test_name_and_path_are_there_before_the_constructor_runs_and_without_calling_the_base() -> None:
    source = """
        class A(PTServingBaseService):
            def __init__(self, model_name, model_path):
                self.early = self.model_path
    """

    made = construct(module(source).A, "n", "p")

    assert (made.early, made.model_name, made.model_path) == ("p", "n", "p")


def test_skipping_one_level_of_super_works() -> None:
    source = """
        class A(PTServingBaseService):
            def __init__(self, model_name, model_path):
                super(PTServingBaseService, self).__init__(model_name, model_path)
    """

    assert construct(module(source).A, "n", "p").model_path == "p"


def test_a_class_without_constructor_or_with_slots_is_constructed() -> None:
    assert construct(module("class A:\n  def _inference(self, d): return d").A, "n", "p").model_path == "p"
    assert construct(module("class A:\n  __slots__ = ()\n  def _inference(self, d): return d").A, "n", "p")


def test_a_class_that_makes_its_own_instances_is_respected() -> None:
    source = """
        class A(SingleNodeService):
            one = None
            def __new__(cls, *args):
                cls.one = cls.one or super().__new__(cls)
                return cls.one
    """
    made = module(source).A

    assert construct(made, "n", "p") is construct(made, "n", "p")


@pytest.mark.parametrize(
    "base", ["SingleNodeService", "object"], ids=["with the base's pipeline", "with hooks but no base"]
)
def test_the_hooks_run_in_a_row_each_on_the_last_ones_result(base: str) -> None:
    source = f"""
        class A({base}):
            def _preprocess(self, anything): return anything + ["pre"]
            def _inference(self, anything): return anything + ["inf"]
    """
    made = construct(module(source).A, "n", "p")

    assert Loaded(made, service.KINDS[-1]).predict([]) == ["pre", "inf"]


def test_a_service_without_inference_says_what_to_define() -> None:
    made = construct(module("class A(SingleNodeService): pass").A, "n", "p")

    with pytest.raises(NotImplementedError, match="A must define _inference"):
        made.inference({})


@pytest.mark.parametrize(
    ("base", "declared", "engine", "raw"),
    [
        ("PTServingBaseService", "TensorFlow", PYTORCH, False),
        ("XgSklServingBaseService", "", SCIKIT_LEARN, True),
        ("XgSklServingBaseService", "XGBoost", XGBOOST, True),
        ("TfServingBaseService", "", None, False),
        ("object", "Scikit-learn", SCIKIT_LEARN, True),
        ("object", "XGBoost", XGBOOST, True),
        ("object", "PyTorch", PYTORCH, False),
        ("object", "MindSpore", None, False),
    ],
)
def test_the_base_class_else_the_model_type_decides_about_path_and_data(
    base: str, declared: str, engine: ModelType | None, raw: bool
) -> None:
    kind = service.kind_of(module(f"class A({base}): pass").A, model_type(declared))

    assert (kind.engine, kind.raw_text) == (engine, raw)
