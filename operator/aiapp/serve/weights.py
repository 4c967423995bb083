"""Which path a service is constructed with; it never opens a model file.

The rule for several candidates is documented in docs/reference/model-server.md.
"""

from __future__ import annotations

import os
from typing import Iterator, List, NamedTuple, Sequence, Tuple

from ..modelarts.model_files import last_resorts, model_files, saved_models
from ..modelarts.model_types import ModelType


class Choice(NamedTuple):
    """`path` is a file, or the package's folder; `others` are the files passed over, as paths within the package."""

    path: str
    others: List[str]


def choose(package: str, engines: Sequence[ModelType]) -> Choice:
    """The best model file of the first engine that has one; the folder when none has, or without engines.

    An empty file, which the importer does not accept as a model, is better than none.
    """
    files = list(_files(package)) if engines else []
    with_empty_ones = [(path, 1) for path, _ in files]
    for find, known in ((model_files, files), (model_files, with_empty_ones), (last_resorts, with_empty_ones)):
        for engine in engines:
            found = find(known, engine)
            if found:
                return Choice(os.path.join(package, found[0]), found[1:])
    return Choice(package, [])


def saved_model(folder: str) -> str:
    """The folder in it that holds the SavedModel to serve; itself when there is none."""
    found = saved_models(path for path, _ in _files(folder))
    return os.path.join(folder, found[0].rstrip("/")) if found and found[0] else folder


def has_saved_model(folder: str) -> bool:
    return bool(saved_models(path for path, _ in _files(folder)))


def _files(package: str) -> Iterator[Tuple[str, int]]:
    """Path within the package and size in bytes; what is in hidden folders is left out."""
    for folder, folders, names in os.walk(package):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__")))
        for name in names:
            path = os.path.join(folder, name)
            try:
                yield os.path.relpath(path, package).replace(os.sep, "/"), os.stat(path).st_size
            except OSError:  # a link to nothing
                continue
