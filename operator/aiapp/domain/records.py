"""Custom resources as decisions see them: parsed, with the metadata that matters."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from packaging.version import Version
from pydantic import ValidationError

from aiapp.api.application import AIApplication
from aiapp.api.artifact import PackageArtifact
from aiapp.api.conditions import ConditionType
from aiapp.api.image import ImageStatus
from aiapp.api.meta import RECONCILE_AT, Condition
from aiapp.api.version import AIApplicationVersion, VersionSpec, VersionStatus
from aiapp.domain.kubernetes.authors import Author, author, first
from aiapp.domain.kubernetes.resources import Json

REQUEST_CHARACTERS: Final = 128
"""Characters of its value that count."""


@dataclass(frozen=True, slots=True)
class VersionRecord:
    """An AIApplicationVersion. `raw` is the object itself, for owner references and events."""

    raw: Json
    name: str
    namespace: str
    uid: str
    generation: int
    created: datetime
    spec: VersionSpec
    status: VersionStatus

    @classmethod
    def parse(cls, raw: Json) -> Self:
        """Raises pydantic.ValidationError for an object that breaks a rule of ours."""
        parsed = AIApplicationVersion.model_validate(raw)
        metadata = raw["metadata"]
        return cls(
            raw=raw,
            name=metadata["name"],
            namespace=metadata["namespace"],
            uid=metadata["uid"],
            generation=metadata["generation"],
            created=datetime.fromisoformat(metadata["creationTimestamp"]),
            spec=parsed.spec,
            status=parsed.status,
        )

    @property
    def is_new(self) -> bool:
        """Whether it has no status yet."""
        return self.status.observed_generation is None

    @property
    def request(self) -> str | None:
        """A person's request to look again that was not carried out yet."""
        wanted = requested(self.raw, RECONCILE_AT)
        return wanted if wanted != self.status.last_handled_reconcile_at else None

    @property
    def number(self) -> Version:
        """The version number for ordering: 1.10.0 is newer than 1.9.0."""
        return Version(self.spec.version)

    @property
    def created_by(self) -> str | None:
        """The program that created it; None where the API server does not say."""
        made = first(self.raw["metadata"].get("managedFields") or ())
        return made.manager if made is not None else None

    @property
    def dependencies(self) -> tuple[str, ...]:
        """What is installed for its model server, as pip requirements: as it says itself, else its config.json."""
        own = self.spec.container.dependencies if self.spec.container else None
        if own is not None:
            return own
        return (self.status.model.dependencies if self.status.model else None) or ()

    @property
    def package(self) -> PackageArtifact | None:
        """What it is pinned to, where that is a package."""
        return self.status.artifact if isinstance(self.status.artifact, PackageArtifact) else None

    @property
    def pinned_image(self) -> ImageStatus | None:
        """The image that it is pinned to, or that serves the package which it is pinned to."""
        return self.status.image if self.status.artifact is not None else None

    def condition(self, type_: ConditionType) -> Condition | None:
        return find(self.status.conditions, type_)

    def is_true(self, type_: ConditionType) -> bool:
        condition = self.condition(type_)
        return condition is not None and condition.status == "True"


@dataclass(frozen=True, slots=True)
class ApplicationRecord:
    """An AIApplication. `raw` is the object itself, for owner references and events."""

    raw: Json
    name: str
    namespace: str
    uid: str
    generation: int
    parsed: AIApplication

    @classmethod
    def parse(cls, raw: Json) -> Self:
        """Raises pydantic.ValidationError for an object that breaks a rule of ours."""
        metadata = raw["metadata"]
        return cls(
            raw=raw,
            name=metadata["name"],
            namespace=metadata["namespace"],
            uid=metadata["uid"],
            generation=metadata["generation"],
            parsed=AIApplication.model_validate(raw),
        )

    @property
    def is_new(self) -> bool:
        """Whether it has no status yet."""
        return self.parsed.status.observed_generation is None

    def request(self, annotation: str) -> str | None:
        """What a person asks for by that annotation, carried out or not."""
        return requested(self.raw, annotation)

    @property
    def author(self) -> Author | None:
        """Who wrote `spec.serving` last; None where the API server does not say."""
        return author(self.raw["metadata"].get("managedFields") or ())


def requested(raw: Json, annotation: str) -> str | None:
    """The value of an annotation of an object, as far as it counts; None when absent or empty."""
    return str((raw["metadata"].get("annotations") or {}).get(annotation, ""))[:REQUEST_CHARACTERS] or None


def read_versions(objects: Iterable[Json]) -> tuple[tuple[VersionRecord, ...], frozenset[str]]:
    """The versions, and the names of those that break a rule of ours: one of them must not stop the others."""
    found, unreadable = [], set()
    for raw in objects:
        try:
            found.append(VersionRecord.parse(raw))
        except ValidationError:
            unreadable.add(raw["metadata"]["name"])
    return tuple(found), frozenset(unreadable)


def find(conditions: Iterable[Condition], type_: ConditionType) -> Condition | None:
    """The condition of that type, if there is one."""
    return next((condition for condition in conditions if condition.type == type_), None)
