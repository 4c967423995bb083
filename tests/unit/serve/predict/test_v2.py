"""The Open Inference Protocol: what an inference request becomes, what a result becomes, what is refused."""

from __future__ import annotations

import json
import math
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiapp.serve.http.errors import RefusedError
from aiapp.serve.http.v2names import LENGTH_HEADER
from aiapp.serve.predict import v2


def asked(*inputs: Any, raw: bytes = b"", **more: Any) -> v2.Request:
    document = json.dumps({"inputs": inputs, **more}).encode()
    return v2.decode(document + raw, str(len(document)) if raw else "")


def tensor(data: Any, datatype: str, *shape: int) -> Any:
    return {"name": "x", "shape": list(shape), "datatype": datatype, "data": data}


def binary(datatype: str, size: int, *shape: int, name: str = "x") -> Any:
    return {"name": name, "shape": list(shape), "datatype": datatype, "parameters": {"binary_data_size": size}}


@pytest.mark.parametrize(
    ("given", "value"),
    [
        pytest.param(tensor([1, 2, 3, 4], "INT64", 2, 2), [[1, 2], [3, 4]], id="flat data gets its shape"),
        pytest.param(tensor([[1, 2], [3, 4]], "FP32", 2, 2), [[1.0, 2.0], [3.0, 4.0]], id="nested data keeps it"),
        pytest.param(tensor([True, False], "BOOL", 2), [True, False], id="booleans"),
        pytest.param(tensor(["猫"], "BYTES", 1), ["猫"], id="text"),
        pytest.param(tensor([5], "UINT8"), 5, id="an empty shape is a single value"),
        pytest.param(tensor([], "FP32", 2, 0), [[], []], id="no elements"),
    ],
)
def test_a_tensor_becomes_nested_lists_under_its_name(given: Any, value: Any) -> None:
    assert asked(given).inputs == {"x": value}


def test_null_in_a_float_tensor_is_nan() -> None:
    assert math.isnan(asked(tensor([None], "FP32", 1)).inputs["x"][0])


def test_raw_tensors_follow_the_document_in_order() -> None:
    raw = struct.pack("<2f", 1.5, -2) + struct.pack("<I", 2) + b"ab" + struct.pack("<I", 0)

    request = asked(binary("FP32", 8, 2), binary("BYTES", 10, 2, name="y"), raw=raw)

    assert request.inputs == {"x": [1.5, -2.0], "y": ["ab", ""]}


@pytest.mark.parametrize(
    ("given", "raw", "why"),
    [
        pytest.param(tensor([1, 2], "INT64", 3), b"", "2 elements, its shape \\[3\\]", id="too few elements"),
        pytest.param(tensor([256], "UINT8", 1), b"", "256, which is no UINT8", id="out of range"),
        pytest.param(tensor([1.5], "INT32", 1), b"", "no INT32", id="a fraction"),
        pytest.param(tensor([True], "INT32", 1), b"", "no INT32", id="a boolean for a number"),
        pytest.param(tensor([1], "BOOL", 1), b"", "no BOOL", id="a number for a boolean"),
        pytest.param(tensor(["a"], "FP32", 1), b"", "no FP32", id="text for a number"),
        pytest.param(tensor([10**400], "FP32", 1), b"", "no FP32", id="an integer beyond all floats"),
        pytest.param(tensor([1], "BYTES", 1), b"", "no BYTES", id="a number for text"),
        pytest.param(tensor([1], "BF16", 1), b"", "'BF16' .* is not supported", id="an unknown datatype"),
        pytest.param(tensor([1], "INT8", -1), b"", "list of sizes", id="a negative size"),
        pytest.param(tensor([1], "INT8", *[1] * 17), b"", "more than 16 dimensions", id="too many dimensions"),
        pytest.param(tensor([], "INT8", 10**9, 0), b"", "out of proportion", id="an empty tensor of a billion lists"),
        pytest.param(tensor([[[[]]]] * 9, "INT8", 1), b"", "elements", id="empty lists"),
        pytest.param({"name": "x"}, b"", "datatype|shape", id="neither shape nor datatype"),
        pytest.param({"shape": [1]}, b"", "no name", id="no name"),
        pytest.param(binary("FP32", 8, 3), b"12345678", "8 bytes, not what FP32", id="too few bytes"),
        pytest.param(binary("FP64", 8, 2**30, 2**30), b"12345678", "8 bytes", id="a shape of exabytes"),
        pytest.param(binary("FP32", 9, 2), b"12345678", "not within the body", id="more bytes than there are"),
        pytest.param(binary("FP32", 4, 1), b"12345678", "belong to no input", id="bytes left over"),
        pytest.param(binary("BYTES", 4, 1), struct.pack("<I", 9), "cut short", id="an element cut short"),
        pytest.param(binary("BYTES", 3, 1), b"abc", "within the length", id="a length cut short"),
        pytest.param(binary("BYTES", 5, 1), struct.pack("<I", 1) + b"\xff", "multipart", id="bytes that are no text"),
        pytest.param({**tensor([1], "INT8", 1), "parameters": {"shared_memory_region": "a"}}, b"", "shared", id="shm"),
    ],
)
def test_what_has_no_place_in_the_mapping_is_refused_and_said(given: Any, raw: bytes, why: str) -> None:
    with pytest.raises(RefusedError, match=why) as caught:
        asked(given, raw=raw)

    assert caught.value.status == 400


