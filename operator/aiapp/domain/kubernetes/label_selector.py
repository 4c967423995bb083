"""Label selectors as `kubectl -l` takes them: `team=vision,tier!=test,stage in (a, b),!legacy`. Pure."""

import re
from collections.abc import Callable, Mapping
from typing import Final

Labels = Mapping[str, str]
Selector = Callable[[Labels], bool]
"""Whether an object with these labels is selected."""

FORM: Final = "write key=value, key!=value, key in (a,b), key notin (a,b), key or !key, joined by commas"
_KEY: Final = r"(?P<key>[A-Za-z0-9][A-Za-z0-9./_-]*)"
_VALUE: Final = r"[A-Za-z0-9._-]*"
_EQUAL: Final = re.compile(rf"{_KEY}\s*(?P<operator>==|=|!=)\s*(?P<value>{_VALUE})")
_AMONG: Final = re.compile(rf"{_KEY}\s+(?P<operator>in|notin)\s*\((?P<values>[^()]*)\)")
_PRESENT: Final = re.compile(rf"(?P<operator>!?)\s*{_KEY}")
_COMMA: Final = re.compile(r",(?![^()]*\))")
"""Between requirements, not in parentheses."""


class SelectorError(ValueError):
    """A text that is no label selector; says which part of it."""


def selector(text: str) -> Selector:
    """The selector that a text states; an empty one selects all. Raises `SelectorError`."""
    requirements = [_requirement(part.strip()) for part in _COMMA.split(text)] if text.strip() else []
    return lambda labels: all(requirement(labels) for requirement in requirements)


def _requirement(part: str) -> Selector:
    if found := _EQUAL.fullmatch(part):
        key, values = found["key"], frozenset({found["value"]})
    elif found := _AMONG.fullmatch(part):
        key, values = found["key"], frozenset(value.strip() for value in found["values"].split(","))
    elif found := _PRESENT.fullmatch(part):
        key, wanted = found["key"], not found["operator"]
        return lambda labels: (key in labels) is wanted
    else:
        raise SelectorError(f"label selector: {part!r} is none; {FORM}")
    if found["operator"] in {"!=", "notin"}:
        return lambda labels: labels.get(key) not in values
    return lambda labels: labels.get(key) in values
