"""multipart/form-data as packages expect it."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiapp.serve.http import multipart
from aiapp.serve.http.errors import RefusedError
from aiapp.serve.http.multipart import MAX_PARTS, parse

TYPE = "multipart/form-data; boundary=XX"


def part(disposition: str, content: bytes, more: str = "") -> bytes:
    return f"--XX\r\nContent-Disposition: form-data; {disposition}\r\n{more}\r\n".encode() + content + b"\r\n"


def read(form: Any) -> Any:
    """The form with the content of its files instead of file objects."""
    if isinstance(form, dict):
        return {key: read(value) for key, value in form.items()}
    return form.read() if isinstance(form, io.BytesIO) else form


def form(*parts: bytes, content_type: str = TYPE) -> Any:
    return read(parse(content_type, b"".join(parts) + b"--XX--\r\n"))


def test_a_file_is_given_by_field_and_file_name() -> None:
    png = b"\x89PNG\r\n\r\n--X"

    assert form(part('name="images"; filename="a.png"', png, "Content-Type: image/png\r\n")) == {
        "images": {"a.png": png}
    }


def test_a_plain_field_is_text_and_a_repeated_one_a_list() -> None:
    parts = [part('name="a"', "é".encode()), part('name="b"', b"1"), part('name="b"', b"2"), part('name="b"', b"3")]

    assert form(*parts) == {"a": "é", "b": ["1", "2", "3"]}


def test_a_file_without_a_name_is_called_by_its_field() -> None:
    png = b"\x89PNG\xff"

    assert form(part('name="images"', png, "content-type: Image/PNG\r\n")) == {"images": {"images": png}}


def test_several_files_of_one_field_are_kept_also_under_the_same_name() -> None:
    same = part('name="f"; filename="a.jpg"', b"1")

    assert form(same, part('name="f"; filename="b.jpg"', b"2"), same, same) == {
        "f": {"a.jpg": b"1", "b.jpg": b"2", "a.jpg (2)": b"1", "a.jpg (3)": b"1"}
    }


def test_many_files_of_the_same_name_are_named_in_one_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multipart, "MAX_PARTS", 200_000)  # counting from the first for each would take hours
    same = part('name="f"; filename="a"', b"1")

    files = form(same * 100_000)["f"]
    assert (len(files), files["a (100000)"]) == (100_000, b"1")


def test_a_file_name_in_a_charset_that_is_not_known_is_read_as_utf8() -> None:
    assert form(part("name=f; filename*=punycode''%E7%8C%AB.jpg", b"x")) == {"f": {"猫.jpg": b"x"}}


def test_a_field_that_is_file_and_text_gives_the_file() -> None:
    file, text = part('name="f"; filename="a"', b"1"), part('name="f"', b"text")

    assert form(file, text) == form(text, file) == {"f": {"a": b"1"}}


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        pytest.param('name="f"; filename="C:\\\\photos\\\\a.jpg"', "a.jpg", id="a Windows path"),
        pytest.param('name="f"; filename="../../etc/passwd"', "passwd", id="a path upwards"),
        pytest.param('name="f"; filename="a \\"b\\".jpg"', 'a "b".jpg', id="escaped quotes"),
        pytest.param('name="f"; filename="a%22b.jpg"', 'a"b.jpg', id="a quote as browsers write it"),
        pytest.param("name=f; filename=plain.jpg", "plain.jpg", id="no quotes"),
        pytest.param('name="f"; filename="x;y.jpg"', "x;y.jpg", id="a semicolon"),
        pytest.param('name="f"; filename="_.jpg"; filename*=UTF-8\'\'%E7%8C%AB.jpg', "猫.jpg", id="RFC 5987"),
        pytest.param('name="f"; filename="猫.jpg"', "猫.jpg", id="raw UTF-8"),
        pytest.param('name="f"; filename=""', "", id="an empty name"),
    ],
)
def test_file_names_are_read_in_every_spelling_and_lose_their_folder(disposition: str, name: str) -> None:
    assert form(part(disposition, b"x")) == {"f": {name: b"x"}}


@pytest.mark.parametrize(
    "content_type",
    [
        pytest.param('multipart/form-data; boundary="XX"', id="quoted"),
        pytest.param("multipart/from-data; charset=utf-8; Boundary=XX", id="misspelt type, capital"),
        pytest.param("multipart/form-data", id="not declared"),
    ],
)
def test_the_boundary_is_found(content_type: str) -> None:
    assert form(part('name="a"', b"1"), content_type=content_type) == {"a": "1"}


def test_text_around_the_parts_is_ignored() -> None:
    body = b"preamble\r\n" + part('name="a"', b"1") + b"--XX--\r\nepilogue"

    assert parse(TYPE, body) == {"a": "1"}


def test_an_empty_form_and_an_empty_part_are_legal() -> None:
    assert form() == {}
    assert form(part('name="a"', b"")) == {"a": ""}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(b"", 400, id="nothing"),
        pytest.param(b"no boundary", 400, id="another boundary"),
        pytest.param(part('name="a"', b"1"), 400, id="no end"),
        pytest.param(b"--XX\r\nContent-Disposition: form-data; na", 400, id="cut in a part's head"),
        pytest.param(part("filename=a", b"1") + b"--XX--", 400, id="no field name"),
        pytest.param(b"--XX\r\nX: y\r\n\r\n1\r\n--XX--", 400, id="no disposition"),
        pytest.param(b"--XXjunk\r\n\r\n--XX--", 400, id="text after a boundary"),
        pytest.param(part('name="a"', b"") * (MAX_PARTS + 1) + b"--XX--", 413, id="too many parts"),
        pytest.param(b"--XX\r\nA: " + b"a" * 20000 + b"\r\n\r\n\r\n--XX--", 400, id="an endless part head"),
    ],
)
def test_a_broken_form_is_refused(body: bytes, status: int) -> None:
    with pytest.raises(RefusedError) as caught:
        parse(TYPE, body)

    assert caught.value.status == status


@given(
    st.lists(st.sampled_from([b"--XX", b"--XX--", b"\r\n", b"a", b'Content-Disposition: form-data; name="a"', b":"]))
)
def test_no_body_raises_anything_but_a_refusal(pieces: list[bytes]) -> None:
    with contextlib.suppress(RefusedError):
        parse(TYPE, b"".join(pieces))


@given(st.dictionaries(st.text("abc", min_size=1), st.binary().filter(lambda b: b"--XX" not in b)))
def test_any_content_comes_back_as_it_was(files: dict[str, bytes]) -> None:
    parts = [part(f'name="{name}"; filename="f"', content) for name, content in files.items()]

    assert form(*parts) == {name: {"f": content} for name, content in files.items()}
