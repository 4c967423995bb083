"""The base classes that packages derive from; they never import a framework until a default needs it.

The three levels matter: packages call `super(PTServingBaseService, self).__init__(model_name, model_path)` too,
which skips one.
"""

from __future__ import annotations

import importlib
import time
from typing import Any, NamedTuple, Optional, Tuple, Type

from .compat import override

TORCH_SUFFIXES = (".pth", ".pt", ".pth.tar", ".pkl", ".bin", ".ckpt", ".onnx", ".h5")
TREE_SUFFIXES = (".pkl", ".pickle", ".joblib", ".m", ".model", ".ubj", ".bst", ".bin", ".json", ".txt")


class ModelService:
    """What every service does with a request: the three hooks in a row, each given the last one's result."""

    def __init__(self, model_name: Any = None, model_path: Any = None, *_more: Any, **_named: Any) -> None:
        self.model_name = model_name
        self.model_path = model_path

    def inference(self, data: Any) -> Any:
        return self._postprocess(self._inference(self._preprocess(data)))

    def _preprocess(self, data: Any) -> Any:
        return data

    def _inference(self, data: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} must define _inference(self, data)")

    def _postprocess(self, data: Any) -> Any:
        return data

    def ping(self) -> Optional[str]:
        return None


class SingleNodeService(ModelService):
    """MindSpore and whatever fits in one process."""


class PTServingBaseService(SingleNodeService):
    """PyTorch. Without an `_inference` of its own a package's `self.model` is called."""

    @override
    def _inference(self, data: Any) -> Any:
        model = getattr(self, "model", None)
        if not callable(model):
            return super()._inference(data)
        torch: Any = importlib.import_module("torch")  # the runtime image's
        with torch.no_grad():
            if isinstance(data, dict):
                return {name: model(value) for name, value in data.items()}
            return model(data)


class TfServingBaseService(SingleNodeService):
    """TensorFlow. Without an `_inference` of its own the SavedModel in the package answers."""

    _saved_model: Any = None

    @override
    def _inference(self, data: Any) -> Any:
        self.prepare_default()
        return self._saved_model.predict(data)

    def prepare_default(self) -> None:
        """Load the SavedModel, once, if this class leaves `_inference` to us."""
        is_default = type(self)._inference is TfServingBaseService._inference  # noqa: SLF001 - the hooks' own name
        if self._saved_model is None and is_default:
            from .savedmodel import SavedModel  # noqa: PLC0415 - only when the default is used

            self._saved_model = SavedModel(self.model_path)


class XgSklServingBaseService(SingleNodeService):
    """scikit-learn and XGBoost: gets the text of the request and the path of the model file."""


class SparkServingBaseService(SingleNodeService):
    """Spark MLlib: importable, so that the refusal can be a clear one."""


class CaffeBaseService(SingleNodeService):
    """Caffe."""


class MXNetBaseService(SingleNodeService):
    """MXNet, in the form of its own model server: `(model_name, model_dir, manifest, gpu=None)`."""


class Kind(NamedTuple):
    """How a base class wants its model and its data. No suffixes: `model_path` is the folder."""

    base: Type[ModelService]
    suffixes: Tuple[str, ...] = ()
    raw_text: bool = False


KINDS = (
    Kind(PTServingBaseService, suffixes=TORCH_SUFFIXES),
    Kind(XgSklServingBaseService, suffixes=TREE_SUFFIXES, raw_text=True),
    Kind(SparkServingBaseService, raw_text=True),
    Kind(ModelService),
)
_KIND_OF_MODEL_TYPE = {"pytorch": KINDS[0], "scikitlearn": KINDS[1], "sklearn": KINDS[1], "xgboost": KINDS[1]}


def kind_of(service: type, model_type: str) -> Kind:
    """By the base class; a class without one goes by `model_type` of config.json."""
    for kind in KINDS:
        if issubclass(service, kind.base):
            return kind
    plain_type = "".join(letter for letter in model_type.lower() if letter.isalnum())
    return _KIND_OF_MODEL_TYPE.get(plain_type, KINDS[-1])


class Measurements:
    """One metric of the metrics mapping, as packages use it: they call `update` with milliseconds."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.value: float = 0.0
        self.updated: float = 0.0

    def update(self, metric: float = 0.0, *_more: Any, **_named: Any) -> None:
        self.value, self.updated = metric, time.time()


class Metrics(dict):  # type: ignore[type-arg] # packages see a plain dict
    """Empty at first, so that `name in metrics` skips; a metric that is asked for all the same exists."""

    def __missing__(self, name: str) -> Measurements:
        measurements = self[name] = Measurements(name)
        return measurements


class MetricsManager:
    metrics = Metrics()
