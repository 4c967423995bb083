"""MkDocs' hooks: the order of the pages, and links to what is in the repository but not on the site."""

import re
from pathlib import Path
from typing import Any

SECTIONS = (
    ("Tutorial", ["tutorial.md"]),
    ("How-to guides", ["how-to/install.md", "how-to/*.md"]),
    ("Reference", ["reference/api.md", "reference/*.md"]),
    ("Explanation", ["explanation/architecture.md", "explanation/*.md"]),
    ("Decisions", ["decisions/README.md", "decisions/*.md"]),
)
"""What a reader comes for: to learn, to do, to look up, to understand (Diataxis). Pages that are named come first, the
others of a folder follow by name."""
_UPWARD = re.compile(r"\[([^\]]+)\]\((\.\./[^)#]+)(#[^)]*)?\)")


def on_config(config: Any) -> Any:
    """The navigation, from the files that there are."""
    folder = Path(config.docs_dir)
    config.nav = ["index.md", *({title: _pages(folder, patterns)} for title, patterns in SECTIONS)]
    return config


def on_page_markdown(markdown: str, page: Any, config: Any, **_: Any) -> str:
    """Links out of the folder of the documentation become the path in the repository."""
    folder = Path(config.docs_dir)

    def named(link: re.Match[str]) -> str:
        target = (folder / page.file.src_uri).parent.joinpath(link[2]).resolve()
        inside = target.is_relative_to(folder) or not target.exists()
        return link[0] if inside else f"{link[1]} (`{target.relative_to(folder.parent)}`)"

    return _UPWARD.sub(named, markdown)


def _pages(folder: Path, patterns: list[str]) -> list[str]:
    found = (page for pattern in patterns for page in sorted(folder.glob(pattern)))
    return list(dict.fromkeys(str(page.relative_to(folder)) for page in found))
