"""Which distribution brings a module: their names differ for some. Facts and comparisons only."""

from __future__ import annotations

import re
from collections.abc import Iterable

DISTRIBUTIONS = {
    "PIL": "pillow",
    "attr": "attrs",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python",
    "dateutil": "python-dateutil",
    "faiss": "faiss-cpu",
    "google.protobuf": "protobuf",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}
"""By the name of the module, where that is not the name of the distribution."""
COMMON = frozenset(
    {
        *("acl", "absl", "attr", "cffi", "cloudpickle", "cv2", "Cython", "cython", "dateutil", "decorator"),
        *("google", "grpc", "h5py", "hccl", "joblib", "keras", "lightgbm", "matplotlib", "mindspore"),
        *("mindx", "ml_dtypes", "moxing", "mxnet", "networkx", "npu_bridge", "npu_device", "numpy", "obs"),
        *("onnx", "onnxruntime", "packaging", "pandas", "PIL", "pip", "pkg_resources", "psutil", "pyspark"),
        *("pytz", "requests", "scipy", "seaborn", "setuptools", "six", "skimage", "sklearn", "sympy", "tbe"),
        *("te", "tensorboard", "tensorflow", "tensorflow_core", "torch", "torch_npu", "torchaudio"),
        *("torchvision", "tqdm", "typing_extensions", "urllib3", "wheel", "xgboost", "yaml"),
    }
)
"""Modules of libraries that images for inference have: engines, what these need, what services use beside them."""


def canonical(name: str) -> str:
    """The one spelling that all spellings of a distribution's name share (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def brought_by(module: str, distributions: Iterable[str]) -> str | None:
    """The first of the distributions that probably brings the module: `opencv-python-headless` brings `cv2`."""
    wanted = {canonical(module.partition(".")[0])}
    wanted |= {canonical(name) for prefix, name in DISTRIBUTIONS.items() if f"{module}.".startswith(f"{prefix}.")}
    for distribution in distributions:
        name = canonical(distribution)
        if name in wanted or any(name.startswith(f"{one}-") for one in wanted):
            return distribution
    return None
