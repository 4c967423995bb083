"""`apis` of config.json, in every dialect that packages are written in. Schemas are descriptive and never enforced."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from .diagnostics import Findings, excerpt
from .json_positions import pointer
from .model_types import CUSTOM, IMAGE, ModelType
from .paths import RULE, declared_path

JSON_TYPE = "application/json"
FORM_TYPE = "multipart/form-data"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

_MAX_APIS = 32
_KEYS = ("url", "method", "protocol", "procotol", "request", "response")
FILE_TYPES = frozenset({"file", "image", "binary", "bytes", "files"})
"""Words for an uploaded file, where a schema has its type."""

_BARE_SCHEMA = frozenset({"type", "properties", "items"})
_MISSPELT_TYPES = {
    "applicaton/json": JSON_TYPE,
    "aplication/json": JSON_TYPE,
    "appliction/json": JSON_TYPE,
    "application/jason": JSON_TYPE,
    "multipart/json": JSON_TYPE,
    "multipart/from-data": FORM_TYPE,
    "multipart/formdata": FORM_TYPE,
    "mutipart/form-data": FORM_TYPE,
}
_CONTENT_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,63}/[a-z0-9!#$&^_.+-]{1,63}")


class Body(NamedTuple):
    """What is sent in one direction; the place and text of its schema, which is read only when asked for."""

    where: str
    content_type: str
    data: Any = None


class PackageApi(NamedTuple):
    """One entry of `apis`."""

    method: str
    url: str
    request: Body | None = None
    response: Body | None = None


def read_apis(written: Any, findings: Findings, kind: ModelType | None = None) -> tuple[PackageApi, ...]:
    """The APIs in order; one object stands for a list of one. Only images may have other paths than `/`."""
    if not written:
        return ()
    if isinstance(written, dict):
        findings.repair("/apis", "an object read as a list of one")
        written = [written]
    if not isinstance(written, list):
        findings.refuse("/apis", written, "must be a list of objects")
        return ()
    if len(written) > _MAX_APIS:
        findings.refuse("/apis", f"{len(written)} entries", f"are more than {_MAX_APIS}")
        return ()
    return tuple(_api(pointer("/apis", number), entry, findings, kind) for number, entry in enumerate(written))


def _api(where: str, entry: Any, findings: Findings, kind: ModelType | None) -> PackageApi:
    if not isinstance(entry, dict):
        findings.refuse(where, entry, "must be an object")
        return PackageApi("POST", "/")
    if "procotol" in entry:
        findings.repair(pointer(where, "procotol"), "read as protocol")
    findings.strange_keys(where, entry, _KEYS)
    request = _part(where, "request", entry, findings)
    response_at, response = _response(where, entry, request, findings)
    return PackageApi(
        method=_method(pointer(where, "method"), entry.get("method"), findings),
        url=_url(pointer(where, "url"), entry.get("url"), findings, kind),
        request=_body(pointer(where, "request"), request, findings),
        response=_answered(_body(response_at, response, findings), kind),
    )


def _method(where: str, written: Any, findings: Findings) -> str:
    if written is None or written == "":
        return "POST"
    method = written.strip().upper() if isinstance(written, str) else ""
    if method not in METHODS:
        findings.refuse(where, written, f"is not one of {', '.join(METHODS)}")
        return "POST"
    return method


def _url(where: str, written: Any, findings: Findings, kind: ModelType | None) -> str:
    if written is None or (isinstance(written, str) and written.strip() in {"", "/"}):
        return "/"
    path = declared_path(written)
    if path is None and isinstance(written, str) and "://" not in written:
        path = declared_path(f"/{written}")
    if kind is not IMAGE:
        findings.refuse(where, written, "must be '/': only custom images may serve other paths")
    elif path is None:
        findings.refuse(where, written, RULE)
    elif path != written:
        findings.repair(where, f"{excerpt(written)} read as {path}")
    return path or "/"


def _part(where: str, key: str, entry: Mapping[str, Any], findings: Findings) -> dict[str, Any] | None:
    """`request` or `response`: an object, or a list of one; None when absent or empty."""
    written = entry.get(key)
    if written in ("", []):
        return None
    if isinstance(written, list) and len(written) == 1 and isinstance(written[0], dict):
        findings.repair(pointer(where, key), "a list of one read as an object")
        written = written[0]
    if written is None or isinstance(written, dict):
        return written
    findings.refuse(pointer(where, key), written, "must be an object")
    return None


def _response(
    where: str, entry: dict[str, Any], request: dict[str, Any] | None, findings: Findings
) -> tuple[str, dict[str, Any] | None]:
    """The JSON pointer of the response and what is there."""
    here, inside = pointer(where, "response"), pointer(where, "request")
    if "response" in entry or not request or not isinstance(request.get("response"), dict):
        return here, _part(where, "response", entry, findings)
    misplaced = pointer(inside, "response")
    findings.repair(misplaced, f"read as {here}")
    return misplaced, _part(inside, "response", request, findings)


def _body(where: str, part: dict[str, Any] | None, findings: Findings) -> Body | None:
    if part is None:
        return None
    findings.strange_keys(where, {key: None for key in part if not _is_content_type(key)}, ("data",))
    at, data = _data(where, part, findings)
    return Body(at, _content_type(where, part, data, findings), data)


def _data(where: str, part: dict[str, Any], findings: Findings) -> tuple[str, Any]:
    """The schema and where it is written."""
    if "data" in part or not _BARE_SCHEMA & part.keys():
        return pointer(where, "data"), part.get("data")
    findings.repair(where, "a schema read as that of data")
    return where, {key: part[key] for key in part if not _is_content_type(key) and key != "response"}


def _answered(body: Body | None, kind: ModelType | None) -> Body | None:
    """An answer as the model server gives it: forms are declared by the platform's own samples, but never sent."""
    if body is None or kind in (CUSTOM, IMAGE) or not body.content_type.startswith("multipart/"):
        return body
    return body._replace(content_type=JSON_TYPE)


def _is_content_type(key: str) -> bool:
    return key.casefold().replace("_", "-") == "content-type"


def _content_type(where: str, part: dict[str, Any], data: Any, findings: Findings) -> str:
    key = next(filter(_is_content_type, part), None)
    if key is None and _has_file(data):
        findings.repair(where, f"a file without Content-type read as {FORM_TYPE}")
        return FORM_TYPE
    if key is None:
        return JSON_TYPE
    written = part[key]
    plain = written.partition(";")[0].strip().lower() if isinstance(written, str) else ""
    meant = _MISSPELT_TYPES.get(plain, plain)
    if not _CONTENT_TYPE.fullmatch(meant):
        meant = JSON_TYPE
    if meant != plain:
        findings.repair(pointer(where, key), f"{excerpt(written)} read as {meant}")
    return meant


def _has_file(data: Any) -> bool:
    """Whether one of the properties is an uploaded file."""
    properties = data.get("properties", data) if isinstance(data, dict) else None
    members = properties.values() if isinstance(properties, dict) else ()
    types = (member.get("type") for member in members if isinstance(member, dict))
    return any(isinstance(written, str) and written.strip().casefold() in FILE_TYPES for written in types)
