"""config.json, read: an accepted one with other fields."""

import json
from typing import Any

from aiapp.api.version import ModelStatus
from aiapp.domain.package.config import PackageConfig, read_config
from aiapp.domain.package.refusal import Refusal

MINIMAL = {"model_algorithm": "image_classification", "model_type": "PyTorch"}


def read(**fields: Any) -> PackageConfig | Refusal:
    return read_config(json.dumps({**MINIMAL, **fields}).encode(), "model/config.json")


def model(**fields: Any) -> ModelStatus:
    found = read(**fields)
    assert isinstance(found, PackageConfig), found
    return found.model
