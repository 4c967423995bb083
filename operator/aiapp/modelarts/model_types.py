"""The engines a package may name in `model_type`, and which files are a model of each. Facts and one look-up only."""

from __future__ import annotations

from typing import NamedTuple


class ModelType(NamedTuple):
    """One engine. Suffixes are lower case and compared without regard to case."""

    name: str
    preferred: tuple[tuple[str, ...], ...] = ()
    """Endings of model files, in groups: a file of an earlier group is taken for the model before one of a later."""
    aliases: tuple[str, ...] = ()
    last_resort: tuple[str, ...] = ()
    """Endings of files that are often something else: not enough for a package, yet tried if nothing else is there."""
    needs_model: bool = True
    needs_code: bool = True
    is_served: bool = True
    """Whether the model server has a working base class for it."""

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Endings of model files; empty: any file but the configuration and the code."""
        return tuple(suffix for group in self.preferred for suffix in group)


IMAGE = ModelType("Image", needs_model=False, needs_code=False)
TENSORFLOW = ModelType(
    "TensorFlow",
    ((".pb", ".pbtxt", ".h5", ".hdf5", ".keras", ".tflite", ".ckpt", ".meta", ".index", ".om"),),
    ("tf",),
)
CUSTOM = ModelType("Custom", aliases=("customize",), needs_model=False)
"""A program of the package's own: any runtime may have what it needs."""
PYTORCH = ModelType(
    "PyTorch",
    (
        (".pth", ".pt", ".pth.tar"),
        (".safetensors", ".ckpt", ".bin", ".t7", ".onnx", ".om", ".h5"),
        (".pkl",),  # often labels beside the weights
    ),
    ("torch",),
)
ONNX = ModelType("ONNX", ((".onnx",),), ("onnxruntime",))
SCIKIT_LEARN = ModelType(
    "Scikit_Learn",
    ((".m", ".pkl", ".pickle", ".joblib", ".model", ".sav"),),
    ("sklearn",),
    (".ubj", ".bst", ".bin", ".json", ".txt"),
)
XGBOOST = ModelType(
    "XGBoost",
    ((".m", ".model", ".ubj", ".bst", ".json", ".bin", ".pkl", ".pickle", ".joblib", ".sav"),),
    ("xgb",),
    (".txt",),
)
MODEL_TYPES = (
    TENSORFLOW,
    PYTORCH,
    ModelType("MindSpore", ((".ckpt", ".mindir", ".om", ".air"),)),
    ONNX,
    SCIKIT_LEARN,
    XGBOOST,
    ModelType("Spark_MLlib", aliases=("spark",), is_served=False),
    ModelType("Caffe", ((".caffemodel",),), is_served=False),
    ModelType("MXNet", ((".params",),), is_served=False),
    CUSTOM,
    IMAGE,
)

_IGNORED = str.maketrans("", "", "-_ \t")


def _folded(name: str) -> str:
    return name.casefold().translate(_IGNORED)


_BY_NAME = {_folded(name): kind for kind in MODEL_TYPES for name in (kind.name, *kind.aliases)}


def model_type(written: str) -> ModelType | None:
    """The engine meant by `written`, without regard to case, `-`, `_` and blanks; None when there is none."""
    return _BY_NAME.get(_folded(written))
