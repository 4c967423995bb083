"""A JSON object whose members are simple or flat objects, read member by member.

Such are the header of a safetensors file and the index of several. A stranger wrote them and they may be megabytes
long, so that nothing is built of them as a whole: memory is that of the text and of one member, depth is two.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

_STRING: Final = r'"(?:[^"\\]++|\\.)*+"'
_FLAT: Final = rf'\{{(?:[^{{}}"]++|{_STRING})*+\}}'
_MEMBER: Final = re.compile(
    rf'\s*+(?P<name>{_STRING})\s*+:\s*+(?P<value>{_FLAT}|{_STRING}|[^\s"{{}}\[\],]++|\[[^\[\]{{}}]*+\])\s*+(?P<end>[,}}])',
    re.DOTALL,
)
"""Possessive throughout, so that it takes linear time whatever the input."""
_EMPTY: Final = re.compile(r"\{\s*+\}\s*+")
_SHOWN: Final = 40


class FlatJsonError(ValueError):
    """The text is no such object; `str()` is half a sentence."""


class Member(NamedTuple):
    """One member of an object; its value as text."""

    name: str
    value: str


def members(text: str) -> Iterator[Member]:
    """The members in order. Raises `FlatJsonError`, also for a name that is there twice."""
    if not text.startswith("{"):
        raise FlatJsonError(f"it begins with {text[:_SHOWN]!r} and not with an object")
    if _EMPTY.fullmatch(text):
        return
    seen: set[str] = set()
    at, is_open = 1, True
    while is_open:
        match = _MEMBER.match(text, at)
        if match is None:
            raise FlatJsonError(f"{text[at : at + _SHOWN]!r} at character {at} is no member of a flat JSON object")
        name = string(match["name"])
        if name in seen:
            raise FlatJsonError(f"{name[:_SHOWN]!r} is there twice")
        seen.add(name)
        yield Member(name, match["value"])
        at, is_open = match.end(), match["end"] == ","
    if text[at:].strip():
        raise FlatJsonError(f"something follows it at character {at}")


def string(text: str) -> str:
    """The text that a JSON string stands for. Raises `FlatJsonError`."""
    if "\\" not in text:
        return text[1:-1]
    found = value(text)
    assert isinstance(found, str)
    return found


def value(text: str) -> Any:
    """The value of a short text. Raises `FlatJsonError`."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FlatJsonError(f"{text[:_SHOWN]!r} is not JSON") from error
