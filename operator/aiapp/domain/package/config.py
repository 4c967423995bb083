"""config.json of a model package: its rules, read leniently where the meaning is plain.

Never fetches anything that it names. The rules are listed in docs/reference/package.md.
"""

import math
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from aiapp.api.conditions import Reason
from aiapp.api.version import ModelStatus
from aiapp.domain.package.apis import Api, read_apis, read_schemas
from aiapp.domain.package.dependencies import read_dependencies
from aiapp.domain.package.findings import Findings, glimpse
from aiapp.domain.package.health import HEALTH_KEYS, read_health
from aiapp.domain.package.lenient_json import NotJson, parse
from aiapp.domain.package.model_types import IMAGE, MODEL_TYPES, ModelType, model_type
from aiapp.domain.package.places import Note, places, pointer
from aiapp.domain.package.refusal import Refusal, Remark, refusal_at
from aiapp.domain.package.schemas import JsonSchema
from aiapp.domain.package.text import NotText, decode

MAX_CONFIG_BYTES: Final = 1024 * 1024
"""Hand-written files are a few kilobytes; class lists and schemas can make them larger."""

_MAX_ALGORITHM: Final = 36
_MAX_METRICS: Final = 32
_MAX_METRIC_NAME: Final = 64
_MAX_RUNTIME: Final = 128
_KEYS: Final = (
    "model_algorithm",
    "model_type",
    "runtime",
    "swr_location",
    "metrics",
    "apis",
    "dependencies",
    *HEALTH_KEYS,
)
_FORBIDDEN: Final = re.compile(r"""[&!'"<>=]""")
_ENGINES: Final = ", ".join(kind.name for kind in MODEL_TYPES)


class Config(NamedTuple):
    """What config.json says."""

    kind: ModelType
    model: ModelStatus
    runtime: str | None
    """As written; whether any such runtime exists is decided elsewhere."""
    apis: tuple[Api, ...] = ()
    schemas: Mapping[str, JsonSchema] = MappingProxyType({})
    """Schemas of the bodies of `apis`, by their JSON pointer."""
    remarks: tuple[Remark, ...] = ()
    """What was read leniently, one by one."""


def read_config(data: bytes, name: str) -> Config | Refusal:
    """The configuration in `data`; a refusal names the file as `name`, the place, the found value and the rule."""
    if len(data) > MAX_CONFIG_BYTES:
        message = f"it has {len(data)} bytes; at most {MAX_CONFIG_BYTES} are read"
        return refusal_at(Reason.CONFIG_INVALID, message, name)
    text = decode(data)
    if isinstance(text, NotText):
        return refusal_at(Reason.CONFIG_INVALID, text.message, name, text.line)
    parsed = parse(text.content)
    if isinstance(parsed, NotJson):
        return refusal_at(Reason.CONFIG_INVALID, parsed.message, name, parsed.line, parsed.column)
    if not isinstance(parsed.value, dict):
        return refusal_at(Reason.CONFIG_INVALID, f"{glimpse(parsed.value)} is not an object", name)
    findings = Findings()
    notes = text.repaired + parsed.repaired
    config = _read(parsed.value, findings, notes)
    remarks = findings.remarks(name, notes, places(text.content, findings.pointers))
    return findings.refusal(name, remarks) if config is None else config._replace(remarks=remarks)


def _read(document: dict[str, Any], findings: Findings, notes: tuple[Note, ...]) -> Config | None:
    """None: refused."""
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
    if kind is None or findings.refused:
        return None
    model = ModelStatus(
        type=kind.name,
        algorithm=algorithm,
        metrics=metrics,
        apis=tuple(api.status for api in apis),
        dependencies=dependencies,
        health=health,
        repaired=findings.repairs(notes) or None,
    )
    return Config(kind, model, runtime, apis, schemas)


def _kind(document: dict[str, Any], findings: Findings) -> ModelType | None:
    where, written = "/model_type", document.get("model_type")
    if written is None:
        findings.missing(where, f"it must be one of {_ENGINES}", document)
        return None
    kind = model_type(written) if isinstance(written, str) else None
    if kind is None:
        findings.refuse(where, written, f"is not one of {_ENGINES}", Reason.MODEL_TYPE_UNSUPPORTED)
    elif written != kind.name:
        findings.repair(where, f"{glimpse(written)} read as {kind.name}")
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
        findings.repair("/runtime", f"{glimpse(written)} is not a name of a runtime: ignored")
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
        "/model_type", kind.name, "packages cannot be imported from object storage yet", Reason.MODEL_TYPE_UNSUPPORTED
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
        findings.repair(where, f"the text {glimpse(value)} read as a number")
    return repr(value) if isinstance(value, int) and abs(value) < 2**53 else repr(number)
