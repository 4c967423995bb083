"""The changes of a release for registries of charts, from CHANGELOG.md. Never words a change of its own."""

import re
from typing import Final

_HEADING: Final = re.compile(r"^### (\w+)$", re.MULTILINE)
_BULLET: Final = re.compile(r"^\* ", re.MULTILINE)
_MARKS: Final = re.compile(r"\[([^]]*)\]\([^)]*\)|[*`]+")
"""Links, of which the text stays, emphasis and code."""
_ASIDE: Final = re.compile(r" \([^()]*\)")
_CLAUSE: Final = re.compile(r"[:;.](\s|$)")


def changes(changelog: str, version: str) -> list[dict[str, str]]:
    """Kind (added, changed, fixed, ...) and first clause of each change of the version."""
    _, found, rest = changelog.partition(f"\n## [{version}]")
    assert found, f"CHANGELOG.md has no section of {version}"
    _, *parts = _HEADING.split(rest.partition("\n## [")[0])
    return [
        {"kind": kind.lower(), "description": _lead(bullet)}
        for kind, text in zip(parts[::2], parts[1::2], strict=True)
        for bullet in _BULLET.split(text)[1:]
    ]


def _lead(bullet: str) -> str:
    """Registries show it as a line."""
    plain = _MARKS.sub(lambda mark: mark[1] or "", " ".join(bullet.split()))
    return _CLAUSE.split(_ASIDE.sub("", plain), maxsplit=1)[0]
