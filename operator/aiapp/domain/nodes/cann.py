"""CANN against driver: versions of both, and the verdict over a pair. Unlisted is Unknown, and says so."""

import re
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from aiapp.api.conditions import Reason
from aiapp.domain.nodes.tables import CannRow, DriverRow, Tables

_PART: Final = re.compile(r"(rc)?(\d{1,9})", re.ASCII)
_BUILD: Final = re.compile(r"\.b\d+$", re.ASCII)
_FIRMWARE: Final = re.compile(r"((?:\d+\.){3,}\d+)-", re.ASCII)
_RC: Final = -1
_WIDTH: Final = 6
"""Parts that are compared: 8.0 is 8.0.0, and both come after 8.0.RC3."""

Order = tuple[tuple[int, int], ...]


class Window(NamedTuple):
    """Whether a driver serves a CANN. `reason` is set unless it does."""

    verdict: Literal["Compatible", "Incompatible", "Unknown"]
    reason: Reason | None = None
    detail: str = ""
    driver: str | None = None
    """The driver to have instead, where one is known: this one or newer."""


class _Release(NamedTuple):
    """A row, and the name that asked for it."""

    asked: str
    row: CannRow
    deduced: bool
    """The name means this row by deduction only."""


@lru_cache(maxsize=1024)
def order(version: str) -> Order | None:
    """For comparing releases: `rcN` sorts below the plain number, a build suffix does not count, case neither.

    None for what is no version. `24.1.rc3` < `24.1.0` < `24.1.1`; `8.0.RC3` < `8.0.0` < `8.1.RC1`.
    """
    parts = [_PART.fullmatch(part) for part in _BUILD.sub("", version.strip().lower()).split(".")]
    if not parts or not all(parts):
        return None
    placed = [(_RC if m.group(1) else 0, int(m.group(2))) for m in parts if m]
    return tuple(placed + [(0, 0)] * (_WIDTH - len(placed)))


def firmware_and_driver(label: str) -> tuple[str | None, str]:
    """Of a label's value; ModelArts Lite writes `<firmware>-<driver>`, everybody else the driver alone."""
    match = _FIRMWARE.match(label.strip())
    return (match.group(1), label.strip()[match.end() :]) if match else (None, label.strip())


def window(cann: str, driver: str, tables: Tables, families: frozenset[str] = frozenset()) -> Window:
    """The verdict for a CANN release on a driver, both as written in names and labels.

    `families` are those that the chip may be of, as far as that is known: some numbers hold for one family only.
    """
    release, placed = _release(cann, tables), order(driver)
    if release is None:
        return Window("Unknown", Reason.FACTS_MISSING, f"CANN {cann} is not in the compatibility table")
    if placed is None:
        return Window("Unknown", Reason.FACTS_MISSING, f"driver {driver} is not a version that can be read")
    family = next(iter(families)) if len(families) == 1 else ""
    if _is_good(release.row, driver, family):
        return Window("Compatible")
    own = sorted(chip.id for chip in tables.chips if chip.own_drivers and chip.id in families)
    if own:
        return _unnamed(release, driver, own)
    return (
        _refused(release, driver)
        or _below(release, driver, placed, family)
        or _dropped(release, driver, tables)
        or _above(release, driver, placed)
    )


def _release(cann: str, tables: Tables) -> _Release | None:
    wanted = order(cann)
    if wanted is None:
        return None
    for row in tables.cann:
        if wanted in map(order, (row.version, *row.aliases)):
            return _Release(cann, row, deduced=False)
    return next((_Release(cann, row, deduced=True) for row in tables.cann if wanted in map(order, row.deduced)), None)


def _matches(driver: str, patterns: tuple[str, ...]) -> bool:
    """`25.0.X` stands for 25.0 and everything in it, release candidates too."""
    return any(f"{driver.lower()}.".startswith(f"{p.lower().removesuffix('.x')}.") for p in patterns)


