"""From a hook's result to the answer."""

from __future__ import annotations

import array
import collections
import dataclasses
import datetime as dt
import decimal
import enum
import io
import json
import pathlib
import uuid
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiapp.serve.predict.encode import JSON, Encoded, NotSerializableError, encode


class Colour(enum.Enum):
    RED = "red"


class Tensor:
    """As MindSpore's: only `asnumpy`."""

    def __init__(self, values: list[float]) -> None:
        self._values = values

    def asnumpy(self) -> Any:
        return np.array(self._values, dtype="float32")


class EagerTensor(Tensor):
    """As TensorFlow's: only `numpy`."""

    asnumpy = None  # type: ignore[assignment]

    def numpy(self) -> Any:
        return np.float64(self._values[0])


class Table:
    """As a data frame: columns and `to_dict`."""

    columns = ("a",)

    def to_dict(self, orient: str) -> Any:
        assert orient == "records"
        return [{"a": np.int64(1)}]


@dataclasses.dataclass
class Box:
    x: object


@pytest.mark.parametrize(
    ("result", "text"),
    [
        pytest.param(None, "null", id="None"),
        pytest.param({"a": [1, 2.5, True, None]}, '{"a": [1, 2.5, true, null]}', id="plain values"),
        pytest.param({"label": "猫é"}, '{"label": "猫é"}', id="text is not escaped"),
        pytest.param(
            {1: "a", 2.5: "b", False: "c", None: "d"},
            '{"1": "a", "2.5": "b", "false": "c", "null": "d"}',
            id="odd keys",
        ),
        pytest.param({np.int64(3): 1, (1, 2): 2}, '{"3": 1, "(1, 2)": 2}', id="keys of libraries"),
        pytest.param([float("nan"), float("inf"), 1.5], "[null, null, 1.5]", id="NaN and infinity"),
        pytest.param((1, (2, 3)), "[1, [2, 3]]", id="tuples"),
        pytest.param({"s": {1}}, '{"s": [1]}', id="a set"),
        pytest.param(np.arange(4).reshape(2, 2), "[[0, 1], [2, 3]]", id="an array"),
        pytest.param({"a": np.array([1.5, np.nan])}, '{"a": [1.5, null]}', id="an array with NaN"),
        pytest.param([np.float32(0.5), np.int64(2), np.bool_(1)], "[0.5, 2, true]", id="numpy scalars"),
        pytest.param(np.array(7), "7", id="an array without dimensions"),
        pytest.param(np.array([b"a"]), '["a"]', id="an array of bytes"),
        pytest.param(Tensor([1.5, 2]), "[1.5, 2.0]", id="a tensor with asnumpy"),
        pytest.param({"t": EagerTensor([2.5])}, '{"t": 2.5}', id="a tensor with numpy"),
        pytest.param(Table(), '[{"a": 1}]', id="a table"),
        pytest.param({"b": b"text", "c": b"\xff"}, '{"b": "text", "c": "/w=="}', id="bytes inside"),
        pytest.param([memoryview(b"ab"), array.array("d", [1.5])], '["ab", [1.5]]', id="a view and an array of Python"),
        pytest.param(collections.OrderedDict(a=Colour.RED), '{"a": "red"}', id="an enum"),
        pytest.param([dt.date(2020, 1, 2)], '["2020-01-02"]', id="a date"),
        pytest.param([decimal.Decimal("1.5"), uuid.UUID(int=0)], None, id="decimal and uuid"),
        pytest.param([pathlib.PurePosixPath("/a"), 1 + 2j], '["/a", "(1+2j)"]', id="a path and a complex number"),
        pytest.param(Box(np.int32(3)), '{"x": 3}', id="a dataclass"),
        pytest.param(iter([1, 2]), "[1, 2]", id="an iterator"),
        pytest.param(collections.UserDict(a=np.int8(1)), '{"a": 1}', id="a mapping"),
        pytest.param({"a": "\ud800"}, '{"a": "\\ud800"}', id="a lone surrogate"),
        pytest.param(10**30, "1" + "0" * 30, id="a large number"),
    ],
)
def test_values_become_json(result: object, text: str | None) -> None:
    encoded = encode(result)

    assert encoded.content_type == JSON
    assert text is None or encoded.content.decode() == text
    json.loads(encoded.content, parse_constant=pytest.fail)


@pytest.mark.parametrize(
    ("result", "content_type", "content"),
    [
        pytest.param('{"a":1}', JSON, b'{"a":1}', id="JSON text is passed on"),
        pytest.param("猫", "text/plain; charset=utf-8", "猫".encode(), id="other text is text"),
        pytest.param("", "text/plain; charset=utf-8", b"", id="empty text"),
        pytest.param(b"\x89PNG\r\n\x1a\n.", "image/png", b"\x89PNG\r\n\x1a\n.", id="a PNG"),
        pytest.param(bytearray(b"\xff\xd8\xff."), "image/jpeg", b"\xff\xd8\xff.", id="a JPEG"),
        pytest.param(io.BytesIO(b"\xff\xd8\xff."), "image/jpeg", b"\xff\xd8\xff.", id="a file in memory"),
        pytest.param(io.StringIO("[1]"), JSON, b"[1]", id="a text file in memory"),
        pytest.param(b"[1]", JSON, b"[1]", id="bytes of JSON"),
        pytest.param(b"\xff\x00", "application/octet-stream", b"\xff\x00", id="other bytes"),
    ],
)
def test_text_and_bytes_are_passed_on_as_they_are(result: object, content_type: str, content: bytes) -> None:
    assert encode(result) == Encoded(content_type, content)


def test_a_value_without_a_form_is_named_with_its_place() -> None:
    with pytest.raises(NotSerializableError, match=r"result\['a'\]\[1\] is a builtins\.object"):
        encode({"a": [1, object()]})


def test_a_result_that_contains_itself_is_refused() -> None:
    result: list[Any] = []
    result.append(result)

    with pytest.raises(NotSerializableError, match="contains itself"):
        encode(result)


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text() | st.integers(), st.lists, max_leaves=6))
def test_every_plain_value_becomes_valid_json(result: object) -> None:
    encoded = encode([result])

    json.loads(encoded.content, parse_constant=pytest.fail)
