"""Which applications and versions of a list are shown, in which order, and which page of them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Generic, Literal, TypeVar, get_args

from aiapp.domain.kubernetes.label_selector import Selector
from aiapp.domain.listing.items import NO_NUMBER, ListedApplication, ListedVersion

Sort = Literal["name", "created", "version", "size"]
SORTS: Final[tuple[Sort, ...]] = get_args(Sort)
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Criteria:
    """What is looked for; what is empty or None takes all. Texts are compared without regard to case."""

    name: str = ""
    """Part of the name of an application, or of a display name."""
    exact: bool = False
    """The whole of it."""
    version: str = ""
    """Number, or the beginning of one in whole parts: `1` and `1.2` take 1.2.3."""
    phases: frozenset[str] = frozenset()
    """Of versions."""
    application_phases: frozenset[str] = frozenset()
    engine: str = ""
    not_engine: str = ""
    description: str = ""
    """Part of the description of the version or of its application."""
    labels: Selector | None = None
    sort: Sort = "name"
    descending: bool = False

    @property
    def is_about_versions(self) -> bool:
        """Whether an application without a version that fits is left out."""
        return bool(self.version or self.phases or self.engine or self.not_engine)


ALL: Final = Criteria()


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """A part of what was found; `total` counts all of it."""

    items: tuple[Item, ...]
    total: int
    offset: int = 0
    limit: int | None = field(default=None)

    @property
    def next_offset(self) -> int | None:
        """Where the next page begins; None: there is none."""
        end = self.offset + len(self.items)
        return end if self.items and end < self.total else None


def page(items: Sequence[Item], offset: int = 0, limit: int | None = None) -> Page[Item]:
    """At most `limit` of them from that place on; None: all."""
    end = None if limit is None else offset + limit
    return Page(tuple(items[offset:end]), len(items), offset, limit)


def applications(everything: Iterable[ListedApplication], wanted: Criteria) -> list[ListedApplication]:
    """Those that fit, with the versions that fit, both in the order that is asked for."""
    fitting = (_fitting(one, wanted) for one in everything)
    found = [one for one in fitting if one is not None]
    return _sorted(found, lambda one: _application_key(one, wanted), wanted)


def versions(everything: Iterable[ListedApplication], wanted: Criteria) -> list[ListedVersion]:
    """Versions that fit, whatever their application; by name the newest number of an application comes first."""
    found = [version for one in everything if (kept := _fitting(one, wanted)) is not None for version in kept.versions]
    return found if wanted.sort == "name" and not wanted.descending else _sorted_versions(found, wanted)


def _fitting(application: ListedApplication, wanted: Criteria) -> ListedApplication | None:
    if wanted.application_phases and application.phase not in wanted.application_phases:
        return None
    kept = tuple(version for version in application.versions if _version_fits(version, application, wanted))
    if not kept and (wanted.is_about_versions or not _application_fits(application, wanted)):
        return None
    return replace(application, versions=_sorted_versions(kept, wanted) if wanted.sort != "name" else kept)


def _application_fits(application: ListedApplication, wanted: Criteria) -> bool:
    return (
        _named(wanted, application.name, application.display_name)
        and _contains(application.description, wanted.description)
        and (wanted.labels is None or wanted.labels(application.labels))
    )


def _version_fits(version: ListedVersion, application: ListedApplication, wanted: Criteria) -> bool:
    return (
        (not wanted.phases or version.phase in wanted.phases)
        and f"{version.version}.".startswith(f"{wanted.version}." if wanted.version else "")
        and (not wanted.engine or _same(version.engine, wanted.engine))
        and (not wanted.not_engine or not _same(version.engine, wanted.not_engine))
        and _named(wanted, application.name, application.display_name, version.display_name)
        and (
            _contains(version.description, wanted.description) or _contains(application.description, wanted.description)
        )
        and (wanted.labels is None or wanted.labels(version.labels))
    )


def _named(wanted: Criteria, *names: str | None) -> bool:
    if not wanted.name:
        return True
    fits = _same if wanted.exact else _contains
    return any(fits(name, wanted.name) for name in names)


def _same(text: str | None, wanted: str) -> bool:
    return text is not None and text.casefold() == wanted.casefold()


def _contains(text: str | None, wanted: str) -> bool:
    return wanted.casefold() in (text or "").casefold()


def _sorted(items: Iterable[Item], key: Callable[[Item], Any], wanted: Criteria) -> list[Item]:
    """Stable: what is equal stays by namespace and name."""
    return sorted(items, key=key, reverse=wanted.descending)


def _sorted_versions(items: Iterable[ListedVersion], wanted: Criteria) -> Any:
    return tuple(_sorted(items, lambda one: _version_key(one, wanted), wanted))


def _version_key(version: ListedVersion, wanted: Criteria) -> Any:
    match wanted.sort:
        case "created":
            return version.created
        case "version":
            return version.number
        case "size":
            return -1 if version.bytes is None else version.bytes
        case "name":
            return version.namespace, version.application


def _application_key(application: ListedApplication, wanted: Criteria) -> Any:
    """By its versions, where that is asked for: the newest or the largest counts."""
    match wanted.sort:
        case "created":
            return application.created
        case "version":
            return max((version.number for version in application.versions), default=NO_NUMBER)
        case "size":
            return max((version.bytes or 0 for version in application.versions), default=-1)
        case "name":
            return application.place
