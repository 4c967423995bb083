"""config.json of a model package: its rules, read leniently where the meaning is plain.

Never fetches anything that it names. The rules are listed in docs/reference/package.md.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from .apis import Api, read_apis, read_schemas
from .dependencies import read_dependencies
from .diagnostics import CONFIG_INVALID, MODEL_TYPE_UNSUPPORTED, Diagnostic, Findings, excerpt
from .health import HEALTH_KEYS, Health, read_health
from .json_positions import pointer, positions
from .lenient_json import NotJson, parse
from .model_types import IMAGE, MODEL_TYPES, ModelType, model_type
from .schemas import JsonSchema
from .text import NotText, decode

MAX_CONFIG_BYTES = 1024 * 1024
"""Hand-written files are a few kilobytes; class lists and schemas can make them larger."""

_MAX_ALGORITHM = 36
_MAX_METRICS = 32
_MAX_METRIC_NAME = 64
_MAX_RUNTIME = 128
_KEYS = (
    "model_algorithm",
    "model_type",
    "runtime",
    "swr_location",
    "metrics",
    "apis",
    "dependencies",
    *HEALTH_KEYS,
)
_FORBIDDEN = re.compile(r"""[&!'"<>=]""")
_ENGINES = ", ".join(kind.name for kind in MODEL_TYPES)


class Fault(NamedTuple):
    """Why a file is refused: a reason of conditions and a sentence that names file, place, found value and rule."""

    reason: str
    message: str


class Config(NamedTuple):
    """What config.json says; where it breaks a rule, what stands in for that."""

    kind: ModelType | None = None
    """None if `model_type` is missing or names no engine."""
    algorithm: str = ""
    runtime: str | None = None
    """As written; whether any such runtime exists is decided elsewhere."""
    metrics: Mapping[str, str] | None = None
    """Decimal numbers as text."""
    apis: tuple[Api, ...] = ()
    schemas: Mapping[str, JsonSchema] = {}
    """Schemas of the bodies of `apis`, by their JSON pointer."""
    dependencies: tuple[str, ...] | None = None
    """Requirements in order, as pip reads them; files of the package as `./path`."""
    health: Health | None = None
    repaired: tuple[str, ...] = ()
    """What was read leniently, bounded in number and length."""


class Reading(NamedTuple):
    """One reading of a file; with a fault `config` is only as much as could be read."""

    config: Config
    diagnostics: tuple[Diagnostic, ...] = ()
    """Every fault and every repair, one by one."""
    fault: Fault | None = None


def read_config(data: bytes, name: str) -> Reading:
    """The configuration in `data`; its faults name the file as `name`. Never raises."""
    if len(data) > MAX_CONFIG_BYTES:
        return _unread(f"it has {len(data)} bytes; at most {MAX_CONFIG_BYTES} are read", name)
    text = decode(data)
    if isinstance(text, NotText):
        return _unread(text.message, name, text.line)
    parsed = parse(text.content)
    if isinstance(parsed, NotJson):
        return _unread(parsed.message, name, parsed.line, parsed.column)
    if not isinstance(parsed.value, dict):
        return _unread(f"{excerpt(parsed.value)} is not an object", name)
    findings = Findings()
    notes = text.repaired + parsed.repaired
    config = _read(parsed.value, findings)._replace(repaired=findings.repairs(notes))
    diagnostics = findings.diagnostics(name, notes, positions(text.content, findings.pointers))
    fault = Fault(findings.reason, f"{name} {findings.refusals()}") if findings.refused else None
    return Reading(config, diagnostics, fault)


def _unread(message: str, name: str, line: int = 0, column: int = 0) -> Reading:
    place = f"{f' line {line}' if line else ''}{f' column {column}' if column else ''}"
    diagnostic = Diagnostic("error", message, name, line=line, column=column, reason=CONFIG_INVALID)
    return Reading(Config(), (diagnostic,), Fault(CONFIG_INVALID, f"{name}{place}: {message}"))


def _read(document: dict[str, Any], findings: Findings) -> Config:
    kind = _kind(document, findings)
    algorithm = _algorithm(document, findings)
    runtime = _runtime(document, findings)
    if kind is not None:
        _refuse_what_does_not_go_with(kind, document, findings)
    metrics = _metrics(document.get("metrics"), findings)
    apis = read_apis(document.get("apis"), findings, own_server=kind is IMAGE)
    dependencies = read_dependencies(document.get("dependencies"), findings)
    health = read_health(document, findings, needed=kind is IMAGE)
    findings.strange_keys("", document, _KEYS)
    schemas = read_schemas(apis, findings)
    return Config(kind, algorithm, runtime, metrics, apis, schemas, dependencies, health)


def _kind(document: dict[str, Any], findings: Findings) -> ModelType | None:
    where, written = "/model_type", document.get("model_type")
    if written is None:
        findings.missing(where, f"it must be one of {_ENGINES}", document)
        return None
    kind = model_type(written) if isinstance(written, str) else None
    if kind is None:
        findings.refuse(where, written, f"is not one of {_ENGINES}", MODEL_TYPE_UNSUPPORTED)
    elif written != kind.name:
        findings.repair(where, f"{excerpt(written)} read as {kind.name}")
    return kind


def _algorithm(document: dict[str, Any], findings: Findings) -> str:
    where, written = "/model_algorithm", document.get("model_algorithm")
    if written is None:
        findings.missing(where, "for example image_classification", document)
        return ""
    algorithm = written.strip() if isinstance(written, str) else None
    if not algorithm or not algorithm[0].isalpha():
        findings.refuse(where, written, "must be a text that starts with a letter")
    elif len(algorithm) > _MAX_ALGORITHM:
        findings.refuse(where, written, f"is longer than {_MAX_ALGORITHM} characters")
    elif _FORBIDDEN.search(algorithm) or not algorithm.isprintable():
        findings.refuse(where, written, "may hold none of & ! ' \" < > = and no control characters")
    return algorithm or ""


def _runtime(document: dict[str, Any], findings: Findings) -> str | None:
    """Never a reason to refuse: a runtime can be named in the version's spec as well."""
    written = document.get("runtime")
    if written is None or written == "":
        return None
    runtime = written.strip() if isinstance(written, str) else ""
    if not runtime or len(runtime) > _MAX_RUNTIME or not runtime.isprintable():
        findings.repair("/runtime", f"{excerpt(written)} is not a name of a runtime: ignored")
        return None
    return runtime


def _refuse_what_does_not_go_with(kind: ModelType, document: dict[str, Any], findings: Findings) -> None:
    location = document.get("swr_location")
    if kind is not IMAGE:
        if location:
            findings.refuse("/swr_location", location, f"is only for model_type Image, not for {kind.name}")
        return
    if not location:
        findings.missing("/swr_location", "model_type Image needs the reference of its image", document)
        return
    for key in ("runtime", "dependencies"):
        if document.get(key):
            findings.refuse(pointer("", key), document[key], "is not for model_type Image: its image brings everything")
    findings.refuse(
        "/model_type", kind.name, "packages cannot be imported from object storage yet", MODEL_TYPE_UNSUPPORTED
    )


def _metrics(written: Any, findings: Findings) -> dict[str, str] | None:
    if not written:
        return None
    if not isinstance(written, dict):
        findings.refuse("/metrics", written, "must be an object of numbers")
        return None
    if len(written) > _MAX_METRICS:
        findings.refuse("/metrics", f"{len(written)} members", f"are more than {_MAX_METRICS}")
        return None
    numbers = {key: _metric(key, value, findings) for key, value in written.items()}
    return {key: number for key, number in numbers.items() if number is not None} or None


def _metric(key: str, value: Any, findings: Findings) -> str | None:
    where = pointer("/metrics", key)
    if not key.isprintable() or not 0 < len(key) <= _MAX_METRIC_NAME:
        findings.repair(where, "not a name that can be shown: left out")
        return None
    return _number(where, value, findings)


def _number(where: str, value: Any, findings: Findings) -> str | None:
    """The number as decimal text, as short as it can be read back; None where there is none."""
    if value is None or value == "":
        findings.repair(where, "empty: left out")
        return None
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        findings.refuse(where, value, "is not a number")
        return None
    if isinstance(value, str):
        findings.repair(where, f"the text {excerpt(value)} read as a number")
    return repr(value) if isinstance(value, int) and abs(value) < 2**53 else repr(number)
