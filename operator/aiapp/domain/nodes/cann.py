"""CANN against driver: versions of both, and the verdict over a pair. Unlisted is Unknown, and says so."""

import re
from typing import Final, Literal, NamedTuple

from aiapp.api.conditions import Reason
from aiapp.domain.nodes.tables import CannRow, DriverRow, Tables

_PART: Final = re.compile(r"(rc)?(\d{1,9})", re.ASCII)
_BUILD: Final = re.compile(r"\.b\d+$", re.ASCII)
_FIRMWARE: Final = re.compile(r"^(?:\d+\.){3,}\d+-")
_RC: Final = -1
_WIDTH: Final = 6
"""Parts that are compared: 8.0 is 8.0.0, and both come after 8.0.RC3."""

Order = tuple[tuple[int, int], ...]


class Window(NamedTuple):
    """Whether a driver serves a CANN. `reason` is set unless it does."""

    verdict: Literal["Compatible", "Incompatible", "Unknown"]
    reason: Reason | None = None
    detail: str = ""


def order(version: str) -> Order | None:
    """For comparing releases: `rcN` sorts below the plain number, a build suffix does not count, case neither.

    None for what is no version. `24.1.rc3` < `24.1.0` < `24.1.1`; `8.0.RC3` < `8.0.0` < `8.1.RC1`.
    """
    parts = [_PART.fullmatch(part) for part in _BUILD.sub("", version.strip().lower()).split(".")]
    if not parts or not all(parts):
        return None
    placed = [(_RC if m.group(1) else 0, int(m.group(2))) for m in parts if m]
    return tuple(placed + [(0, 0)] * (_WIDTH - len(placed)))


def driver_version(label: str) -> str:
    """The driver in a label's value; ModelArts Lite writes `<firmware>-<driver>`."""
    return _FIRMWARE.sub("", label.strip())


def window(cann: str, driver: str, tables: Tables) -> Window:
    """The verdict for a CANN release on a driver, both as written in names and labels."""
    release, placed = _row(cann, tables), order(driver)
    if release is None:
        return Window("Unknown", Reason.FACTS_MISSING, f"CANN {cann} is not in the compatibility table")
    if placed is None:
        return Window("Unknown", Reason.FACTS_MISSING, f"driver {driver} is not a version that can be read")
    if _matches(driver, release.bad):
        return Window("Incompatible", Reason.CANN_TOO_NEW, f"CANN {cann} refuses driver {driver}")
    if _matches(driver, release.good):
        return Window("Compatible")
    return _below(release, cann, driver, placed) or _dropped(release, cann, driver, tables) or _above(release, driver)


def _row(cann: str, tables: Tables) -> CannRow | None:
    wanted = order(cann)
    names = ((row, (row.version, *row.aliases)) for row in tables.cann)
    return next((row for row, known in names if wanted is not None and wanted in map(order, known)), None)


def _matches(driver: str, patterns: tuple[str, ...]) -> bool:
    """`25.0.X` stands for 25.0 and everything in it, release candidates too."""
    return any(f"{driver.lower()}.".startswith(f"{p.lower().removesuffix('.x')}.") for p in patterns)


def _below(release: CannRow, cann: str, driver: str, placed: Order) -> Window | None:
    oldest = order(release.driver)
    if oldest is None or placed >= oldest:
        return None
    detail = f"CANN {cann} asks for driver {release.driver} or newer, the node has {driver}"
    if release.basis == "official":
        return Window("Incompatible", Reason.CANN_TOO_NEW, detail)
    return Window("Unknown", Reason.FACTS_MISSING, f"{detail}; older ones were never listed ({release.basis})")


def _dropped(release: CannRow, cann: str, driver: str, tables: Tables) -> Window | None:
    rows = [row for row in _not_newer(driver, tables) if _is_older(release.version, row.oldest_cann)]
    if not rows:
        return None
    certain = [row for row in rows if row.status == "sourced"]
    row = (certain or rows)[0]
    since = "" if order(row.version) == order(driver) else f" since {row.version}"
    detail = f"driver {driver} serves CANN {row.oldest_cann} or newer{since}, the runtime has {cann}"
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


def _above(release: CannRow, driver: str) -> Window:
    """Within what was verified it is known to work; beyond that nobody has said."""
    newest, placed = order(release.verified or release.driver), order(driver)
    if newest is not None and placed is not None and placed <= newest:
        return Window("Compatible")
    detail = (
        f"CANN {release.version} is verified up to driver {release.verified or release.driver}, the node has {driver}"
    )
    return Window("Unknown", Reason.FACTS_MISSING, detail)
