"""`apis` of config.json, in every dialect that packages are written in. Schemas are descriptive and never enforced."""

import re
from typing import Any, Final

from aiapp.api.version import ApiStatus
from aiapp.domain.package.findings import Findings, glimpse, pointer

JSON_TYPE: Final = "application/json"
METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

_MAX_APIS: Final = 32
_MISSPELT_TYPES: Final = {
    "applicaton/json": JSON_TYPE,
    "aplication/json": JSON_TYPE,
    "appliction/json": JSON_TYPE,
    "application/jason": JSON_TYPE,
    "multipart/json": JSON_TYPE,
    "multipart/from-data": "multipart/form-data",
    "multipart/formdata": "multipart/form-data",
    "mutipart/form-data": "multipart/form-data",
}
_CONTENT_TYPE: Final = re.compile(r"[a-z0-9!#$&^_.+-]{1,63}/[a-z0-9!#$&^_.+-]{1,63}")


def read_apis(written: Any, findings: Findings) -> tuple[ApiStatus, ...]:
    """The APIs in order; one object stands for a list of one."""
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
    return tuple(_api(pointer("/apis", number), entry, findings) for number, entry in enumerate(written))


def _api(where: str, entry: Any, findings: Findings) -> ApiStatus:
    if not isinstance(entry, dict):
        findings.refuse(where, entry, "must be an object")
        return ApiStatus(method="POST", url="/")
    if "procotol" in entry:
        findings.repair(pointer(where, "procotol"), "read as protocol")
    request = _part(where, "request", entry, findings)
    return ApiStatus(
        method=_method(pointer(where, "method"), entry.get("method"), findings),
        url=_url(pointer(where, "url"), entry.get("url"), findings),
        request_content_type=_content_type(pointer(where, "request"), request, findings),
        response_content_type=_content_type(
            pointer(where, "response"), _response(where, entry, request, findings), findings
        ),
    )


def _method(where: str, written: Any, findings: Findings) -> str:
    if written is None or written == "":
        return "POST"
    method = written.strip().upper() if isinstance(written, str) else ""
    if method not in METHODS:
        findings.refuse(where, written, f"is not one of {', '.join(METHODS)}")
        return "POST"
    if method != written:
        findings.repair(where, f"{glimpse(written)} read as {method}")
    return method


def _url(where: str, written: Any, findings: Findings) -> str:
    if isinstance(written, str) and written.strip() in {"", "/"}:
        return "/"
    if written is not None:
        findings.refuse(where, written, "must be '/': only custom images may serve other paths")
    return "/"


def _part(where: str, key: str, entry: dict[str, Any], findings: Findings) -> dict[str, Any] | None:
    """`request` or `response`: an object, or a list of one; None when absent."""
    written = entry.get(key)
    if isinstance(written, list) and len(written) == 1 and isinstance(written[0], dict):
        findings.repair(pointer(where, key), "a list of one read as an object")
        written = written[0]
    if written is None or isinstance(written, dict):
        return written
    findings.refuse(pointer(where, key), written, "must be an object")
    return None


def _response(
    where: str, entry: dict[str, Any], request: dict[str, Any] | None, findings: Findings
) -> dict[str, Any] | None:
    if "response" in entry or not request or not isinstance(request.get("response"), dict):
        return _part(where, "response", entry, findings)
    findings.repair(pointer(pointer(where, "request"), "response"), f"read as {pointer(where, 'response')}")
    return _part(where, "response", request, findings)


def _content_type(where: str, part: dict[str, Any] | None, findings: Findings) -> str | None:
    if part is None:
        return None
    key = next((key for key in part if key.casefold().replace("_", "-") == "content-type"), None)
    if key is None:
        return JSON_TYPE
    written = part[key]
    plain = written.partition(";")[0].strip().lower() if isinstance(written, str) else ""
    meant = _MISSPELT_TYPES.get(plain, plain)
    if not _CONTENT_TYPE.fullmatch(meant):
        meant = JSON_TYPE
    if meant != plain:
        findings.repair(pointer(where, key), f"{glimpse(written)} read as {meant}")
    return meant
