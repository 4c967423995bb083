"""Which files of a package are its model, and which of several is served. Looks at names and sizes, never into a file.

The importer refuses a package by these rules, and the model server picks `model_path` by them, so that what was
accepted is found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import nsmallest

from .model_types import TENSORFLOW, ModelType

CONFIG_FILE = "config.json"
SERVICE_FILE = "customize_service.py"
SAVED_MODEL_FILES = ("saved_model.pb", "saved_model.pbtxt")

_NEVER = frozenset(
    {
        *(CONFIG_FILE, "package.json", "metric.json", "metrics.json", "requirements.txt"),
        "tmp.om",  # an empty file that older MindSpore packages carry
    }
)
"""Names of files that are no model whatever their ending."""
_MOST_SAVED_MODELS = 200
_MOST_DIGITS = 20
"""TensorFlow keeps a version's number in 64 bits."""


def model_files(files: Iterable[tuple[str, int]], kind: ModelType) -> list[str]:
    """Of the files (path and size in bytes) those that are a model of this engine, the one to be served first.

    By suffix and by the name `model`, then the nearest to the top, then by name. Empty files are none.
    """
    return _sorted(files, kind.preferred)


def last_resorts(files: Iterable[tuple[str, int]], kind: ModelType) -> list[str]:
    """Where there is none: the files that might be one all the same."""
    return _sorted(files, (kind.last_resort,))


def is_model(path: str, kind: ModelType) -> bool:
    """Whether the file at this path may be a model of the engine, whatever its size."""
    if not kind.preferred:
        return is_visible(path) and path not in (CONFIG_FILE, SERVICE_FILE) and not path.endswith(".py")
    return _rank(path, kind.preferred) is not None or (kind is TENSORFLOW and ".ckpt" in path.lower())


def is_visible(path: str) -> bool:
    """Whether neither the file nor a folder that it is in is hidden or, like `__pycache__`, Python's own."""
    return not any(part.startswith((".", "__")) for part in path.split("/"))


def saved_models(paths: Iterable[str]) -> list[str]:
    """The folders with a SavedModel, empty or ending in `/`; first the one that is served.

    The root, else the highest of the numbered folders, else the nearest to the top, by name. Of very many the first.
    """
    found = (path[: -len(name)] for path in paths for name in SAVED_MODEL_FILES if _is_named(path, name))
    return list(dict.fromkeys(nsmallest(_MOST_SAVED_MODELS, filter(is_visible, found), key=_saved_model_order)))


def is_numbered(folder: str) -> bool:
    """Whether it is a folder as TensorFlow Serving numbers versions: `1/`."""
    return len(folder) <= _MOST_DIGITS and folder[:-1].isdecimal() and folder.endswith("/")


def _is_named(path: str, name: str) -> bool:
    return path == name or path.endswith(f"/{name}")


def _saved_model_order(folder: str) -> tuple[bool, int, int, str]:
    number = int(folder[:-1]) if is_numbered(folder) else -1
    return bool(folder), -number, folder.count("/"), folder


def _sorted(files: Iterable[tuple[str, int]], groups: tuple[tuple[str, ...], ...]) -> list[str]:
    return [order[-1] for order in sorted(_ordered(files, groups))]


def _ordered(
    files: Iterable[tuple[str, int]], groups: tuple[tuple[str, ...], ...]
) -> Iterator[tuple[int, bool, int, int, str]]:
    """Sortable: group, not called `model`, suffix, depth, path."""
    for path, size in files:
        rank = _rank(path, groups) if size > 0 else None
        if rank is not None:
            group, suffix = rank
            name = path.rpartition("/")[2]
            yield group, name.partition(".")[0].lower() != "model", suffix, path.count("/"), path


def _rank(path: str, groups: tuple[tuple[str, ...], ...]) -> tuple[int, int] | None:
    """Group and place of the path's suffix; None when it has none of them or is surely no model."""
    lower = path.lower()
    places = ((number, place, end) for number, group in enumerate(groups) for place, end in enumerate(group))
    found = next(((number, place) for number, place, end in places if lower.endswith(end)), None)
    if found is None or lower.rpartition("/")[2] in _NEVER or not is_visible(path):
        return None
    return found
