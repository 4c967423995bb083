"""Paths to fields of an object: a small part of what JSONPath can do, stated as data. Pure.

`status.startTime` is a field; `*` stands for every item of a list or every value of a map; `[type=Complete]` keeps of a
list the items, and of anything else the thing itself, whose field has that value: `status.conditions[type=Failed]`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

MOST_FOUND: Final = 256
"""Things that one path finds: objects are anybody's."""
_SEGMENT: Final = re.compile(
    r"(?P<name>[A-Za-z_][A-Za-z0-9_-]*|[*])(?P<filter>\[[A-Za-z]+=[\w.-]+(,[A-Za-z]+=[\w.-]+)*\])?"
)


class PathError(ValueError):
    """The text is no path."""


@dataclass(frozen=True, slots=True)
class _Step:
    name: str
    wanted: Mapping[str, str]

    def __call__(self, value: Any) -> Iterator[Any]:
        for found in _entered(value, self.name):
            if not self.wanted:
                yield found
            else:
                yield from (one for one in (found if isinstance(found, list) else [found]) if self._fits(one))

    def _fits(self, value: Any) -> bool:
        return isinstance(value, dict) and all(str(value.get(key)) == wanted for key, wanted in self.wanted.items())


@dataclass(frozen=True, slots=True)
class Path:
    """A parsed path."""

    steps: tuple[_Step, ...]

    def find(self, value: Any) -> list[Any]:
        """What lies there, in order; nothing where the object is built otherwise."""
        return list(islice(_walked(value, self.steps), MOST_FOUND))


def path(text: str) -> Path:
    """Raises `PathError`, which names the segment."""
    return Path(tuple(_step(segment, text) for segment in re.split(r"[.](?![^\[]*\])", text)))


def _step(segment: str, text: str) -> _Step:
    found = _SEGMENT.fullmatch(segment)
    if found is None:
        raise PathError(f"{segment!r} of {text!r} is no field, such as `status`, `*` or `conditions[type=Complete]`")
    pairs = (pair.split("=", 1) for pair in (found["filter"] or "[]")[1:-1].split(",") if pair)
    return _Step(found["name"], dict(pairs))


def _walked(value: Any, steps: tuple[_Step, ...]) -> Iterator[Any]:
    if not steps:
        yield value
        return
    for found in steps[0](value):
        yield from _walked(found, steps[1:])


def _entered(value: Any, name: str) -> Iterator[Any]:
    if name == "*":
        yield from value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    elif isinstance(value, dict) and name in value:
        yield value[name]
