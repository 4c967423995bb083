"""An API server in memory for tests of what is written when: objects, resourceVersions, preconditions. No schemas."""

from collections.abc import AsyncIterator, Callable, Mapping
from itertools import count

from typing_extensions import override

from aiapp.domain.kubernetes.resources import Json, Resource, resource_of
from aiapp.ports.kubernetes import FIELD_MANAGER, Api, ApiError, ConflictError, NotFoundError, Page, Trim, WatchEvent

Place = tuple[Resource, str, str]
STATE = ("uid", "resourceVersion")


class FakeApi(Api):
    """`calls` lists what was asked for; `before` (method name) runs before a call and may raise or change things."""

    def __init__(self) -> None:
        self.objects: dict[Place, Json] = {}
        self.calls: list[str] = []
        self.before: dict[str, Callable[[], None]] = {}
        self.forbidden: set[str] = set()
        self._versions = count(100)

    @property
    def writes(self) -> list[str]:
        return [call for call in self.calls if call not in {"get", "list", "review"}]

    def hold(self, document: Json, uid: str) -> Json:
        """Put an object there as somebody else would."""
        metadata = {**document["metadata"], "uid": uid, "resourceVersion": str(next(self._versions))}
        stored = {**document, "metadata": metadata}
        self.objects[_place(document)] = stored
        return stored

    def _call(self, name: str) -> None:
        self.calls.append(name)
        if hook := self.before.pop(name, None):
            hook()

    @override
    async def get(self, resource: Resource, namespace: str | None, name: str) -> Json:
        self._call("get")
        found = self.objects.get((resource, namespace or "", name))
        if found is None:
            raise NotFoundError(404, "NotFound", name)
        return found

    @override
    async def list(
        self,
        resource: Resource,
        *,
        namespace: str | None = None,
        selector: str = "",
        fields: str = "",
        trim: Trim | None = None,
    ) -> Page:
        self._call("list")
        found = [o for (r, n, _), o in self.objects.items() if r == resource and namespace in {None, n}]
        return Page(found, str(next(self._versions)))

    @override
    async def watch(
        self, resource: Resource, *, selector: str = "", fields: str = "", resource_version: str
    ) -> AsyncIterator[WatchEvent]:
        raise ApiError(0, "Fake", "nothing to watch")
        yield

    @override
    async def create(self, document: Json) -> Json:
        self._call("create")
        if _place(document) in self.objects:
            raise ConflictError(409, "AlreadyExists", document["metadata"]["name"])
        return self.hold(document, f"uid-{next(self._versions)}")

    @override
    async def review(self, question: Json, resource: Resource) -> Json:
        """Everybody may do everything but the ServiceAccounts of `forbidden`."""
        self._call("review")
        user = question["spec"]["user"].rpartition(":")[2]
        return question | {"status": {"allowed": user not in self.forbidden}}

    @override
    async def apply(self, document: Json, *, force: bool, manager: str = FIELD_MANAGER) -> Json:
        self._call("apply")
        found = self.objects.get(_place(document))
        uid, version = (document["metadata"].get(key) for key in ("uid", "resourceVersion"))
        if found is None:
            if uid:
                raise ConflictError(409, "Conflict", "uid mismatch: no existing object was found")
            return self.hold(document, f"uid-{next(self._versions)}")
        if version and version != found["metadata"]["resourceVersion"]:
            raise ConflictError(409, "Conflict", "the object has been modified")
        if uid and uid != found["metadata"]["uid"]:
            raise ApiError(422, "Invalid", "metadata.uid: Invalid value: field is immutable")
        return self.hold(document, found["metadata"]["uid"])

    @override
    async def patch(self, resource: Resource, namespace: str | None, name: str, patch: Json) -> Json:
        """Owners merge by uid, as in a strategic merge patch, labels and the spec by key; nothing else is patched."""
        self._call("patch")
        found = await self.get(resource, namespace, name)
        if any(found["metadata"][key] != patch["metadata"].get(key, found["metadata"][key]) for key in STATE):
            raise ConflictError(409, "Conflict", "the object has been modified")
        owners = {o["uid"]: o for o in (found["metadata"].get("ownerReferences") or ())}
        for reference in patch["metadata"].get("ownerReferences", ()):
            if reference.get("$patch") == "delete":
                owners.pop(reference["uid"], None)
            else:
                owners[reference["uid"]] = reference
        labels = (found["metadata"].get("labels") or {}) | patch["metadata"].get("labels", {})
        kept = {label: value for label, value in labels.items() if value is not None}
        metadata = {**found["metadata"], "ownerReferences": list(owners.values()), "labels": kept}
        spec = {"spec": found["spec"] | patch["spec"]} if "spec" in patch else {}
        return self.hold({**found, **spec, "metadata": metadata}, metadata["uid"])

    @override
    async def replace_status(self, document: Json) -> Json:
        self._call("replace_status")
        found = self.objects.get(_place(document))
        if found is None:
            raise NotFoundError(404, "NotFound", document["metadata"]["name"])
        for key in STATE:
            if document["metadata"][key] != found["metadata"][key]:
                raise ConflictError(409, "Conflict", "the object has been modified")
        return self.hold({**found, "status": document["status"]}, found["metadata"]["uid"])

    @override
    async def delete(
        self, resource: Resource, namespace: str | None, name: str, *, preconditions: Mapping[str, str]
    ) -> None:
        self._call("delete")
        found = await self.get(resource, namespace, name)
        if any(found["metadata"][key] != value for key, value in preconditions.items()):
            raise ConflictError(409, "Conflict", "Precondition failed")
        del self.objects[resource, namespace or "", name]


def _place(document: Json) -> Place:
    metadata = document["metadata"]
    return resource_of(document), metadata.get("namespace", ""), metadata["name"]
