"""The runtime of a version: resolved once for its package, then kept, whatever becomes of the catalogue. Pure."""

from aiapp.api.conditions import ConditionType
from aiapp.api.version import ModelStatus
from aiapp.domain.records import VersionRecord
from aiapp.domain.runtimes.catalogue import Catalogue, Resolution, asked, is_ambiguous, is_called, recalled, resolve


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
