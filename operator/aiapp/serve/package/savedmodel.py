"""The default for TensorFlow: run a SavedModel's signature; it works with TensorFlow 1 and 2."""

from __future__ import annotations

import importlib
from typing import Any, Callable, Dict, Mapping

from .failures import StartError, StartFailure

Predict = Callable[[Mapping[str, Any]], Dict[str, Any]]


class SavedModel:
    """The model in a folder with `saved_model.pb`; outputs are lists, by the signature's names."""

    def __init__(self, folder: str) -> None:
        tensorflow: Any = importlib.import_module("tensorflow")  # the runtime image's
        self._predict = (_eager if _is_two(tensorflow) else _session)(tensorflow, folder)

    def predict(self, data: Any) -> Dict[str, Any]:
        """Feeds the inputs by name. Raises ValueError naming the inputs when `data` is no mapping."""
        if not isinstance(data, Mapping):
            raise ValueError(f"a SavedModel takes a JSON object of its inputs, not {type(data).__name__}")  # noqa: TRY004
        return self._predict(data)


def _is_two(tensorflow: Any) -> bool:
    return not str(tensorflow.__version__).startswith(("0.", "1."))


def _chosen(signatures: Any) -> str:
    """`serving_default`, else the first by name that is not TensorFlow's own."""
    if "serving_default" in signatures:
        return "serving_default"
    found = sorted(str(name) for name in signatures if not name.startswith("__"))
    if not found:
        has = ", ".join(sorted(map(str, signatures))) or "none"
        raise StartError(StartFailure(f"the SavedModel has no signature to serve (it has: {has}): save it with one"))
    return found[0]


def _eager(tensorflow: Any, folder: str) -> Predict:
    model = tensorflow.saved_model.load(folder)
    function = model.signatures[_chosen(model.signatures)]
    specs = function.structured_input_signature[1]

    def predict(data: Mapping[str, Any]) -> Dict[str, Any]:
        feeds = {name: tensorflow.constant(_input(data, name), dtype=spec.dtype) for name, spec in specs.items()}
        return {name: value.numpy().tolist() for name, value in function(**feeds).items()}

    predict.model = model  # type: ignore[attr-defined] # the function holds its variables weakly only
    return predict


def _session(tensorflow: Any, folder: str) -> Predict:
    session = tensorflow.Session(graph=tensorflow.Graph())
    with session.graph.as_default():
        loaded = tensorflow.saved_model.loader.load(session, ["serve"], folder)
    signature = loaded.signature_def[_chosen(loaded.signature_def)]
    inputs = {name: tensor.name for name, tensor in signature.inputs.items()}
    outputs = {name: tensor.name for name, tensor in signature.outputs.items()}

    def predict(data: Mapping[str, Any]) -> Dict[str, Any]:
        feeds = {tensor: _input(data, name) for name, tensor in inputs.items()}
        return {name: value.tolist() for name, value in session.run(outputs, feeds).items()}

    return predict


def _input(data: Mapping[str, Any], name: str) -> Any:
    if name in data:
        return data[name]
    raise ValueError(f"the input {name!r} of the SavedModel is missing; given: {sorted(map(str, data))}")