def _is_good(row: CannRow, driver: str, family: str) -> bool:
    """Whether the release's own documents name this very driver as supported."""
    return _matches(driver, (*row.good, *row.family_good.get(family, ())))


def _unnamed(release: _Release, driver: str, families: list[str]) -> Window:
    """Of a family whose drivers have lines of their own, so that the general order of drivers says nothing."""
    known = sorted({good for family in families for good in release.row.family_good.get(family, ())})
    named = f"names drivers {', '.join(known)}" if known else "names no driver"
    detail = f"CANN {release.asked} {named} for {' or '.join(families)}, the node has {driver}"
    return Window("Unknown", Reason.FACTS_MISSING, detail)


def _refused(release: _Release, driver: str) -> Window | None:
    if not _matches(driver, release.row.bad):
        return None
    detail = f"CANN {release.asked} asks for driver {release.row.driver} or newer and refuses {driver} by name"
    return _too_new(release, detail, official=True)


def _below(release: _Release, driver: str, placed: Order, family: str) -> Window | None:
    row, own = release.row, release.row.family_drivers.get(family)
    if own is not None and placed < (order(own) or placed):
        detail = f"CANN {release.asked} asks for driver {own} or newer on {family}, the node has {driver}"
        return _too_new(release, detail, official=True, driver=own)
    if placed >= (order(row.driver) or placed):
        return None
    detail = f"CANN {release.asked} asks for driver {row.driver} or newer, the node has {driver}"
    return _too_new(release, detail, official=row.basis == "official")


def _too_new(release: _Release, detail: str, *, official: bool, driver: str | None = None) -> Window:
    wanted = driver or release.row.driver
    if not official:
        message = f"{detail}; older ones were never listed ({release.row.basis})"
        return Window("Unknown", Reason.FACTS_MISSING, message, wanted)
    if release.deduced:
        message = f"{detail} (if it is CANN {release.row.version})"
        return Window("Unknown", Reason.FACTS_MISSING, message, wanted)
    return Window("Incompatible", Reason.CANN_TOO_NEW, detail, wanted)


def _dropped(release: _Release, driver: str, tables: Tables) -> Window | None:
    rows = [row for row in _not_newer(driver, tables) if _is_older(release.row.version, row.oldest_cann)]
    if not rows:
        return None
    certain = [row for row in rows if row.status == "sourced" and _is_older(release.asked, row.oldest_cann)]
    row = (certain or rows)[0]
    since = "" if order(row.version) == order(driver) else f" since {row.version}"
    detail = f"driver {driver} serves CANN {row.oldest_cann} or newer{since}, the runtime has {release.asked}"
    if certain:
        return Window("Incompatible", Reason.CANN_TOO_OLD, detail)
    return Window("Unknown", Reason.FACTS_MISSING, f"{detail} (deduced)")


def _not_newer(driver: str, tables: Tables) -> list[DriverRow]:
    """Rows of this driver and of older ones, newest first: what an older one dropped stays dropped."""
    placed = order(driver)
    rows = [(key, row) for row in tables.drivers if (key := order(row.version)) is not None]
    older = [(key, row) for key, row in rows if placed is not None and key <= placed]
    return [row for _, row in sorted(older, key=lambda pair: pair[0], reverse=True)]


def _is_older(version: str, than: str) -> bool:
    first, second = order(version), order(than)
    return first is not None and second is not None and first < second


def _above(release: _Release, driver: str, placed: Order) -> Window:
    """Within what was verified it is known to work; beyond that nothing is documented."""
    row = release.row
    newest = order(row.verified or row.driver)
    if newest is not None and placed <= newest:
        return Window("Compatible")
    known = f"names drivers {', '.join(row.good)}" if row.good else f"is verified up to {row.verified or row.driver}"
    return Window("Unknown", Reason.FACTS_MISSING, f"CANN {release.asked} {known}, the node has {driver}")
