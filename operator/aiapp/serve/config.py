"""The few things of a package's `config.json` that serving needs; it never refuses a file.

Validation is the importer's task. Here a slip (comments, trailing commas, a Chinese encoding, a wrong type) costs
at most the one value it is in.
"""

from __future__ import annotations

import json
import re
from typing import Any, Dict, List, NamedTuple, Tuple

CONFIG_FILE = "config.json"
SERVICE_FILE = "customize_service.py"
SAVED_MODEL_FILE = "saved_model.pb"
DEFAULT_HEALTH_PATH = "/health"
_IGNORED = re.compile(r'("(?:[^"\\]|\\.)*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
_TRAILING_COMMA = re.compile(r'("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])')


class Pin(NamedTuple):
    """A library that the package asks for; `text` as it would stand in a requirements file."""

    name: str
    text: str


class Config(NamedTuple):
    """`apis` as written and `routes`, their (method, path) pairs; `problem`: why the file could not be read, if so."""

    model_type: str = ""
    apis: Tuple[Dict[str, Any], ...] = ()
    routes: Tuple[Tuple[str, str], ...] = ()
    health_path: str = DEFAULT_HEALTH_PATH
    pins: Tuple[Pin, ...] = ()
    problem: str = ""


def read(path: str) -> Config:
    """The configuration in the file at `path`, as far as it can be read."""
    try:
        with open(path, "rb") as file:
            return parse(file.read())
    except OSError as error:
        return Config(problem=f"cannot be read: {error.strerror}")


def parse(raw: bytes) -> Config:
    """The configuration in the bytes of a `config.json`, as far as they make sense."""
    try:
        document = _lenient_json(_decoded(raw))
    except (ValueError, RecursionError) as error:
        return Config(problem=f"is not JSON, even leniently: {error}")
    if not isinstance(document, dict):
        return Config(problem="is not a JSON object")
    apis = tuple(_objects(document.get("apis")))
    return Config(
        model_type=_word(document.get("model_type")),
        apis=apis,
        routes=tuple(_route(api) for api in apis),
        health_path=_health_path(document.get("health")),
        pins=tuple(_pins(document.get("dependencies"))),
    )


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("gb18030", "replace")


def _lenient_json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        without_comments = _IGNORED.sub(_kept_string, text)
        return json.loads(_TRAILING_COMMA.sub(_kept_string, without_comments), strict=False)


def _kept_string(match: "re.Match[str]") -> str:
    return match.group(1) or ""


def _word(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _objects(value: Any) -> List[Dict[str, Any]]:
    """The objects of a list; a single object stands for a list of one."""
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, dict)]


def _route(api: Dict[str, Any]) -> Tuple[str, str]:
    method = _word(api.get("method")).upper() or "POST"
    return method, _path(_word(api.get("url")) or "/")


def _path(url: str) -> str:
    return "/" + url.partition("?")[0].strip("/")


def _health_path(health: Any) -> str:
    url = _word(health.get("url")) if isinstance(health, dict) else ""
    return _path(url) if url.strip("/") else DEFAULT_HEALTH_PATH


_SIGNS = {"EXACT": "==", "ATLEAST": ">=", "ATMOST": "<="}


def _pins(dependencies: Any) -> List[Pin]:
    pins = []
    for group in _objects(dependencies):
        for package in _objects(group.get("packages")):
            name = _word(package.get("package_name"))
            version = package.get("package_version")
            sign = _SIGNS.get(_word(package.get("restraint")).upper(), "==")
            if name:
                pins.append(Pin(name, f"{name}{sign}{version}" if version else name))
    return pins
