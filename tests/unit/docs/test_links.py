"""Every link in the documentation leads somewhere."""

from pathlib import Path

import pytest
from tests.support.pages import ROOT, anchors, links, name, pages

EXTERNAL = ("https://", "http://", "mailto:")


def broken(page: Path) -> list[str]:
    return [
        target for target in links(page.read_text("utf-8")) if not target.startswith(EXTERNAL) and _dead(page, target)
    ]


def _dead(page: Path, target: str) -> bool:
    path, _, anchor = target.partition("#")
    file = (page.parent / path).resolve() if path else page
    if not file.exists():
        return True
    return bool(anchor) and anchor not in anchors(file.read_text("utf-8"))


@pytest.mark.parametrize("page", [pytest.param(page, id=name(page)) for page in pages()])
def test_every_link_of_a_page_leads_to_a_file_and_a_heading_that_exist(page: Path) -> None:
    assert broken(page) == []


def test_a_dead_file_and_a_dead_anchor_are_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    (tmp_path / "other.md").write_text("# A `title`, *here*\n\n# Twice\n\n# Twice\n\n```\n# not a heading\n```\n")
    good = "[a](other.md) [b](other.md#a-title-here) [c](other.md#twice-1) [d](#here) [e](https://example.com)"
    bad = "[f](none.md) [g](other.md#not-a-heading) [h](#none)"
    page.write_text(f"# Here\n\n{good} {bad} `[code](none.md)`\n\n```\n[code](none.md)\n```\n")
    assert broken(page) == ["none.md", "other.md#not-a-heading", "#none"]


@pytest.mark.parametrize("index", ["README.md", "docs/index.md", "docs/decisions/README.md"])
def test_an_index_lists_every_page_below_it(index: str) -> None:
    decisions = ROOT / "docs/decisions"
    below = (page for page in pages() if (ROOT / index).parent in page.parents)
    ours = (page for page in below if (page.parent == decisions) == index.startswith("docs/decisions"))
    listed = {(ROOT / index).parent / target.partition("#")[0] for target in links((ROOT / index).read_text("utf-8"))}
    assert [name(page) for page in ours if page != ROOT / index and page not in listed] == []
