"""Which path a service is constructed with; it never opens a model file.

The rule for several candidates is documented in docs/reference/model-server.md.
"""

from __future__ import annotations

import os
from typing import Iterator, List, Sequence, Tuple

NOT_WEIGHTS = frozenset(["config.json", "requirements.txt", "package.json"])


def model_path(package: str, suffixes: Sequence[str]) -> str:
    """The package's folder, or with `suffixes` the best model file in it (the folder when there is none)."""
    candidates = sorted(_candidates(package, suffixes)) if suffixes else []
    return os.path.join(package, candidates[0][-1]) if candidates else package


def others(package: str, suffixes: Sequence[str]) -> List[str]:
    """The model files that the rule passed over, as paths within the package."""
    return [candidate[-1] for candidate in sorted(_candidates(package, suffixes))[1:]] if suffixes else []


def _candidates(package: str, suffixes: Sequence[str]) -> Iterator[Tuple[int, int, bool, str]]:
    """Sortable: depth, rank of the suffix, not called `model`, path."""
    for folder, folders, files in os.walk(package):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__")))
        depth = os.path.relpath(folder, package).count(os.sep) + (folder != package)
        for name in files:
            rank = _rank(name, suffixes)
            if rank is not None:
                relative = os.path.relpath(os.path.join(folder, name), package)
                yield depth, rank, name.partition(".")[0] != "model", relative


def _rank(name: str, suffixes: Sequence[str]) -> "int | None":
    if name in NOT_WEIGHTS or name.startswith("."):
        return None
    return next((rank for rank, suffix in enumerate(suffixes) if name.lower().endswith(suffix)), None)
