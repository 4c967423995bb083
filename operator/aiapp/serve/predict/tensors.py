"""Tensors of the Open Inference Protocol as nested lists, and back; it never imports a numeric library."""

from __future__ import annotations

import math
import struct
from typing import Any, Iterator, List, NamedTuple, Sequence

from ..http.errors import RefusedError

MAX_DIMENSIONS = 16
MAX_EMPTY_LISTS = 10_000
"""Of a tensor without elements, whose shape alone decides how much memory its lists take."""

BYTES = "BYTES"
_CODES = {
    "BOOL": "?",
    "UINT8": "B",
    "UINT16": "H",
    "UINT32": "I",
    "UINT64": "Q",
    "INT8": "b",
    "INT16": "h",
    "INT32": "i",
    "INT64": "q",
    "FP16": "e",
    "FP32": "f",
    "FP64": "d",
}
_LENGTH = struct.Struct("<I")
_LARGE = 2**1000
"""Integers below it have a floating point value."""


class Tensor(NamedTuple):
    """`values` in row-major order: bool, int or float; str or bytes for BYTES."""

    datatype: str
    shape: List[int]
    values: Sequence[Any]


def from_json(name: str, datatype: Any, shape: Any, data: Any) -> Tensor:
    """The tensor in a JSON document, whether its data is nested or flat. Raises RefusedError (400)."""
    shape = _checked_shape(name, shape)
    _check_datatype(name, datatype)
    values = list(_leaves(data))
    _check_count(name, shape, len(values))
    for value in values:
        if not _fits(value, datatype):
            raise _malformed(f"the input {name!r} holds {value!r:.80}, which is no {datatype}")
    if datatype.startswith("FP"):
        values = [math.nan if value is None else float(value) for value in values]
    return Tensor(datatype, shape, values)


def from_binary(name: str, datatype: Any, shape: Any, content: bytes) -> Tensor:
    """The tensor in little-endian bytes (the protocol's binary extension). Raises RefusedError (400)."""
    shape = _checked_shape(name, shape)
    _check_datatype(name, datatype)
    if datatype == BYTES:
        values: Sequence[Any] = list(_texts(name, content))
        _check_count(name, shape, len(values))
    else:
        layout = struct.Struct(f"<{_count(shape)}{_CODES[datatype]}") if _count(shape) <= len(content) else None
        if layout is None or layout.size != len(content):
            raise _malformed(f"the input {name!r} has {len(content)} bytes, not what {datatype} {shape} takes")
        values = layout.unpack(content)
    return Tensor(datatype, shape, values)


def to_lists(tensor: Tensor) -> Any:
    """The values as nested lists, a single value for an empty shape."""
    if not tensor.shape:
        return tensor.values[0]
    if 0 in tensor.shape:
        return _empty(tensor.shape)
    values = list(tensor.values)
    for size in reversed(tensor.shape[1:]):
        values = [values[start : start + size] for start in range(0, len(values), size)]
    return values


def to_json(tensor: Tensor) -> List[Any]:
    """The values in a flat list; NaN and infinity, for which JSON has no form, are null.

    Raises UnicodeDecodeError for bytes that are not text.
    """
    if tensor.datatype == BYTES:
        return [value if isinstance(value, str) else value.decode("utf-8") for value in tensor.values]
    if tensor.datatype.startswith("FP"):
        return [value if math.isfinite(value) else None for value in tensor.values]
    return list(tensor.values)


def to_binary(tensor: Tensor) -> bytes:
    if tensor.datatype != BYTES:
        return struct.pack(f"<{len(tensor.values)}{_CODES[tensor.datatype]}", *tensor.values)
    pieces = [value if isinstance(value, bytes) else value.encode("utf-8", "replace") for value in tensor.values]
    return b"".join(_LENGTH.pack(len(piece)) + piece for piece in pieces)


def _malformed(why: str) -> RefusedError:
    return RefusedError(400, "MalformedTensor", why)


def _checked_shape(name: str, shape: Any) -> List[int]:
    if not isinstance(shape, list) or not all(type(size) is int and 0 <= size < 2**31 for size in shape):
        raise _malformed(f"the shape of the input {name!r} is not a list of sizes")
    if len(shape) > MAX_DIMENSIONS:
        raise _malformed(f"the input {name!r} has more than {MAX_DIMENSIONS} dimensions")
    if 0 in shape and _count(shape[: shape.index(0)]) > MAX_EMPTY_LISTS:
        raise _malformed(f"the shape of the input {name!r} is out of proportion to its elements: none")
    return shape


def _check_datatype(name: str, datatype: Any) -> None:
    if datatype != BYTES and datatype not in _CODES:
        known = ", ".join([*_CODES, BYTES])
        raise _malformed(f"the datatype {datatype!r:.40} of the input {name!r} is not supported; supported: {known}")


def _check_count(name: str, shape: List[int], count: int) -> None:
    if count != _count(shape):
        raise _malformed(f"the input {name!r} has {count} elements, its shape {shape} asks for {_count(shape)}")


def _count(shape: Sequence[int]) -> int:
    count = 1
    for size in shape:
        count *= size
    return count


def _leaves(data: Any, depth: int = 0) -> Iterator[Any]:
    if not isinstance(data, list):
        yield data
        return
    if depth > MAX_DIMENSIONS:
        raise _malformed(f"the data is nested more than {MAX_DIMENSIONS} deep")
    for item in data:
        if isinstance(item, list):
            yield from _leaves(item, depth + 1)
        else:
            yield item


def _fits(value: Any, datatype: str) -> bool:
    if datatype == BYTES:
        return isinstance(value, str)
    if datatype == "BOOL":
        return isinstance(value, bool)
    if isinstance(value, bool):
        return False
    if datatype.startswith("FP"):
        return value is None or isinstance(value, float) or (isinstance(value, int) and abs(value) < _LARGE)
    return isinstance(value, int) and in_range(value, datatype)


def in_range(value: int, datatype: str) -> bool:
    """Whether an integer has a place in INT8 to UINT64."""
    bits = int(datatype.lstrip("UINT"))
    low, high = (0, 1 << bits) if datatype.startswith("U") else (-(1 << (bits - 1)), 1 << (bits - 1))
    return low <= value < high


def _texts(name: str, content: bytes) -> Iterator[str]:
    position = 0
    while position < len(content):
        start = position + _LENGTH.size
        if start > len(content):
            raise _malformed(f"the input {name!r} ends within the length of an element")
        position = start + _LENGTH.unpack_from(content, position)[0]
        if position > len(content):
            raise _malformed(f"an element of the input {name!r} is cut short")
        try:
            yield content[start:position].decode("utf-8")
        except UnicodeDecodeError:
            raise _malformed(
                f"an element of the input {name!r} is not UTF-8 text: upload files as multipart/form-data instead"
            ) from None


def _empty(shape: Sequence[int]) -> List[Any]:
    return [_empty(shape[1:]) for _ in range(shape[0])] if shape[0] else []
