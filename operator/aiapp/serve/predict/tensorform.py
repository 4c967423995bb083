"""The tensor that a hook's result is, if it is one; it never changes a value for that."""

from __future__ import annotations

from typing import Any, List, Optional, Sequence, Tuple

from ..http.errors import RefusedError
from . import encode
from .tensors import BYTES, MAX_DIMENSIONS, Tensor, in_range

_DATATYPES = {
    "bool": "BOOL",
    "half": "FP16",
    "float": "FP32",
    "double": "FP64",
    **{f"float{bits}": f"FP{bits}" for bits in (16, 32, 64)},
    **{f"{sign}int{bits}": f"{sign}int{bits}".upper() for sign in ("", "u") for bits in (8, 16, 32, 64)},
}
_KINDS: Tuple[Tuple[Any, str], ...] = ((bool, "BOOL"), (int, "INT64"), (float, "FP64"), ((str, bytes), BYTES))
_PLAIN = (str, bytes, bool, int, float, list, tuple, dict, type(None))


def tensor_of(where: str, value: Any) -> Tensor:
    """The tensor in a value called `where`; a single value has the shape [1].

    Arrays keep their datatype, other values get the widest of their kind. Raises RefusedError (400) naming
    what has no tensor form.
    """
    datatype = _declared_datatype(value)
    value = _in_lists(value)
    shape = _shape(where, value)
    values: List[Any] = []
    _collect(where, value, shape, values)
    datatype = datatype or _common_datatype(where, values)
    if datatype.startswith("FP"):
        values = [float(item) for item in values]
    return Tensor(datatype, shape or [1], values)


def no_tensor_form(what: str) -> RefusedError:
    return RefusedError(400, "NoTensorForm", f"{what}: ask the package's own path for this answer")


def _declared_datatype(value: Any) -> Optional[str]:
    """Returns the declared type of an array or tensor: `float32`, `torch.float32`, a dtype object with that name."""
    dtype = getattr(value, "dtype", None)
    name = getattr(dtype, "name", None) or str(dtype)
    return _DATATYPES.get(str(name).rpartition(".")[2].lower())


def _in_lists(value: Any) -> Any:
    """Arrays as nested lists, NaN kept; what else is foreign as JSON has it."""
    if isinstance(value, _PLAIN):
        return value
    inner = encode.unwrapped(value)
    return encode.plain(value) if inner is value else _in_lists(inner)


def _shape(where: str, value: Any) -> List[int]:
    """Lengths of the lists along the first items."""
    shape: List[int] = []
    while isinstance(value, (list, tuple)):
        if len(shape) == MAX_DIMENSIONS:
            raise no_tensor_form(f"{where} has more than {MAX_DIMENSIONS} dimensions")
        shape.append(len(value))
        value = _in_lists(value[0]) if value else None
    return shape


def _collect(where: str, value: Any, shape: Sequence[int], values: List[Any]) -> None:
    """Adds the single values to `values`; all lists of one depth must have the length in `shape`."""
    value = _in_lists(value)
    if not isinstance(value, (list, tuple)):
        if shape:
            raise no_tensor_form(f"{where} holds lists and single values side by side")
        values.append(value)
    elif not shape:
        raise no_tensor_form(f"{where} holds lists and single values side by side")
    elif len(value) != shape[0]:
        raise no_tensor_form(f"{where} holds lists of different lengths")
    else:
        for item in value:
            _collect(where, item, shape[1:], values)


def _common_datatype(where: str, values: Sequence[Any]) -> str:
    found = {_datatype(where, value) for value in values}
    if found <= {"INT64", "FP64"}:
        return "INT64" if found == {"INT64"} and _fit(values, "INT64") else _wide(where, values, found)
    if len(found) > 1:
        raise no_tensor_form(f"{where} holds values of different kinds ({', '.join(sorted(found))})")
    return found.pop()


def _wide(where: str, values: Sequence[Any], found: "set[str]") -> str:
    if found != {"INT64"}:
        return "FP64"
    if not _fit(values, "UINT64"):
        raise no_tensor_form(f"{where} holds an integer of more than 64 bits")
    return "UINT64"


def _fit(values: Sequence[int], datatype: str) -> bool:
    return all(in_range(value, datatype) for value in values)


def _datatype(where: str, value: Any) -> str:
    for types, datatype in _KINDS:
        if isinstance(value, types):
            return datatype
    what = "an object" if isinstance(value, dict) else "null" if value is None else f"a {type(value).__name__}"
    raise no_tensor_form(f"{where} holds {what}")
