"""What the Event of a finished import tells: files, size, engine, dependencies, repairs. Never more than a sentence."""

from aiapp.domain.package.inspection import Valid


def imported_story(package: Valid, pinned: str) -> str:
    """`pinned` says how many files there are, how large they are together, and their pin."""
    model = package.model
    parts = [f"model files pinned: {pinned}", f"{model.type}, {model.algorithm}"]
    if model.dependencies:
        parts.append(_counted(len(model.dependencies), "dependency", "dependencies"))
    if model.repaired:
        parts.append(f"{_counted(len(model.repaired), 'value', 'values')} read leniently, see status.model.repaired")
    return "; ".join(parts)


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
