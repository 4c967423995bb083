"""The reference page lists every engine and every file ending that the rules know."""

from pathlib import Path

import pytest

from aiapp.modelarts.model_types import MODEL_TYPES, ModelType

PAGE = Path(__file__).parents[4] / "docs/reference/package.md"


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.name) for kind in MODEL_TYPES])
def test_the_page_names_the_engine_with_its_aliases_and_endings(kind: ModelType) -> None:
    (row,) = (line for line in PAGE.read_text("utf-8").splitlines() if line.startswith(f"| `{kind.name}` |"))
    for word in (*kind.aliases, *(suffix for suffix in kind.suffixes if suffix.startswith("."))):
        assert f"`{word}`" in row
