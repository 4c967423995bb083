"""The header of a safetensors file, sound and hostile."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.weights import header, safetensors, with_length

from aiapp.domain.weights.safetensors import (
    BITS,
    LENGTH_BYTES,
    MAX_HEADER_BYTES,
    HeaderError,
    Tally,
    header_length,
    tally,
    together,
)

WHOLE_BYTES = sorted(name for name, bits in BITS.items() if bits % 8 == 0)
TENSORS = st.dictionaries(
    st.text(min_size=1).filter(lambda name: name != "__metadata__"),
    st.tuples(st.sampled_from(WHOLE_BYTES), st.lists(st.integers(0, 5), max_size=4).map(tuple)),
    max_size=8,
)


def entry(dtype: Any = "F32", shape: Any = (2,), offsets: Any = (0, 8)) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


def read(text: bytes | str, data: int) -> Tally:
    raw = text.encode() if isinstance(text, str) else text
    return tally(raw, LENGTH_BYTES + len(raw) + data)


@given(TENSORS, st.none() | st.dictionaries(st.text(), st.text(), max_size=3))
def test_every_sound_file_is_counted_by_number_format(tensors: Any, metadata: Any) -> None:
    file = safetensors(tensors, metadata)
    length = header_length(file[:100], len(file))
    found = tally(file[LENGTH_BYTES : LENGTH_BYTES + length], len(file))
    assert found.tensors == len(tensors)
    assert sum(found.bytes.values()) == len(file) - LENGTH_BYTES - length
    assert {name: found.bytes[name] * 8 for name in found.bytes} == {
        name: found.numbers[name] * BITS[name] for name in found.numbers
    }


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode), st.integers(0, 10**6))
def test_any_other_bytes_are_refused_and_nothing_else_happens(text: bytes, data: int) -> None:
    with contextlib.suppress(HeaderError):
        assert sum(read(text, data).bytes.values()) == data


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_other_json_is_refused_too(value: Any) -> None:
    with contextlib.suppress(HeaderError):
        assert sum(read(json.dumps(value), 0).bytes.values()) == 0


@given(TENSORS.filter(bool), st.data())
def test_a_header_that_is_cut_off_is_refused(tensors: Any, data: st.DataObject) -> None:
    text = header(tensors)
    end = data.draw(st.integers(0, len(text) - 1))
    with pytest.raises(HeaderError):
        read(text[:end], 0)


def test_blanks_behind_the_object_are_what_the_format_aligns_with() -> None:
    assert read(header({"a": ("F32", (2,))}) + b"   ", 8).numbers == {"F32": 2}


def test_files_are_added_up() -> None:
    first, second = Tally({"F32": 1, "BF16": 2}, {"F32": 4, "BF16": 4}, 2), Tally({"F32": 3}, {"F32": 12}, 1)
    assert together([first, second]) == Tally({"F32": 4, "BF16": 2}, {"F32": 16, "BF16": 4}, 3)


@pytest.mark.parametrize(
    ("tensors", "data", "words"),
    [
        pytest.param(
            {"a": entry(), "b": entry(offsets=[4, 12])}, 12, "'b' begins at byte 4 and overlaps", id="overlap"
        ),
        pytest.param(
            {"a": entry(), "b": entry(offsets=[16, 24])}, 24, "'b' begins at byte 16 and leaves a hole", id="hole"
        ),
        pytest.param({"a": entry(offsets=[8, 16])}, 16, "leaves a hole before it", id="hole at the start"),
        pytest.param({"a": entry()}, 7, "end at byte 8 of 7: the file is cut off", id="cut off"),
        pytest.param({"a": entry()}, 9, "end at byte 8 of 9", id="bytes behind the last tensor"),
        pytest.param({"a": entry(shape=[3])}, 8, "has 8 bytes, which is not the size of F32 [3]", id="wrong size"),
        pytest.param({"a": entry(offsets=[8, 0])}, 0, "has -8 bytes", id="end before begin"),
        pytest.param({"a": entry(shape=[2**62] * 40)}, 8, "is not the size of F32", id="absurd shape"),
        pytest.param({"a": entry(shape=[2**64])}, 8, "a shape that is no list of sizes", id="absurd number"),
        pytest.param({"a": entry(shape=[-2])}, 8, "a shape that is no list of sizes", id="negative"),
        pytest.param({"a": entry(shape=[True])}, 4, "a shape that is no list of sizes", id="a truth value"),
        pytest.param({"a": entry(shape=[1] * 65)}, 4, "a shape that is no list of sizes", id="too many dimensions"),
        pytest.param({"a": entry(shape="x")}, 8, "a shape that is no list of sizes", id="no list"),
        pytest.param({"a": entry(offsets=[0])}, 8, "data_offsets that are no two places", id="one offset"),
        pytest.param({"a": entry(dtype="F31")}, 8, "dtype 'F31', which the format does not know", id="unknown dtype"),
        pytest.param(
            {"a": entry(dtype=[])}, 8, "dtype '[]', which the format does not know", id="dtype of another kind"
        ),
        pytest.param({"a": {"dtype": "F32"}}, 8, "not exactly dtype, shape and data_offsets", id="members missing"),
        pytest.param({"a": {**entry(), "x": 1}}, 8, "not exactly dtype, shape and data_offsets", id="a member more"),
        pytest.param({"a": 1}, 0, "not exactly dtype, shape and data_offsets", id="no object"),
        pytest.param({"a": entry(shape=[1] * 3000)}, 4, "is described by", id="a long entry"),
    ],
)
def test_a_header_that_breaks_a_rule_names_the_tensor(tensors: dict[str, Any], data: int, words: str) -> None:
    with pytest.raises(HeaderError) as refused:
        read(json.dumps(tensors), data)
    assert words in str(refused.value)
    assert len(str(refused.value)) < 500


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param('{"a": {}, "a": {}}', "not exactly dtype", id="the first fault counts"),
        pytest.param(
            f'{{"a": {json.dumps(entry(offsets=[0, 8]))}, "\\u0061": {json.dumps(entry(offsets=[8, 16]))}}}',
            "'a' is there twice",
            id="duplicate key, written otherwise",
        ),
        pytest.param('{"a": ' + "[" * 100_000, "is no member of a flat JSON object", id="deep lists"),
        pytest.param('{"a": ' + '{"a": ' * 100_000, "is no member of a flat JSON object", id="deep objects"),
        pytest.param('{"a": {"shape": ' + "[" * 3000 + "]" * 3000 + "}}", "is described by", id="deep within an entry"),
        pytest.param('{"a": {"shape": ' + "[" * 2000 + "]" * 2000 + "}}", "", id="a little less deep"),
        pytest.param("[]", "it begins with '[]' and not with an object", id="a list"),
        pytest.param("", "it begins with ''", id="nothing"),
        pytest.param("{} x", "is no member", id="something behind"),
        pytest.param(
            f'{{"a": {json.dumps(entry(offsets=[0, 8]))}}} x', "something follows it", id="something behind the object"
        ),
        pytest.param('{"a": {"shape": [1e99999]}}', "not exactly", id="a number without end"),
    ],
)
def test_json_that_no_writer_makes_is_refused(text: str, words: str) -> None:
    with pytest.raises(HeaderError) as refused:
        read(text, 16)
    assert words in str(refused.value)


def test_what_is_not_utf_8_is_refused() -> None:
    with pytest.raises(HeaderError, match="not UTF-8"):
        read(b'{"\xff": {}}', 0)


@pytest.mark.parametrize(
    ("beginning", "size", "words"),
    [
        pytest.param(b"", 0, "it has 0 bytes: too few for a header", id="empty file"),
        pytest.param(b"1234567", 7, "it has 7 bytes: too few", id="shorter than the length"),
        pytest.param(
            (2**64 - 1).to_bytes(8, "little"), 100, "claims 18446744073709551615 bytes of the file's 100", id="absurd"
        ),
        pytest.param((93).to_bytes(8, "little"), 100, "claims 93 bytes of the file's 100", id="one byte too long"),
        pytest.param(
            (MAX_HEADER_BYTES + 1).to_bytes(8, "little"), 10**10, f"at most {MAX_HEADER_BYTES} are read", id="too long"
        ),
        pytest.param(
            b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", 130, "a pointer of Git LFS", id="Git LFS"
        ),
    ],
)
def test_a_length_that_cannot_be_is_refused(beginning: bytes, size: int, words: str) -> None:
    with pytest.raises(HeaderError) as refused:
        header_length(beginning, size)
    assert words in str(refused.value)


def test_the_length_is_that_of_the_json() -> None:
    assert header_length(with_length(b"{}") + b"x" * 90, 100) == 2
