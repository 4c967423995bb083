"""`WWW-Authenticate`: how a registry wants to be logged in to. Whatever a registry writes is read without harm."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

MAX_CHARACTERS: Final = 8192
"""Read of all headers together."""
MAX_PARAMETER_CHARACTERS: Final = 2048

_TOKEN: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 - RFC 9110's word
_END: Final = r"(?=[ \t]*(?:,|$))"
_SEPARATOR: Final = re.compile(r"[ \t,]*")
_PARAMETER: Final = re.compile(rf'({_TOKEN})[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|({_TOKEN})){_END}')
_SCHEME: Final = re.compile(rf"({_TOKEN})(?:[ \t]+[A-Za-z0-9._~+/-]+=*{_END})?(?=[ \t,]|$)")


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way to log in."""

    scheme: str
    """In lower case: `basic`, `bearer`, ..."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """By name in lower case."""


def challenges(headers: Iterable[str]) -> list[Challenge]:
    """Every challenge in all headers of that name. What cannot be read ends the reading of its header."""
    found: list[Challenge] = []
    left = MAX_CHARACTERS
    for header in headers:
        found += _of(header[:left].encode(errors="replace").decode())  # what is no UTF-8 comes as surrogates
        left -= min(left, len(header))
    return found


def _of(header: str) -> list[Challenge]:
    """By the grammar of RFC 9110, section 11: a comma separates parameters and challenges alike."""
    found: list[tuple[str, dict[str, str]]] = []
    place = 0
    while place < len(header):
        place = _end(_SEPARATOR.match(header, place))
        if found and (parameter := _PARAMETER.match(header, place)):
            name, quoted, plain = parameter.groups()
            value = plain if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
            found[-1][1].setdefault(name.lower(), value[:MAX_PARAMETER_CHARACTERS])
            place = parameter.end()
        elif scheme := _SCHEME.match(header, place):
            found.append((scheme[1].lower(), {}))
            place = scheme.end()
        else:
            break
    return [Challenge(scheme, parameters) for scheme, parameters in found]


def _end(found: re.Match[str] | None) -> int:
    assert found is not None  # it matches nothing as well
    return found.end()