@pytest.mark.parametrize(
    ("content", "length"),
    [
        (b"{", ""),
        (b"[]", ""),
        (b"{}", ""),
        (b'{"inputs": []}', ""),
        (b'{"inputs": [1]}', ""),
        (b"{}", "3"),
        (b"{}", "-1"),
        (b"{}", "x"),
        (b"{}", "\xb2"),
        (b'{"inputs": [%s]}' % (b"9" * 5000), ""),
        (b'{"inputs": [], "parameters": 1}', ""),
        (b"[" * 100_000, ""),
    ],
)
def test_what_is_no_inference_request_is_refused(content: bytes, length: str) -> None:
    with pytest.raises(RefusedError) as caught:
        v2.decode(content, length)

    assert caught.value.status == 400


NULL = ("FP64", [1], [None])
REQUEST = v2.Request("", {}, {}, is_binary=False)


def outputs(result: Any, request: v2.Request = REQUEST) -> Any:
    encoded = v2.encode_result(request, result, "model")
    document = json.loads(encoded.content)
    assert (document["model_name"], document["model_version"]) == ("model", "1")
    return {out["name"]: (out["datatype"], out["shape"], out["data"]) for out in document["outputs"]}


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        pytest.param({"a": [1, 2]}, {"a": ("INT64", [2], [1, 2])}, id="integers"),
        pytest.param({"a": [[1, 2.5]]}, {"a": ("FP64", [1, 2], [1.0, 2.5])}, id="integers among fractions"),
        pytest.param({"a": 1, "b": "x"}, {"a": ("INT64", [1], [1]), "b": ("BYTES", [1], ["x"])}, id="single values"),
        pytest.param({"a": True}, {"a": ("BOOL", [1], [True])}, id="a boolean"),
        pytest.param({1: [2**63]}, {"1": ("UINT64", [1], [2**63])}, id="an integer key, an unsigned value"),
        pytest.param([["a", "b"]], {"output": ("BYTES", [1, 2], ["a", "b"])}, id="a list at the top"),
        pytest.param(np.float32(0.5), {"output": ("FP32", [1], [0.5])}, id="a library's scalar"),
        pytest.param(
            {"a": np.arange(4, dtype="uint8").reshape(2, 2)},
            {"a": ("UINT8", [2, 2], [0, 1, 2, 3])},
            id="an array keeps its datatype",
        ),
        pytest.param({"a": [np.ones(2), np.ones(2)]}, {"a": ("FP64", [2, 2], [1.0] * 4)}, id="a list of arrays"),
        pytest.param({"a": np.array([math.nan, math.inf])}, {"a": ("FP64", [2], [None, None])}, id="NaN is null"),
        pytest.param({"a": math.nan, "b": -math.inf}, {"a": NULL, "b": NULL}, id="a single NaN or infinity too"),
        pytest.param('{"a": [1]}', {"a": ("INT64", [1], [1])}, id="text that is JSON"),
        pytest.param("plain", {"output": ("BYTES", [1], ["plain"])}, id="text that is not"),
        pytest.param({"a": []}, {"a": ("FP64", [0], [])}, id="an empty list"),
        pytest.param({"a": b"text"}, {"a": ("BYTES", [1], ["text"])}, id="bytes that are text"),
    ],
)
def test_a_result_becomes_outputs(result: Any, expected: Any) -> None:
    assert outputs(result) == expected


