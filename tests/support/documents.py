"""Valid documents of our kinds to start from, and changes of them by path."""

from copy import deepcopy
from typing import Any, Final

from aiapp.api.meta import GROUP_VERSION

Document = dict[str, Any]

ABSENT: Final = object()
"""The value of a field that is taken away."""


def application(name: str = "mnist") -> Document:
    """An AIApplication that serves version 1.0.0."""
    return _document("AIApplication", name, {"serving": {"versions": [{"version": "1.0.0"}]}})


def version(application: str = "mnist", number: str = "1.0.0") -> Document:
    """An AIApplicationVersion with a package in object storage."""
    source = {"obs": {"uri": f"obs://models/{application}/{number}/"}}
    spec = {"application": application, "version": number, "source": source}
    return _document("AIApplicationVersion", f"{application}-{number}", spec)


def runtime(name: str = "pytorch_2.1.0-cpu-py_3.11-debian_12-x86_64") -> Document:
    """An InferenceRuntime of that name."""
    return _document("InferenceRuntime", name.lower().replace("_", "-"), {"name": name})


def template(name: str = "tables") -> Document:
    """An InferenceTemplate for one model file."""
    spec = {
        "engine": "Scikit_Learn",
        "runtime": "sklearn_1.6.1-cpu-py_3.11-ubuntu_22.04-x86_64",
        "mode": "PredictiveAnalytics",
        "inputs": [{"name": "model", "target": "model.pkl", "patterns": ["*.pkl"]}],
    }
    return _document("InferenceTemplate", name, spec)


def changed(document: Document, **changes: Any) -> Document:
    """A copy with other values at paths; `__` stands for a step down, as in `spec__source__obs__uri="x"`."""
    copy = deepcopy(document)
    for path, value in changes.items():
        *parents, last = path.split("__")
        at = copy
        for step in parents:
            at = at.setdefault(step, {})
        if value is ABSENT:
            del at[last]
        else:
            at[last] = value
    return copy


def _document(kind: str, name: str, spec: Document) -> Document:
    return {"apiVersion": GROUP_VERSION, "kind": kind, "metadata": {"name": name}, "spec": spec}
