"""config.json of a model package: its rules, read leniently where the meaning is plain.

Never fetches anything that it names. The rules are listed in docs/reference/package.md.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from .apis import PackageApi, read_apis
from .dependencies import read_dependencies
from .diagnostics import CONFIG_INVALID, MODEL_TYPE_UNSUPPORTED, Diagnostic, Findings, excerpt
from .health import HEALTH_KEYS, Health, read_health
from .json_positions import pointer, positions
from .lenient_json import NotJson, parse
from .model_files import CONFIG_FILE
from .model_types import IMAGE, MODEL_TYPES, ModelType, model_type
from .text import NotText, decode

MAX_CONFIG_BYTES = 1024 * 1024
"""Hand-written files are a few kilobytes; class lists and schemas can make them larger."""

_MAX_ALGORITHM = 36
_MAX_METRICS = 32
_MAX_METRIC_NAME = 64
_MAX_RUNTIME = 128
_MAX_REFERENCE = 512
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
_CHINESE = re.compile("[\u3000-\u303f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")
"""Ideographs and their punctuation."""
_ENGINES = ", ".join(kind.name for kind in MODEL_TYPES)


class Fault(NamedTuple):
    """Why a file is refused: a reason of conditions and a sentence that names file, place, found value and rule."""

    reason: str
    message: str


class Config(NamedTuple):
    """The values in config.json; where one breaks a rule, its default."""

    kind: ModelType | None = None
    """None if `model_type` is missing or names no engine."""
    algorithm: str = ""
    runtime: str | None = None
    """As written; whether any such runtime exists is decided elsewhere."""
    metrics: Mapping[str, str] | None = None
    """Decimal numbers as text."""
    apis: tuple[PackageApi, ...] = ()
    schemas: Mapping[str, dict[str, Any]] = {}
    """JSON Schemas of the bodies of `apis`, by their JSON pointer."""
    dependencies: tuple[str, ...] | None = None
    """Requirements in order, as pip reads them; files of the package as `./path`."""
    health: Health | None = None
    image: str | None = None
    """The reference of the image that model_type Image is about; whether it is one is decided elsewhere."""
    repaired: tuple[str, ...] = ()
    """What was read leniently, bounded in number and length."""


class Reading(NamedTuple):
    """One reading of a file; with a fault `config` is only as much as could be read."""

    config: Config
    diagnostics: tuple[Diagnostic, ...] = ()
    """Every fault and every repair, one by one."""
    fault: Fault | None = None
    warnings: tuple[str, ...] = ()
    """What is accepted as it is, yet will hardly do; each is among the diagnostics too."""


def read_config(
    data: bytes, name: str = CONFIG_FILE, files: Collection[str] | None = None, *, with_schemas: bool = True
) -> Reading:
    """The configuration in `data`; its faults name the file as `name`. Never raises.

    With `files`, the paths of the package, a dependency on a file that is not among them is a fault.
    """
    if len(data) > MAX_CONFIG_BYTES:
        return unread(f"it has {len(data)} bytes; at most {MAX_CONFIG_BYTES} are read", name)
    text = decode(data)
    if isinstance(text, NotText):
        return unread(text.message, name, text.line)
    parsed = parse(text.content)
    if isinstance(parsed, NotJson):
        return unread(parsed.message, name, parsed.line, parsed.column)
    if not isinstance(parsed.value, dict):
        return unread(f"{excerpt(parsed.value)} is not an object", name)
    findings = Findings()
    notes = text.repaired + parsed.repaired
    config = _read(parsed.value, findings, files)
    if with_schemas:
        from .schemas import read_schemas  # noqa: PLC0415 - a third of the reader, of which a starting server needs nothing

        config = config._replace(schemas=read_schemas(config.apis, findings))
    config = config._replace(repaired=findings.repairs(notes))
    diagnostics = findings.diagnostics(name, notes, positions(text.content, findings.pointers))
    fault = Fault(findings.reason, f"{name} {findings.refusals()}") if findings.refused else None
    return Reading(config, diagnostics, fault, tuple(f"{name} {warning}" for warning in findings.warnings()))


def unread(message: str, name: str, line: int = 0, column: int = 0) -> Reading:
    """Returns the reading of a file that cannot be used because of one fault."""
    place = f"{f' line {line}' if line else ''}{f' column {column}' if column else ''}"
    diagnostic = Diagnostic("error", message, name, line=line, column=column, reason=CONFIG_INVALID)
    return Reading(Config(), (diagnostic,), Fault(CONFIG_INVALID, f"{name}{place}: {message}"))


def _read(document: dict[str, Any], findings: Findings, files: Collection[str] | None) -> Config:
    kind = _kind(document, findings)
    algorithm = _algorithm(document, findings)
    runtime = _runtime(document, findings)
    image = None if kind is None else _image(kind, document, findings)
    metrics = _metrics(document.get("metrics"), findings)
    apis = read_apis(document.get("apis"), findings, kind)
    dependencies = read_dependencies(document.get("dependencies"), findings, files)
    health = read_health(document, findings)
    findings.strange_keys("", document, _KEYS)
    return Config(kind, algorithm, runtime, metrics, apis, dependencies=dependencies, health=health, image=image)


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
    if kind is not None and not kind.is_served:
        findings.warn(where, f"the model server has no {kind.name} of its own: the code must bring all that it needs")
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
    elif _CHINESE.search(algorithm):
        findings.warn(where, "ModelArts itself takes no Chinese characters here")
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


def _image(kind: ModelType, document: dict[str, Any], findings: Findings) -> str | None:
    """The image's reference, and what does not go with one."""
    where, location = "/swr_location", document.get("swr_location")
    if kind is not IMAGE:
        if location:
            findings.refuse(where, location, f"is only for model_type Image, not for {kind.name}")
        return None
    reference = location.strip() if isinstance(location, str) else ""
    if not location:
        findings.missing(where, "model_type Image needs the reference of its image", document)
    elif not reference or len(reference) > _MAX_REFERENCE:
        findings.refuse(where, location, f"must be the reference of an image, of at most {_MAX_REFERENCE} characters")
    for key in ("runtime", "dependencies"):
        if document.get(key):
            findings.refuse(pointer("", key), document[key], "is not for model_type Image: its image brings everything")
    return reference or None


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
