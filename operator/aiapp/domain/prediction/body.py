"""What is sent to a model: a file as it is, or a form with fields and files. Pure."""

import json
from collections.abc import Sequence
from typing import Final, NamedTuple

from aiapp.domain.prediction.apis import BODILESS, FORM_TYPE, JSON_TYPE, DeclaredApi

RAW_TYPE: Final = "application/octet-stream"
CHECKED_BYTES: Final = 1024**2
"""Of JSON; a longer one is sent unread, for to read it may take thirty times as much memory."""
_UNFIT: Final = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})
"""Characters that may not stand in the names of a form's parts."""


class InvalidInputError(ValueError):
    """The API takes no such input; the text says what it takes."""


class File(NamedTuple):
    """A file that is sent to a model."""

    name: str
    content: bytes
    content_type: str = RAW_TYPE


class Field(NamedTuple):
    """One field of a form: a text, or a file."""

    name: str
    value: str | File


class Input(NamedTuple):
    """What a person gives to be sent to a model: a file, or the fields of a form."""

    file: File | None = None
    fields: tuple[Field, ...] = ()
    content_type: str | None = None
    """Of `file`, where the person says it."""


class Body(NamedTuple):
    """The body of a request and its type; None: there is none."""

    content: bytes | None
    content_type: str | None


def body(api: DeclaredApi, payload: Input, boundary: str) -> Body:
    """The body of a request; `boundary` must be in none of the files. Raises `InvalidInputError`."""
    if payload.fields:
        return _form(_fields(api, payload), boundary)
    if payload.file is None:
        if api.method in BODILESS:
            return Body(None, None)
        raise InvalidInputError(f"{api.label} takes a body: give FILE, - for standard input, or fields with -F")
    if payload.content_type is not None:
        return Body(payload.file.content, payload.content_type)
    if api.content_type == FORM_TYPE:
        return _form([Field(_file_field(api), payload.file)], boundary)
    return _as_declared(api, payload.file)


def _as_declared(api: DeclaredApi, file: File) -> Body:
    fault = _fault(file.content)
    if api.content_type == JSON_TYPE and fault is not None:
        raise InvalidInputError(
            f"{api.label} takes {JSON_TYPE}, and {file.name} is none ({fault}): "
            "send an upload with -F NAME=@FILE, or say another --content-type"
        )
    if api.content_type is not None:
        return Body(file.content, api.content_type)
    return Body(file.content, JSON_TYPE if fault is None else file.content_type)


def _fields(api: DeclaredApi, payload: Input) -> list[Field]:
    """With FILE as the file that is missing, if there is one."""
    named = {one.name for one in payload.fields}
    if payload.file is None:
        return list(payload.fields)
    left = [name for name in api.files if name not in named]
    if len(left) != 1:
        raise InvalidInputError(f"say which field {payload.file.name} is: -F NAME=@{payload.file.name}")
    return [*payload.fields, Field(left[0], payload.file)]


def _file_field(api: DeclaredApi) -> str:
    if len(api.files) == 1:
        return api.files[0]
    declared = (
        f"it declares {', '.join((*api.files, *api.fields))}" if (*api.files, *api.fields) else "see aiapp schema"
    )
    raise InvalidInputError(f"{api.label} takes a form: say which field the file is, with -F NAME=@FILE ({declared})")


def _fault(content: bytes) -> str | None:
    if len(content) > CHECKED_BYTES:
        return None if content[:1024].lstrip()[:1] in {b"{", b"[", b'"'} else "it does not begin like JSON"
    try:
        json.loads(content)
    except json.JSONDecodeError as error:
        return f"line {error.lineno} column {error.colno}: {error.msg}"
    except (UnicodeDecodeError, RecursionError) as error:
        return type(error).__name__
    return None


def _form(fields: Sequence[Field], boundary: str) -> Body:
    parts = b"".join(_part(one, boundary) for one in fields)
    return Body(parts + f"--{boundary}--\r\n".encode(), f"{FORM_TYPE}; boundary={boundary}")


def _part(field: Field, boundary: str) -> bytes:
    name = f'--{boundary}\r\nContent-Disposition: form-data; name="{field.name.translate(_UNFIT)}"'
    if isinstance(field.value, File):
        file = field.value
        head = f'{name}; filename="{file.name.translate(_UNFIT)}"\r\nContent-Type: {file.content_type}\r\n\r\n'
        return head.encode() + file.content + b"\r\n"
    return f"{name}\r\n\r\n{field.value}\r\n".encode()
