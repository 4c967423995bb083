"""A document as YAML with comments at the lines that they are about. Decides nothing."""

from collections.abc import Iterable, Sequence
from typing import Any

import yaml

from aiapp.cli.output.documents import as_yaml
from aiapp.domain.printable import printable

LONGEST = 400


def commented(document: Any, notes: Iterable[tuple[Sequence[str | int], str]]) -> str:
    """As YAML; each note is a comment above what its path leads to, at the top where that is empty."""
    text = as_yaml(document)
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    lines = text.splitlines(keepends=True)
    found = sorted(((_line(node, path), note) for path, note in notes), key=lambda one: one[0], reverse=True)
    for place, comments in _together(found).items():
        lines[place:place] = [f"{_indent(lines, place)}# {printable(one, LONGEST)}\n" for one in comments]
    return "".join(lines)


def _together(notes: Iterable[tuple[int, str]]) -> dict[int, list[str]]:
    """By line, the last one first: what is put in does not move the lines before it."""
    by_line: dict[int, list[str]] = {}
    for place, note in notes:
        by_line.setdefault(place, []).append(note)
    return by_line


def _line(node: Any, path: Sequence[str | int]) -> int:
    """The line on which the key or the item begins that the path leads to."""
    line = 0
    for step in path:
        if isinstance(node, yaml.MappingNode):
            key, node = next(pair for pair in node.value if pair[0].value == step)
            line = key.start_mark.line
        else:
            node = node.value[step]
            line = node.start_mark.line
    return int(line)


def _indent(lines: Sequence[str], place: int) -> str:
    line = lines[place]
    return line[: len(line) - len(line.lstrip(" "))]
