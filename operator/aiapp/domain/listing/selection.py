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


def page(found: Sequence[Item], offset: int = 0, limit: int | None = None) -> Page[Item]:
    """At most `limit` of them from that place on; None: all."""
    end = None if limit is None else offset + limit
    return Page(tuple(found[offset:end]), len(found), offset, limit)


def applications(everything: Iterable[ListedApplication], wanted: Criteria) -> list[ListedApplication]:
    """Those that fit, with the versions that fit, both in the order that is asked for."""
    fitting = (_fitting(one, wanted) for one in everything)
    found = [one for one in fitting if one is not None]
    return _sorted(found, lambda one: _application_key(one, wanted), wanted)


def versions(everything: Iterable[ListedApplication], wanted: Criteria) -> list[ListedVersion]:
    """Versions that fit, whatever their application; by name the newest number of an application comes first."""
    found = [version for one in everything if (kept := _fitting(one, wanted)) is not None for version in kept.versions]
    return found if wanted.sort == "name" and not wanted.descending else _sorted_versions(found, wanted)


def _fitting(one: ListedApplication, wanted: Criteria) -> ListedApplication | None:
    if wanted.application_phases and one.phase not in wanted.application_phases:
        return None
    kept = tuple(version for version in one.versions if _version_fits(version, one, wanted))
    if not kept and (wanted.is_about_versions or not _application_fits(one, wanted)):
        return None
    return replace(one, versions=_sorted_versions(kept, wanted) if wanted.sort != "name" else kept)


def _application_fits(one: ListedApplication, wanted: Criteria) -> bool:
    return (
        _named(wanted, one.name, one.display_name)
        and _contains(one.description, wanted.description)
        and (wanted.labels is None or wanted.labels(one.labels))
    )


def _version_fits(one: ListedVersion, of: ListedApplication, wanted: Criteria) -> bool:
    return (
        (not wanted.phases or one.phase in wanted.phases)
        and f"{one.version}.".startswith(f"{wanted.version}." if wanted.version else "")
        and (not wanted.engine or _same(one.engine, wanted.engine))
        and (not wanted.not_engine or not _same(one.engine, wanted.not_engine))
        and _named(wanted, of.name, of.display_name, one.display_name)
        and (_contains(one.description, wanted.description) or _contains(of.description, wanted.description))
        and (wanted.labels is None or wanted.labels(one.labels))
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


def _sorted(found: Iterable[Item], key: Callable[[Item], Any], wanted: Criteria) -> list[Item]:
    """Stable: what is equal stays by namespace and name."""
    return sorted(found, key=key, reverse=wanted.descending)


def _sorted_versions(found: Iterable[ListedVersion], wanted: Criteria) -> Any:
    return tuple(_sorted(found, lambda one: _version_key(one, wanted), wanted))


def _version_key(one: ListedVersion, wanted: Criteria) -> Any:
    match wanted.sort:
        case "created":
            return one.created
        case "version":
            return one.number
        case "size":
            return -1 if one.bytes is None else one.bytes
        case "name":
            return one.namespace, one.application


def _application_key(one: ListedApplication, wanted: Criteria) -> Any:
    """By its versions, where that is asked for: the newest or the largest counts."""
    match wanted.sort:
        case "created":
            return one.created
        case "version":
            return max((version.number for version in one.versions), default=NO_NUMBER)
        case "size":
            return max((version.bytes or 0 for version in one.versions), default=-1)
        case "name":
            return one.place
