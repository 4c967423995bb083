"""From what the last hook returned to the bytes of the answer; it never imports a numeric library.

Arrays and tensors are known by the methods they have, so that any library's values work.
"""

from __future__ import annotations

import base64
import datetime as dt
import decimal
import enum
import io
import json
import math
import uuid
from pathlib import PurePath
from typing import Any, Callable, Dict, FrozenSet, Iterable, List, NamedTuple, Optional, Tuple

from . import json_text

JSON = "application/json"
TEXT = "text/plain; charset=utf-8"
BYTES = "application/octet-stream"
_MAGIC = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"%PDF-", "application/pdf"))
_FINAL = frozenset([bool, int, str, type(None)])
_UNWRAPPING = ("tolist", "asnumpy", "numpy", "item")


Place = Tuple[Any, Any]
"""Where a value lies in the result: the place of what holds it, or None, and the key there."""


class Encoded(NamedTuple):
    content_type: str
    content: bytes
    headers: Tuple[Tuple[str, str], ...] = ()


class NotSerializableError(TypeError):
    """The hooks returned something that has no JSON form; the message names where it lies."""


def encode(result: Any) -> Encoded:
    """The answer for a hook's result. Raises NotSerializableError."""
    if isinstance(result, (io.BytesIO, io.StringIO)):
        result = result.getvalue()
    if isinstance(result, str):
        return _encoded_text(result)
    if isinstance(result, (bytes, bytearray, memoryview)):
        return _encoded_bytes(bytes(result))
    return Encoded(JSON, _dumped(result))


def _encoded_text(text: str) -> Encoded:
    """Text is passed on as it is: a hook that returns text has chosen its own form."""
    content = text.encode("utf-8", "backslashreplace")
    return Encoded(JSON if _is_json(text) else TEXT, content)


def _encoded_bytes(content: bytes) -> Encoded:
    for magic, content_type in _MAGIC:
        if content.startswith(magic):
            return Encoded(content_type, content)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return Encoded(BYTES, content)
    return Encoded(JSON if _is_json(text) else BYTES, content)


def _is_json(text: str) -> bool:
    try:
        json_text.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _dumped(result: Any) -> bytes:
    """JSON in UTF-8. Plain values take the fast way; the others are rewritten first."""
    try:
        text = json.dumps(result, ensure_ascii=False, allow_nan=False, default=_shallow)
    except (TypeError, ValueError, RecursionError):
        text = json.dumps(plain(result), ensure_ascii=False, allow_nan=False)
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:  # lone surrogates have no UTF-8 form, but an escaped one
        return json.dumps(json.loads(text)).encode("ascii")


def _shallow(value: Any) -> Any:
    """What `json` goes on with: arrays as their lists, whose NaN it refuses by itself and far faster than we could."""
    inner = value if isinstance(value, memoryview) else unwrapped(value)  # a view is bytes, whatever methods it has
    return inner if type(inner) in (list, int, float, bool, str) else plain(value)


def plain(value: Any) -> Any:
    """`value` with nothing in it but dict, list, str, int, float, bool and None. Raises NotSerializableError."""
    return _plain(value, None, frozenset())


def _named(where: Optional[Place]) -> str:
    return f"{_named(where[0])}[{where[1]!r}]" if where else "result"


def _plain(value: Any, where: Optional[Place], parents: FrozenSet[int]) -> Any:
    if type(value) in _FINAL:
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if id(value) in parents or len(parents) > 200:
        raise NotSerializableError(f"{_named(where)} contains itself or is nested too deeply")
    inner = parents | {id(value)}
    if isinstance(value, dict):
        return _plain_dict(value, where, inner)
    if isinstance(value, (list, tuple, set, frozenset)):
        return _plain_list(value, where, inner)
    return _plain_other(value, where, inner)


def _plain_dict(value: Dict[Any, Any], where: Optional[Place], parents: FrozenSet[int]) -> Dict[str, Any]:
    return {_key(key): _plain(item, (where, key), parents) for key, item in value.items()}


def _plain_list(value: Iterable[Any], where: Optional[Place], parents: FrozenSet[int]) -> List[Any]:
    return [item if type(item) in _FINAL else _plain(item, (where, index), parents) for index, item in enumerate(value)]


def _plain_other(value: Any, where: Optional[Place], parents: FrozenSet[int]) -> Any:
    """The standard library's other values, then those of foreign libraries."""
    for types, convert in _CONVERSIONS:
        if isinstance(value, types):
            return _plain(convert(value), where, parents)
    return _plain_foreign(value, where, parents)


def _plain_bytes(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return base64.b64encode(value).decode("ascii")


_CONVERSIONS: Tuple[Tuple[Any, Callable[[Any], Any]], ...] = (
    (enum.Enum, lambda value: value.value),
    (int, int),  # subclasses of int and str: their plain value
    (str, str.__str__),
    ((bytes, bytearray, memoryview), lambda value: _plain_bytes(bytes(value))),
    ((io.BytesIO, io.StringIO), lambda value: value.getvalue()),
    ((dt.date, dt.time), lambda value: value.isoformat()),
    ((uuid.UUID, PurePath, complex), str),
    (decimal.Decimal, float),
)


def _plain_foreign(value: Any, where: Optional[Place], parents: FrozenSet[int]) -> Any:
    """Values of libraries: tables by their records, arrays and tensors by their lists."""
    if callable(getattr(value, "to_dict", None)) and hasattr(value, "columns"):
        return _plain(value.to_dict("records"), where, parents)
    inner = unwrapped(value)
    if inner is not value:
        return _plain(inner, where, parents)
    if hasattr(value, "__dataclass_fields__"):
        return _plain(vars(value), where, parents)
    if hasattr(value, "keys") and hasattr(value, "__getitem__"):
        return _plain({key: value[key] for key in value.keys()}, where, parents)  # noqa: SIM118 - a mapping at most
    if hasattr(value, "__iter__"):
        return _plain(list(value), where, parents)
    raise NotSerializableError(
        f"{_named(where)} is a {type(value).__module__}.{type(value).__name__}, which has no JSON form"
    )


def unwrapped(value: Any) -> Any:
    """Returns the plain Python value of an array, a tensor or a library's scalar."""
    for name in _UNWRAPPING:
        method = getattr(value, name, None)
        if callable(method):
            return method()
    return value


def _key(key: Any) -> str:
    """A JSON key as `json` itself writes it, for library scalars too."""
    if isinstance(key, str):
        return str(key)
    item = getattr(key, "item", None)
    if callable(item):
        key = item()
    if isinstance(key, enum.Enum):
        key = key.value
    if isinstance(key, bytes):
        return _plain_bytes(key)
    if key is None or isinstance(key, (bool, float)):
        return json.dumps(key)
    return str(key)
