"""What is sent to a model."""

from email import message_from_bytes
from email.message import Message

import pytest

from aiapp.domain.prediction.apis import DeclaredApi
from aiapp.domain.prediction.body import CHECKED_BYTES, Body, Field, File, Input, InvalidInputError, body

JSON = DeclaredApi("POST", "/", "application/json")
FORM = DeclaredApi("POST", "/", "multipart/form-data", ("images",), ("threshold",))
TWO = FORM._replace(files=("left", "right"))
DIGIT = File("digit.png", b"\x89PNG\r\n", "image/png")
TEXT = File("input.json", b'{"a": 1}', "application/json")


def parts(sent: Body) -> list[Message]:
    assert sent.content is not None
    found = message_from_bytes(f"Content-Type: {sent.content_type}\r\n\r\n".encode() + sent.content).get_payload()
    assert isinstance(found, list)
    return [one for one in found if isinstance(one, Message)]


def content(part: Message) -> object:
    return part.get_param("name", header="content-disposition"), part.get_filename(), part.get_payload(decode=True)


@pytest.mark.parametrize(
    ("api", "given", "sent"),
    [
        pytest.param(JSON, Input(TEXT), Body(TEXT.content, "application/json"), id="JSON"),
        pytest.param(JSON._replace(content_type=None), Input(TEXT), Body(TEXT.content, "application/json"), id="found"),
        pytest.param(JSON._replace(content_type=None), Input(DIGIT), Body(DIGIT.content, "image/png"), id="by name"),
        pytest.param(
            JSON._replace(content_type="text/csv"), Input(TEXT), Body(TEXT.content, "text/csv"), id="declared"
        ),
        pytest.param(JSON, Input(DIGIT, content_type="image/x"), Body(DIGIT.content, "image/x"), id="said"),
        pytest.param(DeclaredApi("GET", "/"), Input(), Body(None, None), id="nothing"),
    ],
)
def test_a_file_is_sent_as_it_is_declared(api: DeclaredApi, given: Input, sent: Body) -> None:
    assert body(api, given, "x") == sent


def test_a_file_is_uploaded_in_the_field_that_is_declared() -> None:
    sent = body(FORM, Input(DIGIT), "limit")
    assert sent.content_type == "multipart/form-data; boundary=limit"
    (part,) = parts(sent)
    assert (content(part), part.get_content_type()) == (("images", "digit.png", DIGIT.content), "image/png")


def test_a_form_has_texts_and_files() -> None:
    sent = body(FORM, Input(DIGIT, (Field("threshold", "0.5"),)), "limit")
    assert [content(part) for part in parts(sent)] == [
        ("threshold", None, b"0.5"),
        ("images", "digit.png", DIGIT.content),
    ]


def test_a_name_cannot_forge_a_part() -> None:
    sent = body(JSON, Input(None, (Field('a"\r\nX: y', "1"), Field("f", File('b"\n', b"")))), "limit")
    assert [content(part) for part in parts(sent)] == [("a%22%0D%0AX: y", None, b"1"), ("f", "b%22%0A", b"")]


@pytest.mark.parametrize(
    ("api", "given", "message"),
    [
        pytest.param(
            JSON,
            Input(DIGIT),
            "POST / takes application/json, and digit.png is none (UnicodeDecodeError): send an upload with "
            "-F NAME=@FILE, or say another --content-type",
            id="no JSON",
        ),
        pytest.param(
            JSON,
            Input(File("a.json", b'{"a": }')),
            "POST / takes application/json, and a.json is none (line 1 column 7: Expecting value): send an upload with "
            "-F NAME=@FILE, or say another --content-type",
            id="broken JSON",
        ),
        pytest.param(
            JSON, Input(), "POST / takes a body: give FILE, - for standard input, or fields with -F", id="no body"
        ),
        pytest.param(
            TWO,
            Input(DIGIT),
            "POST / takes a form: say which field the file is, with -F NAME=@FILE (it declares left, right, threshold)",
            id="two files",
        ),
        pytest.param(
            FORM._replace(files=(), fields=()),
            Input(DIGIT),
            "POST / takes a form: say which field the file is, with -F NAME=@FILE (see aiapp schema)",
            id="no schema",
        ),
        pytest.param(
            TWO,
            Input(DIGIT, (Field("threshold", "1"),)),
            "say which field digit.png is: -F NAME=@digit.png",
            id="which",
        ),
    ],
)
def test_what_the_api_does_not_take_is_refused_with_what_it_takes(api: DeclaredApi, given: Input, message: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        body(api, given, "x")
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("begin", "declared", "sent"),
    [
        (b' {"a": [', "application/json", "application/json"),
        (b"[", None, "application/json"),
        (b"\x89PNG", None, "image/png"),
    ],
)
def test_a_long_input_is_not_read_to_know_what_it_is(begin: bytes, declared: str | None, sent: str) -> None:
    content = begin + b"{}," * (CHECKED_BYTES // 3 + 1)
    api = DeclaredApi("POST", "/", declared)
    assert body(api, Input(File("x", content, "image/png")), "limit") == Body(content, sent)


def test_a_long_input_that_does_not_begin_like_json_is_none() -> None:
    with pytest.raises(InvalidInputError, match="does not begin like JSON"):
        body(DeclaredApi("POST", "/", "application/json"), Input(File("x", b"x" * (CHECKED_BYTES + 1))), "limit")
