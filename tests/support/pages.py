"""Pages of documentation in Markdown: their links, anchors and blocks of code. Runs and fetches nothing."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]

_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>[\w-]*)\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#{1,6} +(?P<title>.+?) *#*$", re.MULTILINE)
_LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)\s]+)[^)]*\)")
_CODE = re.compile(r"`+[^`]+`+")
_EMPHASIS = re.compile(r"[*`]|\[(?P<text>[^\]]*)\]\([^)]*\)")


@dataclass(frozen=True)
class Block:
    """A fenced block of code."""

    language: str
    text: str
    line: int
    """Where its text begins, counted from 1."""
    before: str
    """The page from the preceding block to this one."""


def pages() -> list[Path]:
    """Every page of the repository."""
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def name(page: Path) -> str:
    """The page's path below the root of the repository."""
    return page.relative_to(ROOT).as_posix()


def blocks(text: str) -> Iterator[Block]:
    """The fenced blocks of a page in order, without the indentation that a list gives them."""
    end = 0
    for match in _FENCE.finditer(text):
        indent = match["indent"]
        plain = "".join(line.removeprefix(indent) for line in match["text"].splitlines(keepends=True))
        yield Block(match["language"], plain, text.count("\n", 0, match.start("text")) + 1, text[end : match.start()])
        end = match.end()


def links(text: str) -> list[str]:
    """The targets of all links outside of code."""
    return [match["target"] for match in _LINK.finditer(_CODE.sub("", _FENCE.sub("", text)))]


def anchors(text: str) -> set[str]:
    """What can follow `#` in a link to this page: the headings, as GitHub names them."""
    seen: Counter[str] = Counter()
    found = set()
    for match in _HEADING.finditer(_FENCE.sub("", text)):
        anchor = _anchor(match["title"])
        found.add(f"{anchor}-{seen[anchor]}" if seen[anchor] else anchor)
        seen[anchor] += 1
    return found


def _anchor(title: str) -> str:
    plain = _EMPHASIS.sub(lambda match: match["text"] or "", title)
    return re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
