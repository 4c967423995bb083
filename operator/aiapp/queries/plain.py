"""What queries answer with as plain documents: the keys of fields as Kubernetes writes them."""

from collections.abc import Hashable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any, cast

from pydantic import BaseModel
from pydantic.alias_generators import to_camel

from aiapp.domain.moments import written


def plain(value: Any) -> Any:
    """For JSON or YAML: dataclasses become mappings with keys such as `displayName`, absent values null."""
    if value is None or isinstance(value, str | int | float | bool | datetime | Enum):
        return _scalar(value)
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True, exclude_none=True)
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if is_dataclass(value):
        return {key: plain(getattr(value, name)) for name, key in _keys(cast("Hashable", type(value)))}
    return [plain(one) for one in value]


def _scalar(value: Any) -> Any:
    if isinstance(value, datetime):
        return written(value)
    return value.value if isinstance(value, Enum) else value


@cache
def _keys(kind: Any) -> tuple[tuple[str, str], ...]:
    return tuple((one.name, to_camel(one.name)) for one in fields(kind))
