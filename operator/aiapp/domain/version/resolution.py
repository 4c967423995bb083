"""The runtime of a version: resolved once for its package, then kept, whatever becomes of the catalogue. Pure."""

from aiapp.api.conditions import ConditionType
from aiapp.api.version import ModelStatus, VersionSpec
from aiapp.domain.records import VersionRecord
from aiapp.domain.runtimes.catalogue import (
    Catalogue,
    Resolution,
    asked,
    find,
    is_ambiguous,
    is_called,
    recalled,
    resolve,
)
from aiapp.domain.weights.found import FOLDER


def runtime_of(record: VersionRecord, model: ModelStatus | None, catalogue: Catalogue) -> Resolution | None:
    """The version's runtime. `model` is what config.json declares; None until the package was read."""
    before, chosen = record.status.runtime, record.spec.runtime
    # What was resolved before the package could be read was not held against its engine.
    holds = record.status.model is not None and record.is_true(ConditionType.RUNTIME_RESOLVED)
    if before is not None and holds and (chosen is None or is_called(chosen, before.name, catalogue)):
        return recalled(before, asked(chosen, model), catalogue)
    if model is None and (chosen is None or is_ambiguous(chosen, catalogue)):
        return None
    return resolve(chosen, model, catalogue)


def takes_folders(spec: VersionSpec, catalogue: Catalogue) -> bool:
    """Whether what is to serve it takes a folder without a config.json: an image of the user's own, or a runtime with a
    server of its own that the version names.
    """
    if spec.container is not None and spec.container.image is not None:
        return True
    return spec.runtime is not None and find(spec.runtime, catalogue, FOLDER) is not None
