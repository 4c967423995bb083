"""Which answers are compressed, and for whom."""

from __future__ import annotations

import gzip

import pytest

from aiapp.serve.http.compression import MIN_COMPRESSED_BYTES, accepts_gzip, gzipped, is_compressible


@pytest.mark.parametrize(
    ("header", "accepts"),
    [
        ("gzip", True),
        ("deflate, GZIP;q=0.5, br", True),
        ("x-gzip", True),
        ("gzip; q=1.0", True),
        ("", False),
        ("br", False),
        ("identity", False),
        ("gzip;q=0", False),
        ("gzip;q=0.000", False),
        ("gzip;q=nonsense", False),
        ("*", False),
    ],
)
def test_gzip_is_used_only_for_those_who_ask_for_it(header: str, *, accepts: bool) -> None:
    assert accepts_gzip(header) is accepts


@pytest.mark.parametrize(
    ("content_type", "size", "compressible"),
    [
        pytest.param("application/json", MIN_COMPRESSED_BYTES, True, id="JSON"),
        pytest.param("text/plain; charset=utf-8", MIN_COMPRESSED_BYTES, True, id="text"),
        pytest.param("application/json", MIN_COMPRESSED_BYTES - 1, False, id="what fits a packet"),
        pytest.param("image/jpeg", MIN_COMPRESSED_BYTES, False, id="an image"),
    ],
)
def test_long_text_alone_is_worth_it(content_type: str, size: int, *, compressible: bool) -> None:
    assert is_compressible(content_type, b"x" * size) is compressible


def test_what_is_compressed_comes_back() -> None:
    assert gzip.decompress(gzipped(b"abc" * 1000)) == b"abc" * 1000
