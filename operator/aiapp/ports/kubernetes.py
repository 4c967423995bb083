"""The API server, and what reconcilers do to a cluster. Protocols and errors, no behaviour."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, Literal, Protocol

from aiapp.api.conditions import Reason
from aiapp.domain.events import EventType
from aiapp.domain.kubernetes.resources import Json, Resource
from aiapp.domain.kubernetes.secrets import Secret

Trim = Callable[[Json], Json | None]
"""Drops the fields of an object that are not used, or all of it (None); may change and return its argument."""


FIELD_MANAGER: Final = "aiapp-operator"
"""As whom the operator writes."""
NOT_SERVED: Final = "NotServed"
"""Reason of a `NotFoundError`: the API server knows no such kind."""


class ApiError(Exception):
    """The API server refused a request, or could not be reached (status 0)."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(f"{status} {reason}: {message}")
        self.status = status
        """HTTP status; 0 when there was no answer."""
        self.reason = reason
        """Kubernetes' own word, for example `Forbidden`, `Invalid`, `Expired`."""
        self.message = message

    @property
    def transient(self) -> bool:
        """Whether the same request may succeed later without a change by a user."""
        return self.status in (0, 409, 429) or self.status >= 500


class NotFoundError(ApiError):
    """404: no such object, or no such kind."""


class ConflictError(ApiError):
    """409: the object changed meanwhile, exists already, or is owned by another controller."""


class StaleError(ConflictError):
    """A status was computed from an object that is no longer as it was, or no longer there: reconcile again."""

    def __init__(self, message: str) -> None:
        super().__init__(409, "Conflict", message)


class ApplyResult(Enum):
    """What became of an object that should exist."""

    UNCHANGED = "unchanged"
    """It was as desired; nothing was written."""
    WRITTEN = "written"
    NAME_TAKEN = "name taken"
    """An object of that name exists and is not ours; it was not touched."""


@dataclass(frozen=True, slots=True)
class Applied:
    """Outcome of an apply."""

    result: ApplyResult
    object: Json
    """The object as it is now, whatever owns it."""


class Cluster(Protocol):
    """Effects on the cluster as a reconciler wants them. All methods raise `ApiError`."""

    async def get(self, resource: Resource, namespace: str | None, name: str) -> Json | None:
        """The object as the API server has it now; None when absent."""
        ...

    async def apply(self, desired: Json, *, observed: Json | None, owner_uid: str) -> Applied:
        """Make the object be as `desired` (which carries its labels and an owner reference with `owner_uid`).

        `observed` is the object as the store has it. Writes only what differs, never touches an object that is
        not ours, leaves fields alone that `desired` does not have.
        """
        ...

    async def take_back(self, observed: Json, owners: list[Json]) -> None:
        """Merge `owners` into the owner references of exactly that object in exactly that state; absent is fine.

        Raises `ConflictError` when it changed.
        """
        ...

    async def scale(self, observed: Json, replicas: int) -> Json:
        """Give exactly that Deployment in exactly that state another number of pods; the object as it is afterwards.

        Nothing else of it is written, so that it goes on as it was rendered. Raises `ConflictError` when it changed.
        """
        ...

    async def delete(
        self, resource: Resource, namespace: str | None, name: str, *, uid: str, resource_version: str
    ) -> None:
        """Delete exactly that object in exactly that state; absent is fine. Raises `ConflictError` when it changed."""
        ...

    async def write_status(self, resource: Resource, observed: Json, status: Json) -> Json:
        """Make `status` the complete status of `observed`, if it differs; the object as it is afterwards.

        `observed` is the object that `status` was computed from. Raises `StaleError` when it is gone or was created
        again, or its spec or status is another by now: what is there then is never written over.
        Conditions are given without times (`type`, `status`, `reason`, `message`, `observedGeneration`);
        `lastTransitionTime` is kept while a condition's status stays the same.
        """
        ...

    async def secret(self, namespace: str, name: str) -> Secret | None:
        """A Secret, read live; None when absent."""
        ...

    async def create(self, document: Json) -> bool:
        """Create an object that is nobody's child; False where one of that name exists, which is left alone."""
        ...

    async def review(self, question: Json) -> Json:
        """The API server's answer to a question about somebody's rights, for example a LocalSubjectAccessReview."""
        ...

    async def pods(self, namespace: str, selector: str) -> list[Json]:
        """The pods of a namespace with these labels, whoever made them, as the API server has them now.

        Of each what `trimmed_training_pod` keeps: anybody may make many, and large ones.
        """
        ...


