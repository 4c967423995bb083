"""Keeps the manifests of pinned packages in ConfigMaps, and reads them again. Never believes what it did not hash."""

from typing import Final

from aiapp.api.artifact import PackageArtifact
from aiapp.domain.artifact.entry import ManifestError
from aiapp.domain.artifact.manifest import Manifest, is_same, read_pinned
from aiapp.domain.artifact.manifest_config_map import config_map_names, joined, manifest_objects
from aiapp.domain.kubernetes.naming import is_managed
from aiapp.domain.kubernetes.resources import Json
from aiapp.reconcile.offload import offload
from aiapp.reconcile.shared_config_maps import SharedConfigMaps, TakenError

_SHORT_BYTES: Final = 16 * 1024
"""To encode so much takes less than to wake a thread."""


class ManifestGoneError(ManifestError):
    """A ConfigMap that holds a part of the manifest does not exist."""

    def __init__(self, name: str) -> None:
        super().__init__(f"ConfigMap {name}, which holds the manifest, is gone")


class Manifests:
    """All methods raise `ApiError`."""

    def __init__(self, shared: SharedConfigMaps) -> None:
        self._shared = shared

    async def keep(self, manifest: Manifest, user: Json, *others: Json) -> None:
        """Create its ConfigMaps with `user` (an AIApplicationVersion) as owner, or add it to their owners.

        What is created is owned by `others` as well: AIApplications that would share it next.
        All of them exist afterwards; after an error, some may. Raises `TakenError`.
        """
        is_short = len(manifest.payload) <= _SHORT_BYTES
        for config_map in await offload(lambda: manifest_objects(manifest), inline=is_short):
            existing = await self._shared.create(config_map, user, *others)
            if existing is None:
                continue
            name = config_map["metadata"]["name"]
            if not await _holds(existing, config_map, manifest):
                raise TakenError(name, "the manifest")
            await self._shared.share([name], user)

    async def read(self, namespace: str, artifact: PackageArtifact) -> Manifest:
        """What was pinned, read live, since nothing of a version's files is kept in memory. Raises `ManifestError`."""
        names = config_map_names(artifact.manifest_ref)
        found = await self._shared.read(namespace, names)
        gone = [name for name, part in zip(names, found, strict=True) if part is None]
        if gone:
            raise ManifestGoneError(gone[0])
        parts = [part for part in found if part is not None]
        if not all(map(is_managed, parts)):
            raise ManifestError(f"ConfigMap {names[0]} is not labelled as the operator's: delete it")
        try:
            return await offload(lambda: read_pinned(joined(parts), artifact.pin))
        except ManifestError as error:
            raise ManifestError(f"ConfigMap {names[0]} does not hold what was pinned: {error}; delete it") from error


async def _holds(existing: Json, wanted: Json, manifest: Manifest) -> bool:
    """Whether `existing` is what would be made as `wanted`. It may be any user's: it is hashed, never looked into.

    Another implementation of gzip gives other bytes for the same manifest.
    """
    if not is_managed(existing):
        return False
    if existing.get("binaryData") == wanted["binaryData"]:
        return True
    return await offload(lambda: _is_same(existing, manifest))


def _is_same(config_map: Json, manifest: Manifest) -> bool:
    try:
        return is_same(joined([config_map]), manifest)
    except ManifestError:
        return False
