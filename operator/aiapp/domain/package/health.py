"""`health` of config.json: the check that a package declares. Never runs it."""

import re
from typing import Any, Final, cast

from aiapp.api.version import HealthStatus
from aiapp.domain.package.findings import Findings, glimpse, pointer

_WHERE: Final = "/health"
_MAX_SECONDS: Final = 2**31 - 1
_MAX_URL: Final = 256
_MAX_COMMAND: Final = 1024
_LEAST: Final = {"initial_delay_seconds": 0, "period_seconds": 1, "timeout_seconds": 1, "failure_threshold": 1}
_URL: Final = re.compile(r"/[!-~]*")
_WHOLE: Final = re.compile(r"[0-9]{1,10}")


def read_health(written: Any, findings: Findings) -> HealthStatus | None:
    """The declared check; numbers may be written as text."""
    if not written:
        return None
    if not isinstance(written, dict):
        findings.refuse(_WHERE, written, "must be an object")
        return None
    if "procotol" in written:
        findings.repair(pointer(_WHERE, "procotol"), "read as protocol")
    numbers = {key: _number(key, written.get(key), findings) for key in _LEAST}
    method = _method(written.get("check_method"), findings)
    command = _command(written.get("command"), findings)
    if method == "EXEC" and command is None:
        findings.missing(pointer(_WHERE, "command"), "check_method EXEC needs one")
    return HealthStatus.model_validate(
        {"check_method": method, "url": _url(written.get("url"), findings), "command": command, **numbers}
    )


def _number(key: str, value: Any, findings: Findings) -> int | None:
    if value is None or value == "":
        return None
    where = pointer(_WHERE, key)
    number = int(value) if isinstance(value, str) and _WHOLE.fullmatch(value.strip()) else value
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    if isinstance(number, bool) or not isinstance(number, int) or not _LEAST[key] <= number <= _MAX_SECONDS:
        findings.refuse(where, value, f"must be a whole number from {_LEAST[key]} to {_MAX_SECONDS}")
        return None
    return number


def _method(value: Any, findings: Findings) -> str:
    if value is None or value == "":
        return "HTTP"
    method = value.strip().upper() if isinstance(value, str) else ""
    if method not in {"HTTP", "EXEC"}:
        findings.refuse(pointer(_WHERE, "check_method"), value, "is neither HTTP nor EXEC")
        return "HTTP"
    if method != value:
        findings.repair(pointer(_WHERE, "check_method"), f"{glimpse(value)} read as {method}")
    return method


def _url(value: Any, findings: Findings) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not _URL.fullmatch(value) or len(value) > _MAX_URL:
        findings.refuse(pointer(_WHERE, "url"), value, f"must be a path from '/', at most {_MAX_URL} characters")
        return None
    return value


def _command(value: Any, findings: Findings) -> str | None:
    if isinstance(value, list) and all(isinstance(word, str) for word in value):
        value = " ".join(cast("list[str]", value))
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not value.isprintable() or len(value) > _MAX_COMMAND:
        findings.refuse(pointer(_WHERE, "command"), value, f"must be a text of at most {_MAX_COMMAND} characters")
        return None
    return value
