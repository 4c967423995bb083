"""What labels and annotations say of the origin of something: keys of MLflow and of OCI, our own for datasets. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from aiapp.api.provenance import Dataset
from aiapp.domain.kubernetes.naming import (
    BRANCH_KEYS,
    DATASET_PREFIX,
    REPOSITORY_KEYS,
    REVISION_KEYS,
    RUN_KEYS,
)
from aiapp.domain.printable import printable

MOST_DATASETS: Final = 16
_MOST_CHARACTERS: Final = 512
_MOST_OF_A_REVISION: Final = 128


@dataclass(frozen=True, slots=True)
class Annotated:
    """What is said of the source code and of the data."""

    repository: str | None = None
    revision: str | None = None
    branch: str | None = None
    run: str | None = None
    """The run of an experiment tracker."""
    datasets: tuple[Dataset, ...] = ()


def annotated(*marks: Mapping[str, Any] | None) -> Annotated:
    """From labels and annotations; the earlier ones count more."""
    together: dict[str, Any] = {}
    for one in reversed(marks):
        together |= one if isinstance(one, dict) else {}
    return Annotated(
        repository=_first(together, REPOSITORY_KEYS, _MOST_CHARACTERS),
        revision=_first(together, REVISION_KEYS, _MOST_OF_A_REVISION),
        branch=_first(together, BRANCH_KEYS, _MOST_OF_A_REVISION),
        run=_first(together, RUN_KEYS, _MOST_OF_A_REVISION),
        datasets=tuple(islice(_datasets(together), MOST_DATASETS)),
    )


def _first(marks: Mapping[str, Any], keys: Iterable[str], most: int) -> str | None:
    values = (marks.get(key) for key in keys)
    return next((printable(value, most) for value in values if isinstance(value, str) and value), None)


def _datasets(marks: Mapping[str, Any]) -> Iterable[Dataset]:
    for key in sorted(marks):
        if key.startswith(DATASET_PREFIX) and isinstance(marks[key], str):
            where, at, digest = marks[key].rpartition("@")
            uri = printable(where if at else digest, _MOST_CHARACTERS) or None
            stated = printable(digest, _MOST_OF_A_REVISION) if at else None
            yield Dataset(name=key.removeprefix(DATASET_PREFIX)[:253], uri=uri, digest=stated)
