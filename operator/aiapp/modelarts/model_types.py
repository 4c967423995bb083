"""The engines a package may name in `model_type`, and which files each of them needs. Facts and one look-up only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ModelType:
    """One engine. Suffixes are lower case and compared without regard to case."""

    name: str
    suffixes: tuple[str, ...] = ()
    """Endings of model files, the documented ones first; empty: any file but the configuration and the code."""
    aliases: tuple[str, ...] = ()
    needs_model: bool = True
    needs_code: bool = True


IMAGE = ModelType("Image", needs_model=False, needs_code=False)
TENSORFLOW = ModelType(
    "TensorFlow",
    ("saved_model.pb", ".pb", ".pbtxt", ".h5", ".hdf5", ".keras", ".tflite", ".ckpt", ".meta", ".index", ".om"),
    ("tf",),
)
CUSTOM = ModelType("Custom", aliases=("customize",), needs_model=False)
"""A program of the package's own: any runtime may have what it needs."""
MODEL_TYPES = (
    TENSORFLOW,
    ModelType(
        "PyTorch",
        (".pth", ".pt", ".pth.tar", ".bin", ".safetensors", ".pkl", ".ckpt", ".onnx", ".t7", ".om"),
        ("torch",),
    ),
    ModelType("MindSpore", (".ckpt", ".mindir", ".om", ".air")),
    ModelType("Scikit_Learn", (".m", ".pkl", ".pickle", ".joblib", ".model", ".sav"), ("sklearn",)),
    ModelType("XGBoost", (".m", ".model", ".json", ".ubj", ".bin", ".pkl", ".pickle", ".joblib"), ("xgb",)),
    ModelType("Spark_MLlib", aliases=("spark",)),
    ModelType("Caffe", (".caffemodel",)),
    ModelType("MXNet", (".params",)),
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
