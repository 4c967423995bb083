"""Immutable ConfigMaps that several objects own together, named by what they hold. Never writes over one.

Whoever uses one is an owner of it; the last user takes it along. A version is noted in a label as well, so that it is
known which content it was pinned to even when backups or `--cascade=orphan` left the owners out.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from aiapp.controller.cache import Cache
from aiapp.domain.kubernetes.child_kinds import trim_of
from aiapp.domain.kubernetes.naming import is_managed, owner, pinned_label
from aiapp.domain.kubernetes.resources import CONFIG_MAPS, VERSIONS, Json
from aiapp.ports import Api, ApiError, ConflictError, NotFoundError


class TakenError(ApiError):
    """A ConfigMap of that name holds something else."""

    def __init__(self, name: str, what: str) -> None:
        super().__init__(409, "NameTaken", f"ConfigMap {name} exists and does not hold {what}: delete it")


class SharedConfigMaps:
    """All methods raise `ApiError`."""

    def __init__(self, api: Api, store: Cache[Any]) -> None:
        self._api = api
        self._store = store

    def known(self, namespace: str, name: str) -> Json | None:
        """Its metadata, as far as it is ours."""
        return self._store.get(CONFIG_MAPS, namespace, name)

    def all(self, namespace: str) -> list[Json]:
        """The metadata of all of ours."""
        return self._store.config_maps(namespace)

    def held(self, user: Json) -> list[str]:
        """Names of those that `user` owns."""
        metadata = user["metadata"]
        return [one["metadata"]["name"] for one in self._store.config_maps_of(metadata["namespace"], metadata["uid"])]

    async def create(self, config_map: Json, user: Json) -> Json | None:
        """Create it with `user` as owner. What exists under that name instead, or None."""
        namespace, name = user["metadata"]["namespace"], config_map["metadata"]["name"]
        used = _used_by(user)
        labels = config_map["metadata"].get("labels", {}) | used.pop("labels", {})
        metadata = config_map["metadata"] | {"namespace": namespace, "labels": labels} | used
        try:
            self._remember(await self._api.create(config_map | {"metadata": metadata}))
        except ConflictError:
            existing = await self._read(namespace, name)
            if existing is None:
                raise ConflictError(409, "Conflict", f"ConfigMap {name} came and went while it was made") from None
            return existing
        return None

    async def share(self, names: Sequence[str], user: Json) -> list[str]:
        """Make `user` one of the owners of each. Those that do not exist, or are somebody else's."""
        return [name for name in names if not await self._share(name, user)]

    async def share_known(self, name: str, user: Json) -> None:
        """The same of one that need not exist."""
        if self.known(user["metadata"]["namespace"], name) is not None:
            await self._share(name, user)

    async def read(self, namespace: str, names: Sequence[str]) -> list[Json | None]:
        """As the API server has them now, since their content is kept nowhere else."""
        return [await self._read(namespace, name) for name in names]

    async def release(self, names: Iterable[str], user: Json) -> None:
        """`user` no longer uses them; what nobody uses goes."""
        for name in names:
            await self._release(name, user)

    async def _share(self, name: str, user: Json) -> bool:
        namespace = user["metadata"]["namespace"]
        found = self.known(namespace, name) or await self._read(namespace, name)
        if found is None or not is_managed(found):
            return False
        if not is_shared_with(found, user):
            await self._add(name, user)
        return True

    async def _add(self, name: str, user: Json) -> None:
        try:
            self._remember(await self._patch(name, user, {"metadata": _used_by(user)}))
        except NotFoundError:
            raise ConflictError(409, "Conflict", f"ConfigMap {name} was gone when it was to be shared") from None

    async def _release(self, name: str, user: Json) -> None:
        known = self.known(user["metadata"]["namespace"], name)
        if known is None:
            return
        references = [{"$patch": "delete", "uid": user["metadata"]["uid"]}]
        labels = dict.fromkeys(_used_by(user).get("labels", {}))
        try:
            left = await self._patch(name, user, {"metadata": {"ownerReferences": references, "labels": labels}})
            self._remember(left)
            if not left["metadata"].get("ownerReferences"):
                await self._delete(left)
        except NotFoundError:
            return

    async def _delete(self, config_map: Json) -> None:
        metadata = config_map["metadata"]
        preconditions = {key: metadata[key] for key in ("uid", "resourceVersion")}
        await self._api.delete(CONFIG_MAPS, metadata["namespace"], metadata["name"], preconditions=preconditions)
        self._store.remove(CONFIG_MAPS, config_map, own=True)

    async def _patch(self, name: str, user: Json, patch: Json) -> Json:
        return await self._api.patch(CONFIG_MAPS, user["metadata"]["namespace"], name, patch)

    async def _read(self, namespace: str, name: str) -> Json | None:
        try:
            return await self._api.get(CONFIG_MAPS, namespace, name)
        except NotFoundError:
            return None

    def _remember(self, written: Json) -> None:
        """What the watch will tell is known already, and brings nobody back to work."""
        kept = trim_of(CONFIG_MAPS)({**written, "metadata": {**written["metadata"]}})
        self._store.put(CONFIG_MAPS, kept, own=True)


def is_shared_with(config_map: Json, user: Json) -> bool:
    """Whether `user` is on record as one of those that use it."""
    metadata, used = config_map["metadata"], _used_by(user)
    owners = metadata.get("ownerReferences") or ()
    return any(one["uid"] == user["metadata"]["uid"] for one in owners) and (
        used.get("labels", {}).items() <= (metadata.get("labels") or {}).items()
    )


def _used_by(user: Json) -> Json:
    """The metadata that say so."""
    used: Json = {"ownerReferences": [owner(user, controller=False)]}
    if user["kind"] == VERSIONS.kind:
        used["labels"] = {pinned_label(user["metadata"]["name"]): user["metadata"]["uid"]}
    return used
