"""From a request's body to the data of the first hook."""

from __future__ import annotations

import encodings
import gzip
import json
import zlib
from typing import Any

import pytest

from aiapp.serve.http.errors import RefusedError
from aiapp.serve.predict import json_text
from aiapp.serve.predict.decode import Body, decode


def decoded(
    content: bytes, content_type: str = "", encoding: str = "", query: str = "", *, raw: bool = False, limit: int = 1000
) -> Any:
    return decode(Body(content, content_type, encoding, query), raw_text=raw, max_bytes=limit)


@pytest.mark.parametrize(
    ("content", "content_type", "data"),
    [
        pytest.param(b'{"a": 1}', "application/json", {"a": 1}, id="JSON"),
        pytest.param(b"[1, 2]", "application/json; charset=utf-8", [1, 2], id="a list at the top"),
        pytest.param(b'\xef\xbb\xbf{"a": "\xc3\xa9"}', "application/json", {"a": "é"}, id="a byte order mark"),
        pytest.param('{"a": "猫"}'.encode("gbk"), "application/json; charset=GBK", {"a": "猫"}, id="another charset"),
        pytest.param(b'{"a": 1}', "applicaton/json", {"a": 1}, id="the common misspelling"),
        pytest.param(b'{"a": 1}', "application/vnd.x+json", {"a": 1}, id="a JSON dialect"),
        pytest.param(b'{"a": 1}', "application/x-www-form-urlencoded", {"a": 1}, id="JSON sent by curl -d"),
        pytest.param(b"a=1&b=2&b=3", "application/x-www-form-urlencoded", {"a": "1", "b": ["2", "3"]}, id="a form"),
        pytest.param(b'{"a": 1}', "", {"a": 1}, id="JSON without a type"),
        pytest.param(b"some text", "text/plain", "some text", id="text"),
        pytest.param(b"123", "text/plain", "123", id="text that is a number"),
        pytest.param(b"[1", "", "[1", id="text that begins like JSON"),
        pytest.param(b"\xff\xd8\xff", "image/jpeg", b"\xff\xd8\xff", id="an image"),
        pytest.param(b"\xff\xfe", "", b"\xff\xfe", id="bytes of no type"),
        pytest.param(b"", "application/json", {}, id="no body"),
        pytest.param(b"", "", {}, id="no body and no type"),
    ],
)
def test_the_content_type_of_the_request_decides(content: bytes, content_type: str, data: object) -> None:
    assert decoded(content, content_type) == data


@pytest.mark.parametrize("content_type", ["application/json", "application/x-www-form-urlencoded", "text/plain", ""])
def test_kinds_that_parse_it_themselves_get_the_text_of_json(content_type: str) -> None:
    text = '{"data": {"req_data": [1]}}'

    assert decoded(text.encode(), content_type, raw=True) == text


def test_kinds_that_expect_text_still_get_forms_as_dicts() -> None:
    body = b'--X\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--X--'

    assert decoded(body, "multipart/form-data; boundary=X", raw=True) == {"a": "1"}


def test_without_a_body_the_query_is_the_data() -> None:
    assert decoded(b"", query="a=1&b=") == {"a": "1", "b": ""}


@pytest.mark.parametrize(
    ("encoding", "compressed"),
    [
        ("gzip", gzip.compress(b'{"a": 1}')),
        ("GZIP", gzip.compress(b'{"a": 1}')),
        ("deflate", zlib.compress(b'{"a": 1}')),
        ("identity", b'{"a": 1}'),
    ],
    ids=["gzip", "GZIP", "deflate", "identity"],
)
def test_compressed_bodies_are_read(encoding: str, compressed: bytes) -> None:
    assert decoded(compressed, "application/json", encoding) == {"a": 1}


@pytest.mark.parametrize(
    ("content", "content_type", "encoding", "status"),
    [
        pytest.param(b"{", "application/json", "", 400, id="broken JSON"),
        pytest.param(b"[" * 200_000, "application/json", "", 400, id="JSON too deep"),
        pytest.param(b"\xff", "application/json", "", 400, id="not UTF-8"),
        pytest.param(b"{}", "application/json; charset=nope", "", 415, id="an unknown charset"),
        pytest.param(b"{}", "text/plain; charset=punycode", "", 415, id="a codec that is no charset, and slow"),
        pytest.param(b"{}", "text/plain; charset=unicode_escape", "", 415, id="a codec that is no charset"),
        pytest.param(b"{}", "text/plain; charset=utf-7", "", 415, id="a charset that no client needs"),
        pytest.param(b"{}", "text/plain; charset=a\0b", "", 415, id="a charset that is no word"),
        pytest.param(b"[%s]" % (b"9" * 5000), "application/json", "", 400, id="an integer of endless digits"),
        pytest.param(b"{}", "application/json", "br", 415, id="an unknown compression"),
        pytest.param(b"{}", "application/json", "gzip", 400, id="not compressed at all"),
        pytest.param(gzip.compress(b"{}")[:-2], "application/json", "gzip", 400, id="compressed and cut"),
        pytest.param(gzip.compress(b" " * 1001), "application/json", "gzip", 413, id="a decompression bomb"),
    ],
)
def test_what_cannot_be_read_is_refused(content: bytes, content_type: str, encoding: str, status: int) -> None:
    with pytest.raises(RefusedError) as caught:
        decoded(content, content_type, encoding)

    assert caught.value.status == status


@pytest.mark.parametrize(
    "charset",
    [
        "UTF-8",
        "utf8",
        '"utf-8"',
        "US-ASCII",
        "iso-8859-1",
        "ISO_8859-15",
        "latin1",
        "Windows-1252",
        "gb2312",
        "GB18030",
    ],
)
def test_charsets_are_known_by_all_their_names(charset: str) -> None:
    assert decoded(b'{"a": 1}', f"application/json; charset={charset}") == {"a": 1}


@pytest.mark.parametrize("charset", ["utf-16", "utf-16-le", "big5", "shift_jis", "euc-jp", "iso-2022-jp", "euc-kr"])
def test_the_charsets_of_east_asia_are_read(charset: str) -> None:
    assert decoded("\u4e2d".encode(charset), f"text/plain; charset={charset}") == "\u4e2d"


def test_a_refused_charset_is_named_with_what_to_do() -> None:
    with pytest.raises(RefusedError, match="the charset 'punycode' is not supported: send UTF-8"):
        decoded(b"a", "text/plain; charset=punycode")


def test_clients_cannot_fill_the_memory_with_names_of_charsets() -> None:
    known = len(encodings._cache)
    for number in range(100):
        with pytest.raises(RefusedError):
            decoded(b"a", f"text/plain; charset=unknown{number}")

    assert len(encodings._cache) == known


@pytest.mark.parametrize("content_type", ["application/json", "application/x-www-form-urlencoded", "text/plain"])
def test_integers_are_bounded_where_python_does_not_bound_them(
    monkeypatch: pytest.MonkeyPatch, content_type: str
) -> None:
    monkeypatch.setattr(json_text, "_limit", lambda: 0)
    endless = b"[%s]" % (b"9" * 10_000_000)  # would take Python hours

    try:
        assert decoded(endless, content_type) == endless.decode()
    except RefusedError as refusal:
        assert refusal.message == "the body is not valid JSON: an integer has more than 4300 digits"  # noqa: PT017
        assert content_type == "application/json"
    assert decoded(b"[%s]" % (b"9" * 4300), content_type)


def test_a_refusal_says_where_the_json_is_broken() -> None:
    with pytest.raises(RefusedError, match="line 1 column 8"):
        decoded(json.dumps({"a": 1})[:-1].encode() + b"]", "application/json")
