"""The names under which a package's code finds its own modules, and how messages name those that are not there."""

from __future__ import annotations

from collections.abc import Sequence

PACKAGE = "model"
"""The package's folder as code imports from it: `from model.helper import name`."""


def absent(parts: Sequence[str]) -> str:
    """That the package lacks a module, by the parts of its name within the package."""
    return f"the package has no {'/'.join(parts)}.py"


def absent_from_package(name: str) -> str:
    """That `from model import NAME` finds neither a module `model` nor one of that name in the package's folder."""
    return f"the package has neither {PACKAGE}.py nor {name}.py"
