"""What stands against pinning a package that is valid in itself. Never looks at the cluster."""

from collections.abc import Iterable

from aiapp.api.conditions import ConditionType, Reason
from aiapp.domain.conditions import Finding, fails
from aiapp.domain.kubernetes.naming import manifest_behind, manifest_config_map, pinned_versions
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.records import VersionRecord
from aiapp.domain.sizes import human_size


def pinned_otherwise(record: VersionRecord, pin: str, config_maps: Iterable[Json]) -> Finding | None:
    """A version of the same name was pinned to other content before it was deleted, or before a backup was restored.

    `config_maps` are those that are labelled with its name. They may be anybody's, so that they can only hold a pin
    back: what is pinned is always what the store lists.
    """
    before = {name for one in config_maps if (name := _pinned_by_another(record, one))}
    if not before or manifest_config_map(pin) in before:
        return None
    names = ", ".join(sorted(before))
    message = (
        f"{record.name} was pinned to other content before, as ConfigMap {names} records: put those very objects back, "
        "or register what is there now under another version number; to give the old content up and pin what is there "
        f"now under this number, delete ConfigMap {names}"
    )
    return fails(ConditionType.ARTIFACT_PINNED, Reason.PIN_MISMATCH, message)


def too_many_manifests(total: int | None, limit: int) -> Finding | None:
    """`total`: bytes of all manifests of the namespace with the new one, if that is too many."""
    if total is None:
        return None
    message = (
        f"the manifests of this namespace would take {human_size(total)}; the operator keeps {human_size(limit)} for "
        "each namespace (AIAPP_MAX_MANIFEST_BYTES): delete versions that nothing serves, or pack small files together"
    )
    return fails(ConditionType.ARTIFACT_PINNED, Reason.LIMIT_EXCEEDED, message)


def name_taken(message: str) -> Finding:
    """A ConfigMap that would hold the manifest or the digest is somebody else's."""
    return fails(ConditionType.ARTIFACT_PINNED, Reason.NAME_TAKEN, message)


def _pinned_by_another(record: VersionRecord, config_map: Json) -> str | None:
    """The manifest to which an earlier object of the version's name was pinned; what this very one noted may go."""
    metadata = config_map["metadata"]
    uid = pinned_versions(metadata.get("labels") or {}).get(record.name)
    return None if uid in {None, record.uid} else manifest_behind(metadata["name"])
