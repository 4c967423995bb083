"""Keeps the manifests' ConfigMaps: immutable, shared by content, owned by everything that uses them."""

from collections.abc import Sequence
from typing import Any

from aiapp.api.version import ManifestReference
from aiapp.domain.desired.manifest import config_map_names, joined
from aiapp.domain.manifest import ManifestError, decode
from aiapp.domain.naming import MANAGED_BY, MANAGED_BY_LABEL, manifest_config_map, owner
from aiapp.domain.resources import CONFIG_MAPS, Json
from aiapp.domain.trimming import trimmed_config_map
from aiapp.ports import Api, ApiError, ConflictError, NotFoundError
from aiapp.reconcile.store import Store


class ManifestTakenError(ApiError):
    """A ConfigMap of the manifest's name holds something else."""

    def __init__(self, name: str) -> None:
        super().__init__(409, "NameTaken", f"ConfigMap {name} exists and does not hold the manifest: delete it")


class Manifests:
    """All methods raise `ApiError`."""

    def __init__(self, api: Api, store: Store[Any]) -> None:
        self._api = api
        self._store = store

    async def keep(self, config_maps: Sequence[Json], user: Json) -> None:
        """Create a manifest's ConfigMaps with `user` (an AIApplicationVersion) as owner, or add it to their owners.

        All of them exist afterwards; after an error, some may.
        """
        for config_map in config_maps:
            await self._keep(config_map, user)

    async def share(self, reference: ManifestReference, user: Json) -> bool:
        """Make `user` (an AIApplication, too) one of the owners of each. False when one of them does not exist."""
        return all([await self._share(name, user) for name in config_map_names(reference)])

    async def _keep(self, config_map: Json, user: Json) -> None:
        namespace = user["metadata"]["namespace"]
        metadata = config_map["metadata"] | {
            "namespace": namespace,
            "ownerReferences": [owner(user, controller=False)],
        }
        try:
            self._remember(await self._api.create(config_map | {"metadata": metadata}))
        except ConflictError:
            existing = await self._api.get(CONFIG_MAPS, namespace, metadata["name"])
            if not _holds(existing, config_map):
                raise ManifestTakenError(metadata["name"]) from None
            await self._share(metadata["name"], user)

    async def _share(self, name: str, user: Json) -> bool:
        patch = {"metadata": {"ownerReferences": [owner(user, controller=False)]}}
        try:
            self._remember(await self._api.patch(CONFIG_MAPS, user["metadata"]["namespace"], name, patch))
        except NotFoundError:
            return False
        return True

    def _remember(self, written: Json) -> None:
        """What the watch will tell is known already, and brings nobody back to work."""
        self._store.put(CONFIG_MAPS, trimmed_config_map(written), own=True)


def is_shared_with(config_map: Json, user: Json) -> bool:
    """Whether `user` is one of the owners already."""
    owners = config_map["metadata"].get("ownerReferences", ())
    return any(reference["uid"] == user["metadata"]["uid"] for reference in owners)


def _holds(existing: Json, wanted: Json) -> bool:
    ours = existing["metadata"].get("labels", {}).get(MANAGED_BY_LABEL) == MANAGED_BY
    return bool(ours and (existing.get("binaryData") == wanted["binaryData"] or _is_named_by_its_pin(existing)))


def _is_named_by_its_pin(existing: Json) -> bool:
    """Another make of gzip gives other bytes for the same manifest."""
    try:
        return bool(manifest_config_map(decode(joined([existing])).pin) == existing["metadata"]["name"])
    except ManifestError:
        return False
