"""Whether a command printed what its page shows, whatever differs from one run to the next."""

import re
from collections.abc import Iterable
from typing import Final

ANY: Final = "..."
"""Stands in a page for any text."""

_VARIES: Final = (
    (re.compile(r"sha256:[0-9a-f]{8,64}"), "sha256:DIGEST"),
    (re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)"), "TIME"),
    (re.compile(r"\b\d+(?:\.\d+){3}(?::\d+)?\b"), "ADDRESS"),
    (re.compile(r"\b(?:\d+d)?(?:\d+h)?(?:\d+m)?\d+s\b|\b\d+[mhd](?:\d+[mh])?\b"), "AGE"),
    (re.compile(r"-[0-9a-f]{8,10}-[a-z0-9]{5}\b"), "-POD"),
    (re.compile(r"\bv\d+\.\d+\.\d+\b"), "VERSION"),
)


def missing(shown: Iterable[str], output: str) -> str | None:
    """The first line of a page that the output does not have, after those before it; None when it has all."""
    lines = iter([_plain(line) for line in output.splitlines()])
    for line in shown:
        wanted = re.compile(".*".join(map(re.escape, _plain(line).split(ANY))))
        if not any(wanted.fullmatch(found) for found in lines):
            return line
    return None


def _plain(line: str) -> str:
    for pattern, name in _VARIES:
        line = pattern.sub(name, line)
    return " ".join(line.split())
