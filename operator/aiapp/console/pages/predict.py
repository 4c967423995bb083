"""A form made from what a model declares, and its answer."""

import asyncio
import json
import secrets
import shlex
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from aiapp.console.errors import PageError
from aiapp.console.pages.places import APPLICATION
from aiapp.console.visiting.uploads import PREDICT
from aiapp.console.visiting.visit import Visit, visit_of
from aiapp.domain.kubernetes.resources import SERVICES
from aiapp.domain.prediction.apis import BODILESS, FORM_TYPE, JSON_TYPE, DeclaredApi
from aiapp.domain.prediction.body import RAW_TYPE, Field, File, Input
from aiapp.ports.kubernetes import ApiError, ProxiedResponse
from aiapp.queries.errors import QueryError
from aiapp.queries.prediction import PredictionRequest, apis, predict

SECONDS: Final = 25.0
"""Longest wait for the answer: less than a page may take."""
SHOWN: Final = 65_536
"""Characters of an answer."""
INDENTED_BYTES: Final = 1024**2
"""Longer answers are shown as they came: read as JSON they may take thirty times as much memory."""
AT_ONCE: Final = 8
"""Predictions that are asked for at the same time, over all people; others wait: each may have 12 MiB to send and 16 to
read."""
OF_FIELD: Final = "field "
"""What names begin with that are of the model's own form."""


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One of the APIs, and what is sent to it."""

    version: str | None
    api: DeclaredApi
    place: int


def routes() -> Iterable[web.AbstractRouteDef]:
    """The form, and its answer."""
    path, turns = f"{APPLICATION}/predict", asyncio.Semaphore(AT_ONCE)

    async def answer(request: web.Request) -> web.StreamResponse:
        async with turns:
            return await _answer(request)

    return [web.get(path, _page), web.post(path, answer, name=PREDICT)]


async def _page(request: web.Request) -> web.StreamResponse:
    visit = visit_of(request)
    declared = await _apis(visit, request.query)
    return await _form_page(visit, declared, _asked(request.query, declared), {})


async def _answer(request: web.Request) -> web.StreamResponse:
    visit = visit_of(request)
    form = await request.post()
    texts = {name: value for name, value in form.items() if isinstance(value, str)}
    declared = await _apis(visit, texts)
    asked = _asked(texts, declared)
    question = PredictionRequest(
        application=visit.name,
        version=asked.version,
        given=_input(asked.api, form),
        path=asked.api.path,
        method=asked.api.method,
        seconds=SECONDS,
    )
    try:
        found = await predict(visit.cluster, question, secrets.token_hex(16))
    except QueryError as error:
        return await _form_page(visit, declared, asked, texts, fault=error.message)
    except ApiError as error:
        if error.status == 401:
            raise
        return await _form_page(visit, declared, asked, texts, fault=error.message)
    return await _form_page(visit, declared, asked, texts, answer=found)


async def _apis(visit: Visit, given: Mapping[str, str]) -> tuple[DeclaredApi, ...]:
    if visit.all_namespaces:
        raise PageError(404, "error.no_page")
    return await apis(visit.cluster, PredictionRequest(application=visit.name, version=given.get("version") or None))


def _asked(given: Mapping[str, str], declared: tuple[DeclaredApi, ...]) -> ApiCall:
    place = int(given["api"]) if given.get("api", "").isdecimal() and len(given["api"]) < 4 else 0
    place = place if place < len(declared) else 0
    return ApiCall(given.get("version") or None, declared[place], place)


def _input(api: DeclaredApi, form: Mapping[str, Any]) -> Input:
    if api.content_type == FORM_TYPE:
        return Input(fields=tuple(_fields(form)))
    if api.method in BODILESS:
        return Input()
    upload = form.get("file")
    if isinstance(upload, web.FileField) and upload.filename:
        return Input(_file(upload))
    text = str(form.get("text", "")).encode()
    return Input(File("text", text, JSON_TYPE if api.content_type == JSON_TYPE else RAW_TYPE))


def _fields(form: Mapping[str, Any]) -> Iterator[Field]:
    for name, value in form.items():
        if not name.startswith(OF_FIELD):
            continue
        if isinstance(value, web.FileField):
            if value.filename:
                yield Field(name.removeprefix(OF_FIELD), _file(value))
        elif value:
            yield Field(name.removeprefix(OF_FIELD), str(value))


def _file(upload: web.FileField) -> File:
    return File(upload.filename, upload.file.read(), upload.content_type or RAW_TYPE)


async def _form_page(
    visit: Visit,
    declared: tuple[DeclaredApi, ...],
    asked: ApiCall,
    given: Mapping[str, str],
    *,
    fault: str = "",
    answer: ProxiedResponse | None = None,
) -> web.Response:
    verb = "get" if asked.api.method == "GET" else "create"
    return visit.page(
        "predict.html",
        status=409 if fault else 200,
        name=visit.name,
        declared=declared,
        asked=asked,
        given=given,
        is_form=asked.api.content_type == FORM_TYPE,
        has_body=asked.api.method not in BODILESS,
        prefix=OF_FIELD,
        fault=fault,
        answer=None if answer is None else _worded(answer),
        command=_command(visit, asked),
        allowed=await visit.cluster.allowed(verb, SERVICES, subresource="proxy"),
    )


def _command(visit: Visit, asked: ApiCall) -> str:
    api, words = asked.api, ["aiapp", "predict", visit.name, *([asked.version] if asked.version else [])]
    if api.content_type == FORM_TYPE:
        words += [word for name in api.files for word in ("-F", f"{name}=@FILE")]
        words += [word for name in api.fields for word in ("-F", f"{name}=VALUE")]
    elif api.method not in BODILESS:
        words.append("FILE")
    return shlex.join([*words, "--path", api.path, "-n", visit.namespace])


def _worded(answer: ProxiedResponse) -> dict[str, Any]:
    """An answer as text: JSON with line breaks, other text as it is, and of anything else how much it is."""
    kind = answer.headers.get("Content-Type", "")
    try:
        text = answer.body.decode()
    except UnicodeDecodeError:
        return {"kind": kind, "bytes": len(answer.body), "text": None, "cut": False}
    with suppress(ValueError, RecursionError):
        text = text if len(answer.body) > INDENTED_BYTES else _indented(json.loads(text))
    return {"kind": kind, "bytes": len(answer.body), "text": text[:SHOWN], "cut": len(text) > SHOWN}


def _indented(document: Any) -> str:
    """The beginning of it, a little more than is shown: deep lists would become a thousand times as long."""
    parts: list[str] = []
    left = SHOWN
    for part in json.JSONEncoder(indent=2, ensure_ascii=False).iterencode(document):
        parts.append(part)
        left -= len(part)
        if left < 0:
            break
    return "".join(parts)
