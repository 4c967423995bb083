"""The smallest ONNX models, written byte by byte: no library is needed for them."""

import struct
from collections.abc import Iterable

FLOAT = 1
VARINT, BYTES = 0, 2


def multiplication(factor: float) -> bytes:
    """A model that multiplies each row of one number with `factor`."""
    weight = _message((1, 1), (1, 1), (2, FLOAT), (8, b"factor"), (9, struct.pack("<f", factor)))
    node = _message((1, b"x"), (1, b"factor"), (2, b"y"), (4, b"MatMul"))
    graph = _message((1, node), (2, b"multiplication"), (5, weight), (11, _rows(b"x")), (12, _rows(b"y")))
    return _message((1, 8), (7, graph), (8, _message((2, 13))))


def _rows(name: bytes) -> bytes:
    """A value of any number of rows with one number each."""
    shape = _message((1, _message((2, b"rows"))), (1, _message((1, 1))))
    return _message((1, name), (2, _message((1, _message((1, FLOAT), (2, shape))))))


def _message(*fields: tuple[int, int | bytes]) -> bytes:
    """A protocol buffer of these fields, each with its number."""
    return b"".join(_field(number, value) for number, value in fields)


def _field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return bytes(_varint(number << 3 | VARINT)) + bytes(_varint(value))
    return bytes(_varint(number << 3 | BYTES)) + bytes(_varint(len(value))) + value


def _varint(value: int) -> Iterable[int]:
    while value > 0x7F:
        yield value & 0x7F | 0x80
        value >>= 7
    yield value
