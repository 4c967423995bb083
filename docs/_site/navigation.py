"""Orders the pages of the site by what a reader comes for: to learn, to do, to look up, to understand (Diataxis)."""

from pathlib import Path
from typing import Any

SECTIONS = (
    ("Tutorial", ["tutorial.md"]),
    ("How-to guides", ["how-to/install.md", "how-to/*.md"]),
    ("Reference", ["reference/api.md", "reference/*.md"]),
    ("Explanation", ["explanation/architecture.md", "explanation/*.md"]),
    ("Decisions", ["decisions/README.md", "decisions/*.md"]),
)
"""Pages that are named come first; the others of a folder follow by name."""


def on_config(config: Any) -> Any:
    """MkDocs' hook: the navigation, from the files that there are."""
    folder = Path(config.docs_dir)
    config.nav = ["index.md", *({title: _pages(folder, patterns)} for title, patterns in SECTIONS)]
    return config


def _pages(folder: Path, patterns: list[str]) -> list[str]:
    found = (page for pattern in patterns for page in sorted(folder.glob(pattern)))
    return list(dict.fromkeys(str(page.relative_to(folder)) for page in found))
