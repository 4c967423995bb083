"""The base classes that packages derive from; they never import a framework until a default needs it.

The three levels matter: packages call `super(PTServingBaseService, self).__init__(model_name, model_path)` too,
which skips one.
"""

from __future__ import annotations

import importlib
import time
from typing import Any, NamedTuple, Optional, Type

from ...modelarts.model_types import PYTORCH, SCIKIT_LEARN, XGBOOST, ModelType
from ..compat import override
from ..weights import saved_model


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
        """Loads the SavedModel, once, if this class leaves `_inference` to us."""
        is_default = type(self)._inference is TfServingBaseService._inference  # noqa: SLF001 - the hooks' own name
        if self._saved_model is None and is_default:
            from .savedmodel import SavedModel  # noqa: PLC0415 - only when the default is used

            self._saved_model = SavedModel(saved_model(self.model_path))


class XgSklServingBaseService(SingleNodeService):
    """scikit-learn and XGBoost: gets the text of the request and the path of the model file."""


class SparkServingBaseService(SingleNodeService):
    """Spark MLlib: importable, so that the refusal can be a clear one."""


class CaffeBaseService(SingleNodeService):
    """Caffe."""


class MXNetBaseService(SingleNodeService):
    """MXNet, in the form of its own model server: `(model_name, model_dir, manifest, gpu=None)`."""


class Kind(NamedTuple):
    """What services of a base class are given. `engine`: whose model file `model_path` is; None: the folder."""

    base: Type[ModelService]
    engine: Optional[ModelType] = None
    raw_text: bool = False


KINDS = (
    Kind(PTServingBaseService, PYTORCH),
    Kind(XgSklServingBaseService, SCIKIT_LEARN, raw_text=True),
    Kind(SparkServingBaseService, raw_text=True),
    Kind(ModelService),
)
_KIND_OF_ENGINE = {PYTORCH: KINDS[0], SCIKIT_LEARN: KINDS[1], XGBOOST: KINDS[1]}


def kind_of(service: type, engine: Optional[ModelType]) -> Kind:
    """Returns the kind of a service class: by its base class, else by `model_type` of config.json."""
    by_base = next((kind for kind in KINDS if issubclass(service, kind.base)), None)
    found = by_base or (_KIND_OF_ENGINE.get(engine, KINDS[-1]) if engine else KINDS[-1])
    return found._replace(engine=XGBOOST) if found.base is XgSklServingBaseService and engine is XGBOOST else found


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