class Recorder(Protocol):
    """Records what happened as Kubernetes Events."""

    def event(self, about: Json, type: EventType, reason: Reason, message: str) -> None:  # noqa: A002
        """Records an Event once per object, reason and message, also over restarts. Never raises, never blocks."""
        ...


@dataclass(frozen=True, slots=True)
class Page:
    """One LIST, all its pages together."""

    items: list[Json]
    resource_version: str


@dataclass(frozen=True, slots=True)
class WatchEvent:
    """One line of a watch."""

    type: Literal["ADDED", "MODIFIED", "DELETED", "BOOKMARK"]
    object: Json


@dataclass(frozen=True, slots=True)
class LogPart:
    """Which part of a container's log is wanted, and how."""

    tail: int | None = None
    """Its last lines; None: all."""
    since_seconds: int | None = None
    """What is younger than that; None: whatever its age."""
    previous: bool = False
    """Of the container before its last restart."""
    timestamps: bool = False
    """Each line after the time when it was written."""
    follow: bool = False
    """Until the container ends."""


WHOLE_LOG: Final = LogPart()


@dataclass(frozen=True, slots=True)
class ProxiedRequest:
    """What is asked of a Service or a pod through the API server."""

    method: str
    path: str
    """Begins with a slash; as it stands in a URL."""
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 60.0
    """Longest wait for the whole answer."""
    most_bytes: int | None = None
    """Of the answer; None: as many as an object may have."""


@dataclass(frozen=True, slots=True)
class ProxiedResponse:
    """What it answered, or the API server in its place: a body with `kind: Status` is the latter's."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class ListWatch(Protocol):
    """What follows a kind needs of the API server. Both raise `ApiError`."""

    async def list(
        self,
        resource: Resource,
        *,
        namespace: str | None = None,
        selector: str = "",
        fields: str = "",
        trim: Trim | None = None,
    ) -> Page:
        """Every object of one namespace or of all, with apiVersion and kind on each, each page trimmed as it comes.

        `selector` is over labels, `fields` over fields.
        """
        ...

    def watch(
        self, resource: Resource, *, selector: str = "", fields: str = "", resource_version: str
    ) -> AsyncIterator[WatchEvent]:
        """Events after `resource_version` until the server ends the stream. `ApiError` 410 when it is too old."""
        ...


class Api(ListWatch, Protocol):
    """The API server's verbs, each with retries of what is worth retrying. All raise `ApiError`."""

    async def get(self, resource: Resource, namespace: str | None, name: str) -> Json:
        """Raises `NotFoundError`."""
        ...

    async def create(self, document: Json) -> Json:
        """Raises `ConflictError` when it exists."""
        ...

    async def review(self, question: Json, resource: Resource) -> Json:
        """Posts what is answered and not stored, such as a LocalSubjectAccessReview."""
        ...

    async def apply(self, document: Json, *, force: bool, manager: str = FIELD_MANAGER) -> Json:
        """Server-side apply as `manager`; metadata.uid and resourceVersion in it are preconditions."""
        ...

    async def patch(self, resource: Resource, namespace: str | None, name: str, patch: Json) -> Json:
        """Strategic merge patch of a built-in kind: lists with keys merge, so joint owners never conflict.

        Of a kind that a CRD defines a merge patch, which replaces lists.
        """
        ...

    async def replace_status(self, document: Json) -> Json:
        """Replace the status; metadata.uid and resourceVersion in `document` are preconditions."""
        ...

    async def delete(
        self, resource: Resource, namespace: str | None, name: str, *, preconditions: Mapping[str, str]
    ) -> None:
        """Delete in the background; `preconditions` holds uid and resourceVersion."""
        ...
