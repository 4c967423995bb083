"""The page on the architecture shows the tree as it is."""

import ast
import re
from pathlib import Path

import pytest
from tests.support.pages import ROOT

CODE = ROOT / "operator/aiapp"
PAGE = (ROOT / "docs/explanation/architecture.md").read_text("utf-8")
ROOMS = PAGE.partition("## The rooms")[2].partition("\n## ")[0]
NAMED = set(re.findall(r"`([a-z0-9_/.]+)`", ROOMS))
LAYERS = sorted(folder.parent for folder in CODE.glob("*/__init__.py"))
SPLIT = ("adapters", "fetch", "reconcile", "serve")
"""Layers whose rooms stand in the row of the layer."""


def rooms(folder: Path) -> list[Path]:
    return sorted(inner.parent for inner in folder.glob("*/__init__.py"))


@pytest.mark.parametrize("folder", [pytest.param(folder, id=folder.name) for folder in LAYERS])
def test_every_layer_is_named(folder: Path) -> None:
    assert folder.name in NAMED


@pytest.mark.parametrize("folder", [pytest.param(room, id=room.name) for room in rooms(CODE / "domain")])
def test_every_room_of_the_domain_is_named(folder: Path) -> None:
    assert f"domain/{folder.name}" in NAMED


@pytest.mark.parametrize("layer", SPLIT)
def test_every_room_of_another_layer_is_named_with_it(layer: str) -> None:
    (row,) = [line for line in ROOMS.splitlines() if line.startswith(f"| `{layer}` |")]
    assert set(re.findall(r"`(\w+)`", row.split("|")[2])) == {room.name for room in rooms(CODE / layer)}


def test_every_path_that_is_named_exists() -> None:
    paths = {path for path in NAMED if "/" in path or path.endswith(".py")}
    assert [path for path in paths if not (CODE / path).exists()] == []


def test_a_room_of_the_domain_uses_only_rooms_above_it_in_the_table() -> None:
    order = re.findall(r"^\| `domain/(\w+)`", ROOMS, re.MULTILINE)
    for place, name in enumerate(order):
        assert used(CODE / "domain" / name) - {name} <= set(order[:place]), name


def used(room: Path) -> set[str]:
    """The rooms of the domain that its files import from."""
    found = re.findall(
        r"^from aiapp\.domain\.(\w+)\.", "\n".join(file.read_text("utf-8") for file in room.rglob("*.py")), re.MULTILINE
    )
    return set(found)


@pytest.mark.parametrize(
    "room", [pytest.param(file.parent, id=str(file.parent.relative_to(CODE))) for file in CODE.glob("*/**/__init__.py")]
)
def test_every_room_says_what_it_is_for(room: Path) -> None:
    assert ast.get_docstring(ast.parse((room / "__init__.py").read_text("utf-8")))
