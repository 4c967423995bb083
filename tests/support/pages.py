"""Pages of documentation in Markdown: their links, anchors and blocks of code. Runs and fetches nothing."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]

MARKED: Final = re.compile(r"<!-- test: (?P<what>skip|exit) (?P<value>[^>]+?) -->\s*\Z")
"""Before a block: `<!-- test: skip REASON -->` for one that is not run, `<!-- test: exit 1 -->` for one that fails."""

SHELLS: Final = ("console", "sh")
"""Languages of blocks that are run: `console` shows `$ ` before each command, and its output; `sh` commands alone."""

_FILE_NAME = re.compile(r"# (?P<name>[\w./-]+\.(?:yaml|conf))\n")
_HEREDOC = re.compile(r"<<-?\s*['\"]?(?P<word>\w+)")

_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>[\w-]*)\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#{1,6} +(?P<title>.+?) *#*$", re.MULTILINE)
_ID = re.compile(r'<a id="(?P<id>[^"]+)"></a>')
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

    @property
    def skipped(self) -> str | None:
        """Why it is not run; None when it is."""
        return self._marked("skip")

    @property
    def exit_code(self) -> int:
        """What its commands end with."""
        return int(self._marked("exit") or 0)

    @property
    def file(self) -> str | None:
        """The file that the block is, by its first line: `# deploy/kustomization.yaml`."""
        match = _FILE_NAME.match(self.text)
        return match["name"] if match and self.language not in SHELLS else None

    @property
    def commands(self) -> list["Command"]:
        """What a reader types, with what the page shows of its output; nothing in other languages."""
        if self.language not in SHELLS:
            return []
        return list(_commands(self, "$ " if self.language == "console" else ""))

    def _marked(self, what: str) -> str | None:
        match = MARKED.search(self.before)
        return match["value"] if match and match["what"] == what else None


@dataclass(frozen=True)
class Command:
    """A command of a page, all its lines."""

    text: str
    shown: tuple[str, ...]
    """The lines that the page shows as its output; empty where it shows none."""
    line: int


def _commands(block: Block, prompt: str) -> Iterator[Command]:
    """Lines after the prompt, with what continues them, and the output up to the next prompt."""
    lines = list(enumerate(block.text.splitlines(), block.line))
    while lines:
        number, line = lines.pop(0)
        if not line.startswith(prompt):
            raise ValueError(f"line {number}: not a command, nor the output of one: {line}")
        text = [line.removeprefix(prompt)]
        while lines and _goes_on(text):
            text.append(lines.pop(0)[1])
        shown = []
        while lines and not lines[0][1].startswith(prompt):
            shown.append(lines.pop(0)[1])
        yield Command("\n".join(text) + "\n", tuple(shown), number)


def _goes_on(text: list[str]) -> bool:
    if document := _HEREDOC.search(text[0]):
        return document["word"] not in text[1:]
    return text[-1].endswith("\\")


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
    """What can follow `#` in a link to this page: the headings, as GitHub names them, and marked places."""
    seen: Counter[str] = Counter()
    found = set(_ID.findall(text))
    for match in _HEADING.finditer(_FENCE.sub("", text)):
        anchor = _anchor(match["title"])
        found.add(f"{anchor}-{seen[anchor]}" if seen[anchor] else anchor)
        seen[anchor] += 1
    return found


def _anchor(title: str) -> str:
    plain = _EMPHASIS.sub(lambda match: match["text"] or "", title)
    return re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
