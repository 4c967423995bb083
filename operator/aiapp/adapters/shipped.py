"""What comes with the package: the tables of chips, drivers and labels, and the catalogue of runtimes."""

from collections.abc import Mapping
from functools import cache
from importlib import resources

import yaml

from aiapp.api.runtime import InferenceRuntime, RuntimeSpec
from aiapp.domain.nodes.tables import Tables, load


@cache
def shipped_tables() -> Tables:
    """Chips, drivers and labels."""
    return load(_text("ascend.yaml"))


@cache
def shipped_runtimes() -> Mapping[str, RuntimeSpec]:
    """The runtimes of manifests/runtimes, by name."""
    documents = yaml.safe_load_all(_text("runtimes.yaml"))
    specs = [InferenceRuntime.model_validate(document).spec for document in documents]
    return {spec.name: spec for spec in specs}


def _text(name: str) -> str:
    return (resources.files("aiapp") / "data" / name).read_text("utf-8")
