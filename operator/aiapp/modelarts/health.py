"""`health` of config.json: the check that a package declares. Never runs it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from .diagnostics import Findings
from .json_positions import pointer
from .paths import RULE, declared_path

DEFAULT_HEALTH_PATH = "/health"
HEALTH_KEYS = ("health", "readiness_health", "startup_health")
"""Newer files have the others as well."""

_KEYS = (
    "url",
    "protocol",
    "procotol",
    "check_method",
    "command",
    "initial_delay_seconds",
    "period_seconds",
    "timeout_seconds",
    "failure_threshold",
)
_MAX_SECONDS = 2**31 - 1
_MAX_COMMAND = 1024
_LEAST = {"initial_delay_seconds": 0, "period_seconds": 1, "timeout_seconds": 1, "failure_threshold": 1}
_WHOLE = re.compile(r"[0-9]{1,10}")


class Health(NamedTuple):
    """The check; None for what is not declared."""

    check_method: str = "HTTP"
    """HTTP or EXEC."""
    url: str | None = None
    command: str | None = None
    initial_delay_seconds: int | None = None
    period_seconds: int | None = None
    timeout_seconds: int | None = None
    failure_threshold: int | None = None

    @property
    def path(self) -> str:
        """What an HTTP probe asks for; the default where the check is a command."""
        return (self.url if self.check_method == "HTTP" else None) or DEFAULT_HEALTH_PATH


def read_health(document: Mapping[str, Any], findings: Findings) -> Health | None:
    """The declared check of `document`; numbers may be written as text."""
    found = {key: _check(pointer("", key), document[key], findings) for key in HEALTH_KEYS if document.get(key)}
    if "startup_health" in found:
        findings.repair("/startup_health", "not used: a start may take as long as the deployment")
    if "readiness_health" in found:
        findings.repair("/readiness_health", "not used: health is" if "health" in found else "read as health")
    return found.get("health") or found.get("readiness_health")


def _check(where: str, written: Any, findings: Findings) -> Health | None:
    if not isinstance(written, dict):
        findings.refuse(where, written, "must be an object")
        return None
    if "procotol" in written:
        findings.repair(pointer(where, "procotol"), "read as protocol")
    findings.strange_keys(where, written, _KEYS)
    numbers = {key: _number(where, key, written.get(key), findings) for key in _LEAST}
    method = _method(where, written.get("check_method"), findings)
    command = _command(where, written.get("command"), findings)
    if method == "EXEC" and command is None:
        findings.missing(pointer(where, "command"), "check_method EXEC needs one", written)
    return Health(check_method=method, url=_url(where, written.get("url"), findings), command=command, **numbers)


def _number(parent: str, key: str, value: Any, findings: Findings) -> int | None:
    if value is None or value == "":
        return None
    where = pointer(parent, key)
    number = int(value) if isinstance(value, str) and _WHOLE.fullmatch(value.strip()) else value
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    if isinstance(number, bool) or not isinstance(number, int) or not _LEAST[key] <= number <= _MAX_SECONDS:
        findings.refuse(where, value, f"must be a whole number from {_LEAST[key]} to {_MAX_SECONDS}")
        return None
    return number


def _method(parent: str, value: Any, findings: Findings) -> str:
    if value is None or value == "":
        return "HTTP"
    method = value.strip().upper() if isinstance(value, str) else ""
    if method not in {"HTTP", "EXEC"}:
        findings.refuse(pointer(parent, "check_method"), value, "is neither HTTP nor EXEC")
        return "HTTP"
    return method


def _url(parent: str, value: Any, findings: Findings) -> str | None:
    if value is None or value == "":
        return None
    path = declared_path(value)
    if path is None:
        findings.refuse(pointer(parent, "url"), value, RULE)
    return path


def _command(parent: str, value: Any, findings: Findings) -> str | None:
    if isinstance(value, list) and all(isinstance(word, str) for word in value):
        value = " ".join(cast("list[str]", value))
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not value.isprintable() or len(value) > _MAX_COMMAND:
        findings.refuse(pointer(parent, "command"), value, f"must be a text of at most {_MAX_COMMAND} characters")
        return None
    return value