@pytest.mark.parametrize(
    ("result", "why"),
    [
        pytest.param({"a": [1, [2]]}, "side by side", id="lists beside values"),
        pytest.param({"a": [[1], 2]}, "side by side", id="values beside lists"),
        pytest.param({"a": [[1, 2], [3]]}, "different lengths", id="ragged lists"),
        pytest.param({"a": [1, "x"]}, "different kinds \\(BYTES, INT64\\)", id="numbers beside text"),
        pytest.param({"a": {"b": 1}}, "the result's 'a' holds an object", id="an object within"),
        pytest.param([{"b": 1}], "holds an object", id="a list of objects"),
        pytest.param({"a": None}, "holds null", id="nothing"),
        pytest.param({}, "empty", id="an empty result"),
        pytest.param({"a": 2**64}, "64 bits", id="an integer that is too large"),
        pytest.param({"a": b"\xff"}, "no binary data is asked for", id="bytes"),
    ],
)
def test_a_result_without_a_form_in_tensors_is_refused_and_said(result: Any, why: str) -> None:
    with pytest.raises(RefusedError, match=why) as caught:
        outputs(result)

    assert caught.value.status == 400


def test_only_the_outputs_asked_for_are_given_and_unknown_ones_are_named() -> None:
    assert list(outputs({"a": 1, "b": 2}, REQUEST._replace(outputs={"b": False}))) == ["b"]
    with pytest.raises(RefusedError, match="no output 'c'; the outputs are 'a', 'b'"):
        outputs({"a": 1, "b": 2}, REQUEST._replace(outputs={"c": False}))


def test_null_in_an_answer_is_read_back_as_the_nan_that_it_was() -> None:
    [(datatype, shape, data)] = outputs(math.nan).values()

    assert math.isnan(asked(tensor(data, datatype, *shape)).inputs["x"][0])


def test_binary_outputs_follow_the_document_whose_length_is_in_a_header() -> None:
    request = asked(tensor([1], "INT8", 1), outputs=[{"name": "b"}, {"name": "a", "parameters": {"binary_data": True}}])

    encoded = v2.encode_result(request, {"a": np.array([1.5, 2], "float32"), "b": b"x"}, "model")

    [(name, length)] = encoded.headers
    document = json.loads(encoded.content[: int(length)])
    assert name == "Inference-Header-Content-Length"
    assert encoded.content[int(length) :] == struct.pack("<2f", 1.5, 2)
    assert document["outputs"][0]["data"] == ["x"]
    assert document["outputs"][1]["parameters"] == {"binary_data_size": 8}


def test_the_id_is_given_back() -> None:
    request = asked(tensor([1], "INT8", 1), id="abc")

    assert json.loads(v2.encode_result(request, [1], "model").content)["id"] == "abc"


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text("abc"), lambda i: st.lists(i, max_size=3)))
def test_no_data_makes_anything_but_a_refusal(data: Any) -> None:
    try:
        request = asked(tensor(data, "FP32", 2))
    except RefusedError:
        return
    assert len(request.inputs["x"]) == 2


@given(st.lists(st.floats(width=32, allow_nan=False), min_size=1), st.sampled_from(["FP32", "FP64"]))
def test_an_echoed_tensor_comes_back_bit_by_bit(values: list[float], datatype: str) -> None:
    code = {"FP32": "f", "FP64": "d"}[datatype]
    raw = struct.pack(f"<{len(values)}{code}", *values)
    request = asked(binary(datatype, len(raw), len(values)), raw=raw, parameters={"binary_data_output": True})

    echoed = np.array(request.inputs["x"], dtype={"FP32": "float32", "FP64": "float64"}[datatype])
    encoded = v2.encode_result(request, {"x": echoed}, "model")

    assert encoded.content[int(dict(encoded.headers)[LENGTH_HEADER]) :] == raw
