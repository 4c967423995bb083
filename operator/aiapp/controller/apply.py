"""Makes objects exist as rendered: writes only what differs, never touches what is not ours."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Final

import orjson

from aiapp.controller.handover import LEFT_TO_OTHERS, handover, is_ours, is_set
from aiapp.domain.kubernetes.child_kinds import left_to_others, merge_keys_of
from aiapp.domain.kubernetes.difference import contains
from aiapp.domain.kubernetes.naming import APPLIED_ANNOTATION, is_managed
from aiapp.domain.kubernetes.resources import Json, resource_of
from aiapp.ports.kubernetes import Api, ApiError, Applied, ApplyResult, ConflictError, NotFoundError

ATTEMPTS: Final = 4
"""How often an object that changes under our hands is looked at again before the work queue takes over."""
ABSENT: Final = "1"
"""As `metadata.resourceVersion` of a server-side apply: creates an absent object, conflicts with any that exists
(no object has it: etcd's first revision is spent before the API server writes). So no race overwrites a stranger's."""


def digest(desired: Json) -> str:
    """A hash that is the same for equal objects, whatever the order of their keys."""
    return sha256(orjson.dumps(desired, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]


def is_owned(observed: Json, owner_uid: str) -> bool:
    """Whether `owner_uid` is among its owners."""
    return any(owner["uid"] == owner_uid for owner in observed["metadata"].get("ownerReferences") or ())


def is_as_desired(observed: Json, desired: Json) -> bool:
    """Whether nothing has to be written."""
    applied = (observed["metadata"].get("annotations") or {}).get(APPLIED_ANNOTATION)
    return applied == digest(desired) and contains(observed, desired, merge_keys_of(resource_of(desired)))


@dataclass(frozen=True, slots=True)
class Applier:
    """Writes children through `api`."""

    api: Api

    async def apply(self, desired: Json, observed: Json | None, owner_uid: str) -> Applied:
        """See `ports.Cluster.apply`."""
        for _ in range(ATTEMPTS):
            if observed is not None:
                _refuse_terminating(observed)
                if not (is_managed(observed) and is_owned(observed, owner_uid)):
                    return Applied(ApplyResult.NAME_TAKEN, observed)
                if is_as_desired(observed, desired):
                    return Applied(ApplyResult.UNCHANGED, observed)
            try:
                if observed is not None:
                    await self._hand_over(desired)
                return Applied(ApplyResult.WRITTEN, await self._write(desired, observed))
            except ApiError as error:
                if not _raced(error):
                    raise
            observed = await self._look(desired)
        raise ConflictError(409, "Conflict", f"{_name(desired)} kept changing while it was applied")

    async def _write(self, desired: Json, observed: Json | None) -> Json:
        """Creates what is absent; overwrites exactly `observed`, whatever has changed it."""
        metadata = desired["metadata"]
        annotations = {**metadata.get("annotations", {}), APPLIED_ANNOTATION: digest(desired)}
        precondition = {"resourceVersion": ABSENT} if observed is None else {"uid": observed["metadata"]["uid"]}
        document = {**desired, "metadata": {**metadata, "annotations": annotations, **precondition}}
        return await self.api.apply(document, force=observed is not None)

    async def _hand_over(self, desired: Json) -> None:
        """Has a field keep its value that the operator set until now and does not set in `desired`."""
        path = left_to_others(resource_of(desired))
        if path is None or is_set(desired, path):
            return
        live = await self._look(desired)
        if live is not None and is_ours(live, path):
            await self.api.apply(handover(live, path), force=True, manager=LEFT_TO_OTHERS)

    async def _look(self, desired: Json) -> Json | None:
        metadata = desired["metadata"]
        try:
            return await self.api.get(resource_of(desired), metadata.get("namespace"), metadata["name"])
        except NotFoundError:
            return None


def _raced(error: ApiError) -> bool:
    """The object came, went or was created again meanwhile; a new uid is reported as a change of an immutable field."""
    return error.status == 409 or (error.status == 422 and "metadata.uid" in error.message)


def _refuse_terminating(observed: Json) -> None:
    if "deletionTimestamp" in observed["metadata"]:
        held = ", ".join(observed["metadata"].get("finalizers") or ())
        waits = f", which waits for its finalizers ({held})" if held else ""
        raise ConflictError(
            409, "Terminating", f"{_name(observed)} is being deleted{waits}; it is made again afterwards"
        )


def _name(document: Json) -> str:
    return f"{document['kind']} {document['metadata'].get('namespace', '')}/{document['metadata']['name']}"
