"""Immutable ConfigMaps that several objects own together, named by what they hold. Never writes over one.

Every user is an owner of it, and it is deleted with the last one. A version is noted in a label as well, so that it is
known which content it was pinned to even when backups or `--cascade=orphan` left the owners out.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any, Final

from aiapp.controller.cache import Cache
from aiapp.controller.write_through import WriteThrough
from aiapp.domain.artifact.sharing import is_owned_by, is_used_by, used_by
from aiapp.domain.kubernetes.naming import is_managed
from aiapp.domain.kubernetes.resources import CONFIG_MAPS, Json, resource_of
from aiapp.ports.kubernetes import ApiError, ConflictError, NotFoundError

ATTEMPTS: Final = 4
"""To delete what others change at the same moment."""


class TakenError(ApiError):
    """A ConfigMap of that name holds something else."""

    def __init__(self, name: str, what: str) -> None:
        super().__init__(409, "NameTaken", f"ConfigMap {name} exists and does not hold {what}: delete it")


class SharedConfigMaps:
    """Creates, shares and releases such ConfigMaps. All methods raise `ApiError`."""

    def __init__(self, api: WriteThrough, store: Cache[Any]) -> None:
        self._api = api
        self._store = store

    def cached(self, namespace: str, name: str) -> Json | None:
        """The metadata of a ConfigMap of ours, as the cache has it."""
        return self._store.get(CONFIG_MAPS, namespace, name)

    def held(self, user: Json) -> list[Json]:
        """Those that `user` owns."""
        return self._store.config_maps_of(user["metadata"]["namespace"], user["metadata"]["uid"])

    async def create(self, config_map: Json, user: Json, *others: Json) -> Json | None:
        """Create it with `user` and `others` as owners. Returns what exists under that name instead, or None."""
        namespace, name = user["metadata"]["namespace"], config_map["metadata"]["name"]
        used = used_by(user, *others)
        labels = config_map["metadata"].get("labels", {}) | used.pop("labels", {})
        metadata = config_map["metadata"] | {"namespace": namespace, "labels": labels} | used
        try:
            await self._api.create(config_map | {"metadata": metadata})
        except ConflictError:
            existing = await self._read(namespace, name)
            if existing is None:
                raise ConflictError(409, "Conflict", f"ConfigMap {name} came and went while it was made") from None
            return existing
        return None

    async def keep(
        self, config_map: Json, user: Json, *others: Json, what: str, is_same: Callable[[Json], bool]
    ) -> None:
        """Create it with `user` and `others` as owners, or add `user` to those of what exists under that name.

        Raises `TakenError` where that, which may be anybody's, does not hold `what`.
        """
        name, existing = config_map["metadata"]["name"], await self.create(config_map, user, *others)
        if existing is None:
            return
        if not is_same(existing):
            raise TakenError(name, what)
        await self.share([name], user)

    async def share(self, names: Sequence[str], user: Json) -> list[str]:
        """Make `user` one of the owners of each. Returns those that do not exist, or are not the operator's."""
        return [name for name in names if not await self._share(name, user)]

    async def share_known(self, name: str, user: Json) -> None:
        """As `share`, for one that need not exist."""
        if self.cached(user["metadata"]["namespace"], name) is not None:
            await self._share(name, user)

    async def read(self, namespace: str, names: Sequence[str]) -> list[Json | None]:
        """The ConfigMaps as the API server has them now, since their content is kept nowhere else."""
        return [await self._read(namespace, name) for name in names]

    async def release(self, names: Iterable[str], user: Json) -> None:
        """`user` no longer uses them; those without a user are deleted."""
        for name in names:
            await self._release(name, user)

    async def _share(self, name: str, user: Json) -> bool:
        namespace = user["metadata"]["namespace"]
        found = self.cached(namespace, name) or await self._read(namespace, name)
        if found is None or not is_managed(found):
            return False
        if not is_used_by(found, user):
            await self._add(name, user)
        return True

    async def _add(self, name: str, user: Json) -> None:
        try:
            await self._patch(name, user, {"metadata": used_by(user)})
        except NotFoundError:
            raise ConflictError(409, "Conflict", f"ConfigMap {name} was gone when it was to be shared") from None

    async def _release(self, name: str, user: Json) -> None:
        known = self.cached(user["metadata"]["namespace"], name)
        if known is None or await self._delete_if_alone(known, user):
            return
        references = [{"$patch": "delete", "uid": user["metadata"]["uid"]}]
        labels = dict.fromkeys(used_by(user).get("labels", {}))
        with suppress(NotFoundError):  # the last user of a deleted pair takes it along, or the garbage collector
            left = await self._patch(name, user, {"metadata": {"ownerReferences": references, "labels": labels}})
            await self._delete_unless_used(left)

    async def _delete_if_alone(self, config_map: Json, user: Json) -> bool:
        """Delete it in one write where nobody else owns it: between two the operator may end, and leave it without any
        owner. Returns whether it is gone.
        """
        if len(config_map["metadata"].get("ownerReferences") or ()) > 1 or not is_owned_by(config_map, user):
            return False
        try:
            await self._delete(config_map)
        except NotFoundError:
            return True
        except ConflictError:  # somebody uses it as well by now
            return False
        return True

    async def _delete_unless_used(self, config_map: Json) -> None:
        """The garbage collector leaves alone what has no owner at all, and may take away an owner at any moment."""
        namespace, name = (config_map["metadata"][key] for key in ("namespace", "name"))
        for _ in range(ATTEMPTS):
            if await self._is_used(config_map):
                return None
            with suppress(ConflictError):
                return await self._delete(config_map)
            config_map = await self._api.get(CONFIG_MAPS, namespace, name)
        raise ConflictError(409, "Conflict", f"ConfigMap {name} kept changing while it was to be deleted")

    async def _is_used(self, config_map: Json) -> bool:
        """Whether one of its owners exists."""
        owners = config_map["metadata"].get("ownerReferences") or ()
        return any([await self._exists(one, config_map["metadata"]["namespace"]) for one in owners])

    async def _exists(self, reference: Json, namespace: str) -> bool:
        try:
            found = await self._api.get(resource_of(reference), namespace, reference["name"])
        except NotFoundError:
            return False
        except KeyError:  # a kind that is none of the operator's business
            return True
        return bool(found["metadata"]["uid"] == reference["uid"])

    async def _delete(self, config_map: Json) -> None:
        metadata = config_map["metadata"]
        preconditions = {key: metadata[key] for key in ("uid", "resourceVersion")}
        await self._api.delete(CONFIG_MAPS, metadata["namespace"], metadata["name"], preconditions=preconditions)

    async def _patch(self, name: str, user: Json, patch: Json) -> Json:
        return await self._api.patch(CONFIG_MAPS, user["metadata"]["namespace"], name, patch)

    async def _read(self, namespace: str, name: str) -> Json | None:
        try:
            return await self._api.get(CONFIG_MAPS, namespace, name)
        except NotFoundError:
            return None
