"""The ConfigMaps that concern a version, and what stands against pinning a package that is valid in itself. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from aiapp.api.conditions import ConditionType, Reason
from aiapp.domain.artifact.manifest import Manifest
from aiapp.domain.artifact.manifest_config_map import config_map_names, manifest_reference
from aiapp.domain.artifact.sharing import is_cut, is_owned_by, is_used_by
from aiapp.domain.conditions import Finding, fails
from aiapp.domain.kubernetes.naming import digest_config_map, image_config_map, kind_of_pin, pin_behind, pinned_versions
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.provenance.config_map import is_record
from aiapp.domain.records import VersionRecord
from aiapp.domain.sizes import human_size

_PUT_BACK: Final = {
    "manifest": "put those very objects back",
    "image": "name the image by the digest that is recorded there",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """ConfigMaps of ours: those of the version's manifest, digest and image, and all that it owns or is noted on.

    Only their metadata are known.
    """

    record: VersionRecord
    config_maps: Mapping[str, Json]
    """Their metadata by name."""
    namespace_bytes: int = 0
    """What all versions of the namespace keep of manifests."""

    def __contains__(self, name: str) -> bool:
        return name in self.config_maps

    def is_held(self, name: str) -> bool:
        """Whether it exists and names the version as its user.

        Where it has more users than are known here, each was noted before it was pinned: nobody is again at each look.
        """
        found = self.config_maps.get(name)
        if found is None:
            return False
        return is_used_by(found, self.record.raw) or (self.record.status.artifact is not None and is_cut(found))

    @property
    def lost(self) -> tuple[str, ...]:
        """The parts of a pinned version's manifest that do not exist."""
        return tuple(name for name in self._parts if name not in self.config_maps)

    @property
    def unshared(self) -> tuple[str, ...]:
        """What a pinned version uses of its manifest and is not on record as using: a backup may have left that out."""
        artifact = self.record.package
        wanted = (*self._parts, digest_config_map(artifact.pin)) if artifact else ()
        return tuple(name for name in wanted if name in self.config_maps and not self.is_held(name))

    @property
    def unused(self) -> tuple[str, ...]:
        """What a pinned version owns without using it: an import noted it that came to nothing, or that went on."""
        artifact, image = self.record.package, self.record.pinned_image
        if artifact is None and image is None:
            return ()
        own = {None, artifact and artifact.manifest_ref.name, image and image_config_map(image.digest)}
        owned = (name for name, one in self.config_maps.items() if is_owned_by(one, self.record.raw))
        return tuple(name for name in owned if pin_behind(name) not in own or self._is_earlier_record(name))

    def excess(self, manifest: Manifest, limit: int) -> int | None:
        """Bytes of all manifests of the namespace, were this one kept as well, if that is more than `limit`."""
        total = self.namespace_bytes + len(manifest.payload)
        exists = all(name in self.config_maps for name in config_map_names(manifest_reference(manifest)))
        return None if exists or total <= limit else total

    def _is_earlier_record(self, name: str) -> bool:
        """Whether it has the provenance as it was known before the version was pinned."""
        known = self.record.status.provenance
        return is_record(name) and known is not None and known.record is not None and known.record.name != name

    @property
    def _parts(self) -> tuple[str, ...]:
        artifact = self.record.package
        return config_map_names(artifact.manifest_ref) if artifact else ()


def pinned_otherwise(record: VersionRecord, pins: Collection[str], shared: Shared) -> Finding | None:
    """A version of the same name was pinned to other content before it was deleted, or before a backup was restored.

    `pins`: the ConfigMaps that would stand for what it is to be pinned to. Anyone may have written the ConfigMaps that
    record it, so they can only hold a pin back: what is pinned is always what the store lists or the registry says.
    """
    before = {name for one in shared.config_maps.values() if (name := _pinned_by_another(record, one))}
    again = {kind_of_pin(name) for name in before.intersection(pins)}
    others = sorted(name for name in before if kind_of_pin(name) not in again)
    if not others:
        return None
    names = ", ".join(others)
    remedies = dict.fromkeys(_PUT_BACK[kind_of_pin(name) or ""] for name in others)
    message = (
        f"{record.name} was pinned to other content before, as ConfigMap {names} records: {', '.join(remedies)}, "
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
    """`ArtifactPinned` is False: the name of a ConfigMap for the manifest or the digest is taken."""
    return fails(ConditionType.ARTIFACT_PINNED, Reason.NAME_TAKEN, message)


def _pinned_by_another(record: VersionRecord, config_map: Json) -> str | None:
    """What stands for the pin of an earlier object of the version's name; what this very one noted may go."""
    metadata = config_map["metadata"]
    uid = pinned_versions(metadata.get("labels") or {}).get(record.name)
    return None if uid in {None, record.uid} else pin_behind(metadata["name"])
