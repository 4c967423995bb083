"""Messages about an accepted package: of the Event of its import and of its condition."""

from typing import Final

from aiapp.domain.package.inspection import Valid
from aiapp.domain.weights.found import described

_MAX_WARNINGS: Final = 8


def import_message(package: Valid, pinned: str) -> str:
    """Returns the Event's message; `pinned` is the summary of files, size and pin."""
    model = package.model
    parts = [f"model files pinned: {pinned}", f"{model.type}, {model.algorithm}"]
    if model.weights is not None:
        parts.append(described(model.weights))
    if model.dependencies:
        parts.append(_counted(len(model.dependencies), "dependency", "dependencies"))
    if model.repaired:
        parts.append(f"{_counted(len(model.repaired), 'value', 'values')} read leniently, see status.model.repaired")
    if package.warnings:
        parts.append(f"{_counted(len(package.warnings), 'warning', 'warnings')}, see the condition PackageValid")
    return "; ".join(parts)


def valid_message(package: Valid) -> str:
    """Returns the condition's message: the warnings, and what was read leniently."""
    repaired = "; ".join(package.model.repaired or ())
    shown = list(package.warnings[:_MAX_WARNINGS])
    if (more := len(package.warnings) - _MAX_WARNINGS) > 0:
        shown.append(f"and {more} more, see `aiapp check`")
    parts = [f"warning: {'; '.join(shown)}"] if shown else []
    return "; ".join([*parts, *([f"read leniently: {repaired}"] if repaired else [])])


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
