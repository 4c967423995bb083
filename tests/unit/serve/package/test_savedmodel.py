"""The TensorFlow default: signature, inputs by name, outputs as lists; TensorFlow itself is a stand-in here."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from aiapp.serve.package.failures import StartError
from aiapp.serve.package.savedmodel import SavedModel, _chosen
from aiapp.serve.package.service import TfServingBaseService

if TYPE_CHECKING:
    from typing import Self


class Signature:
    """As a loaded signature of TensorFlow 2: doubles its input."""

    structured_input_signature = ((), {"images": SimpleNamespace(dtype="float32")})

    def __call__(self, images: Any) -> Any:
        return {"scores": SimpleNamespace(numpy=lambda: images * 2)}


class Session:
    """As a session of TensorFlow 1: the output is the input's double."""

    def __init__(self, graph: Any) -> None:
        self.graph = graph

    def run(self, outputs: dict[str, str], feeds: dict[str, Any]) -> Any:
        assert outputs == {"scores": "y:0"}
        return {"scores": np.array(feeds["x:0"]) * 2}


class Graph:
    def as_default(self) -> Graph:
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return


def two(names: list[str]) -> Any:
    model = SimpleNamespace(signatures={name: Signature() for name in names})
    return SimpleNamespace(
        __version__="2.21.0",
        constant=lambda value, dtype: np.array(value, dtype=dtype),
        saved_model=SimpleNamespace(load=lambda _: model),
    )


def one() -> Any:
    tensor = SimpleNamespace
    signature = SimpleNamespace(inputs={"images": tensor(name="x:0")}, outputs={"scores": tensor(name="y:0")})
    loaded = SimpleNamespace(signature_def={"predict_images": signature})
    loader = SimpleNamespace(load=lambda *_: loaded)
    saved_model = SimpleNamespace(loader=loader)
    return SimpleNamespace(__version__="1.15.5", Graph=Graph, Session=Session, saved_model=saved_model)


@pytest.fixture(params=["1.15", "2"])
def tensorflow(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    made = one() if request.param == "1.15" else two(["__init__", "predict_images"])
    monkeypatch.setitem(sys.modules, "tensorflow", made)


@pytest.mark.usefixtures("tensorflow")
def test_the_signature_is_fed_by_name_and_gives_lists() -> None:
    assert SavedModel("/model").predict({"images": [[1, 2]], "ignored": 1}) == {"scores": [[2, 4]]}


@pytest.mark.usefixtures("tensorflow")
def test_a_missing_input_is_named() -> None:
    with pytest.raises(ValueError, match=r"the input 'images' of the SavedModel is missing; given: \['x'\]"):
        SavedModel("/model").predict({"x": 1})


@pytest.mark.usefixtures("tensorflow")
def test_data_that_is_no_object_is_refused() -> None:
    with pytest.raises(ValueError, match="takes a JSON object of its inputs, not list"):
        SavedModel("/model").predict([1])


@pytest.mark.usefixtures("tensorflow")
def test_a_service_without_an_inference_of_its_own_answers_with_the_saved_model() -> None:
    assert TfServingBaseService("n", "/model").inference({"images": [1]}) == {"scores": [2]}


def test_a_service_with_its_own_inference_never_loads_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    own = type("Own", (TfServingBaseService,), {"_inference": lambda _, data: data})

    service = own("n", "/model")
    service.prepare_default()

    assert service.inference(1) == 1


def test_a_saved_model_without_a_signature_of_its_own_says_what_it_has() -> None:
    with pytest.raises(StartError, match=r"no signature to serve \(it has: __saved_model_init_op\)"):
        _chosen({"__saved_model_init_op": None})
