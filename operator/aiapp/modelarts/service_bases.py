"""The base classes that a package's service derives from, by the last part of their names. Facts only."""

from __future__ import annotations

UNSERVED_BASES = {
    "SparkServingBaseService": "Spark MLlib",
    "CaffeBaseService": "Caffe",
    "MXNetBaseService": "MXNet",
}
"""Those of engines that the model server cannot serve, with the engine."""
SERVICE_BASES = frozenset(
    {"TfServingBaseService", "PTServingBaseService", "SingleNodeService", "XgSklServingBaseService", *UNSERVED_BASES}
)


def unserved(name: str, base: str) -> str:
    """Why the class `name`, which derives from one of `UNSERVED_BASES`, is not served."""
    return f"{name} derives from {base}: {UNSERVED_BASES[base]} models are not supported"


NO_DEFAULT = "and its base class has none for it"
NO_MODEL = "nor a self.model that its base class could call"
NO_SAVED_MODEL = "nor does the package hold a SavedModel that its base class could run"


def no_inference(name: str, lack: str) -> str:
    """Why the class `name` cannot predict; `lack` is one of the sentences above."""
    return f"{name} has no _inference, {lack}"


NOTHING_TO_SERVE = "no class derives from a service base class or has an _inference"
