"""Encodings as packages have them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiapp.modelarts.json_positions import Note
from aiapp.modelarts.text import NotText, Text, decode


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param("猫".encode(), Text("猫"), id="UTF-8"),
        pytest.param(b"\xef\xbb\xbf{}", Text("{}"), id="UTF-8 with a byte order mark"),
        pytest.param(
            "识别".encode("gbk"), Text("识别", (Note("read as GB18030 since it is not UTF-8"),)), id="GBK is reported"
        ),
        pytest.param(b"", Text(""), id="empty"),
    ],
)
def test_text_is_decoded(data: bytes, expected: Text) -> None:
    assert decode(data) == expected


@pytest.mark.parametrize(
    ("data", "words", "line"),
    [
        pytest.param("{}".encode("utf-16"), "is UTF-16", 0, id="UTF-16"),
        pytest.param(b"{\n\xff\xff", "neither UTF-8 nor GB18030 (byte 0xff)", 2, id="neither encoding"),
    ],
)
def test_other_bytes_are_refused(data: bytes, words: str, line: int) -> None:
    found = decode(data)
    assert isinstance(found, NotText)
    assert found.line == line
    assert words in found.message


@settings(max_examples=50, deadline=None)
@given(st.binary())
def test_no_bytes_whatever_raise(data: bytes) -> None:
    assert isinstance(decode(data), (Text, NotText))
