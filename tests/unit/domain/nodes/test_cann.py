"""Pairs are written by hand from the vendor's documents, apart from the shipped table."""

from pathlib import Path

import pytest
from tests.support.fleet import TABLES

from aiapp.api.conditions import Reason
from aiapp.domain.nodes.cann import firmware_and_driver, order, window

YES, NO, OPEN = "Compatible", "Incompatible", "Unknown"


@pytest.mark.parametrize(
    ("cann", "driver", "verdict", "reason"),
    [
        # Paired releases (torch_npu and CANN install pages).
        ("6.3.RC1", "23.0.rc1", YES, None),
        ("6.3.0", "23.0.RC1", YES, None),
        ("6.3.RC2", "23.0.rc2", YES, None),
        ("7.0.RC1", "23.0.rc3", YES, None),
        ("7.0.0", "23.0.0", YES, None),
        ("7.0.1", "23.0.6", YES, None),
        ("8.0.RC1", "24.1.rc1", YES, None),
        ("8.0.RC2", "24.1.rc2", YES, None),
        ("8.0.RC3", "24.1.rc3", YES, None),
        ("8.0.0", "24.1.0", YES, None),
        ("8.1.RC1", "25.0.rc1", YES, None),
        ("8.2.RC1", "25.2.0", YES, None),
        ("8.3.RC1", "25.3.rc1", YES, None),
        ("8.5.0", "25.5.0", YES, None),
        ("9.0.0", "26.0.rc1", YES, None),
        ("9.1.0", "26.1.0", YES, None),
        # An older driver than the CANN was shipped with was never listed: unknown, not refused.
        ("6.3.RC1", "22.0.4", OPEN, Reason.FACTS_MISSING),
        ("8.0.RC3", "24.1.rc2", OPEN, Reason.FACTS_MISSING),
        ("8.0.0", "24.1.rc3", OPEN, Reason.FACTS_MISSING),
        ("8.3.RC1", "25.2.0", OPEN, Reason.FACTS_MISSING),
        # vllm-ascend's install page names 24.1.RC1 for 8.1.RC1: a hint.
        ("8.1.RC1", "24.1.rc1", YES, None),
        ("8.1.RC1", "23.0.6", OPEN, Reason.FACTS_MISSING),
        # MindIE 2.1.RC1's table for 8.2: official.
        ("8.2.RC1", "24.1.rc2", YES, None),
        ("8.2.RC1", "24.1.0", YES, None),
        ("8.2.RC1", "24.1.rc1", NO, Reason.CANN_TOO_NEW),
        ("8.2.RC1", "23.0.6", NO, Reason.CANN_TOO_NEW),
        # That 8.2.RC2 is of the same line is deduced: it refuses nothing.
        ("8.2.RC2", "23.0.6", OPEN, Reason.FACTS_MISSING),
        ("8.2.RC2", "25.2.0", YES, None),
        # CANN 8.5 release note: HDK 25.0 and newer.
        ("8.5.0", "25.0.rc1", YES, None),
        ("8.5.1", "25.2.0", YES, None),
        ("8.5.2", "25.3.rc1.2", YES, None),
        ("8.5.0", "24.1.0", NO, Reason.CANN_TOO_NEW),
        # CANN 9.1 release note: 25.2 and newer, 25.0.X refused.
        ("9.1.0", "25.0.rc1", NO, Reason.CANN_TOO_NEW),
        ("9.1.0", "25.0.1", NO, Reason.CANN_TOO_NEW),
        ("9.1.1", "25.2.0", YES, None),
        ("9.0.1", "25.0.0", YES, None),
        ("9.0.0", "24.1.0", NO, Reason.CANN_TOO_NEW),
        # version.info of the drivers: the oldest line each still lists.
        ("6.3.RC1", "24.1.rc3", NO, Reason.CANN_TOO_OLD),
        ("6.3.0", "25.5.0", NO, Reason.CANN_TOO_OLD),
        ("7.0.0", "24.1.rc3", YES, None),
        ("7.0.1", "25.0.rc1.1", NO, Reason.CANN_TOO_OLD),
        ("8.0.RC1", "25.0.rc1.1", YES, None),
        ("8.0.RC2", "25.3.rc1", NO, Reason.CANN_TOO_OLD),
        # 24.1.rc1 lists C30, which is 6.3.RC2 by sequence only: never a refusal.
        ("6.3.0", "24.1.rc1", OPEN, Reason.FACTS_MISSING),
        # Beyond what anybody verified.
        ("6.3.RC1", "23.0.3", OPEN, Reason.FACTS_MISSING),
        ("8.3.RC1", "25.5.0", OPEN, Reason.FACTS_MISSING),
        # Build suffixes, unreadable and unlisted versions.
        ("8.0.RC3", "24.1.rc3.b060", YES, None),
        ("8.0.RC3", "unknown", OPEN, Reason.FACTS_MISSING),
        # CANN 9.1's cross table: 8.5.2 was opened to 26.x, 8.5.0 and 8.5.1 were not.
        ("8.5.2", "26.0.rc1", YES, None),
        ("8.5.1", "26.0.rc1", OPEN, Reason.FACTS_MISSING),
        # What 24.1.rc3 dropped, drivers between and after the sampled ones do not serve either.
        ("6.3.RC2", "24.1.0", NO, Reason.CANN_TOO_OLD),
        ("6.3.RC2", "24.1.rc2", YES, None),
        ("10.0.0", "26.1.0", OPEN, Reason.FACTS_MISSING),
        ("6.3.RC3", "23.0.0", OPEN, Reason.FACTS_MISSING),
    ],
)
def test_a_driver_serves_a_cann_or_not(cann: str, driver: str, verdict: str, reason: Reason | None) -> None:
    judged = window(cann, driver, TABLES)
    assert (judged.verdict, judged.reason) == (verdict, reason), judged.detail


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("24.1.rc3", "24.1.0"),
        ("8.0.RC1", "8.0.RC3"),
        ("8.0.RC3", "8.0.0"),
        ("8.0.0", "8.1.RC1"),
        ("25.0.rc1", "25.0"),
        ("23.0.6", "23.0.10"),
    ],
)
def test_release_candidates_come_before_the_release(older: str, newer: str) -> None:
    first, second = order(older), order(newer)
    assert first is not None
    assert second is not None
    assert first < second


def test_a_combined_label_of_firmware_and_driver_tells_the_driver() -> None:
    assert firmware_and_driver("7.7.0.9.220-25.2.1") == ("7.7.0.9.220", "25.2.1")
    assert firmware_and_driver("25.5.0") == (None, "25.5.0")


@pytest.mark.parametrize(
    ("cann", "driver", "family", "verdict"),
    [
        # MindIE's release notes: inference on the A2 from 24.1.RC1 on; on other chips nobody says so.
        ("8.0.RC1", "23.0.6", ["Ascend910B"], NO),
        ("8.0.RC1", "24.1.rc1", ["Ascend910B"], YES),
        ("8.0.RC1", "23.0.6", ["Ascend310P"], YES),
        ("8.0.RC1", "23.0.6", [], YES),
    ],
)
def test_some_minima_hold_for_one_chip_family(cann: str, driver: str, family: list[str], verdict: str) -> None:
    assert window(cann, driver, TABLES, frozenset(family)).verdict == verdict


@pytest.mark.parametrize(
    ("cann", "driver", "wanted"),
    [("8.5.0", "24.1.0", "25.0.RC1"), ("9.1.0", "25.0.1", "25.2.0"), ("8.3.RC1", "25.2.0", "25.3.RC1")],
)
def test_a_driver_that_is_too_old_hears_which_one_to_have(cann: str, driver: str, wanted: str) -> None:
    judged = window(cann, driver, TABLES)
    assert judged.driver == wanted
    assert wanted in judged.detail


PUBLISHED = """
CANN                | 25.0.RC1 | 25.2.0 | 25.3.RC1 | 25.5.0 | 26.0.RC1 | 25.7.RC1 | 26.1.1 | 26.2.RC1
8.5.2 9.0.0 9.0.1   | Y        | Y      | Y        | Y      | Y        | Y        | Y      | Y
9.1.0 9.1.1         | N        | Y      | Y        | Y      | Y        | Y        | Y      | Y
9.2.0               | N        | N      | Y        | Y      | Y        | Y        | Y      | Y
"""
"""The table of the vendor's release notes of CANN 9.2.0, copied by hand; Y: supported, N: not."""


def published() -> list[tuple[str, str, str]]:
    head, *rows = [[cell.strip() for cell in line.split("|")] for line in PUBLISHED.strip().splitlines()]
    return [
        (cann, driver, {"Y": YES, "N": NO}[cell])
        for names, *cells in rows
        for cann in names.split()
        for driver, cell in zip(head[1:], cells, strict=True)
    ]


@pytest.mark.parametrize("family", ["Ascend310P", "Ascend910A", "Ascend910B", "Ascend910C"])
@pytest.mark.parametrize(("cann", "driver", "verdict"), published())
def test_the_shipped_table_says_what_the_vendor_published(cann: str, driver: str, verdict: str, family: str) -> None:
    assert window(cann, driver, TABLES, frozenset({family})).verdict == verdict


@pytest.mark.parametrize(
    ("cann", "driver", "verdict"),
    [
        # Release notes of the vendor's cluster software, by product: 350, 950 SuperPoD, 850.
        ("9.1.0", "25.7.RC1", YES),
        ("9.1.0", "25.1.rc1", YES),
        ("9.1.0", "25.6.RC1", YES),
        ("9.0.0", "1.0.RC1", YES),
        # Two documents disagree.
        ("9.0.0", "25.1.RC1", OPEN),
        # Below or beside what the other families' lines demand: never refused by their numbers.
        ("9.1.0", "1.0.RC1", OPEN),
        ("9.1.0", "25.0.RC1", OPEN),
        ("9.2.0", "25.2.0", OPEN),
        ("8.5.0", "1.0.RC1", OPEN),
        ("6.3.RC1", "25.7.RC1", OPEN),
        # The general table names no family.
        ("9.2.0", "26.2.RC1", YES),
    ],
)
def test_a_family_with_driver_lines_of_its_own_is_judged_by_what_was_published_for_it(
    cann: str, driver: str, verdict: str
) -> None:
    assert window(cann, driver, TABLES, frozenset({"Ascend950"})).verdict == verdict


def test_a_chip_that_may_be_of_such_a_family_is_not_refused_either() -> None:
    assert window("9.1.0", "25.0.RC1", TABLES, frozenset({"Ascend950", "Ascend910B"})).verdict == OPEN
    assert window("9.1.0", "25.0.RC1", TABLES, frozenset({"Ascend910A", "Ascend910B"})).verdict == NO


def test_the_documented_table_is_the_shipped_one() -> None:
    page = (Path(__file__).parents[4] / "docs/reference/compatibility.md").read_text("utf-8")
    for row in TABLES.cann:
        names = (row.version, *row.aliases, *(f"{name}*" for name in row.deduced))
        named = ", ".join(row.good) + (f"; refused: {', '.join(row.bad)}" if row.bad else "")
        last = named or row.verified or row.driver
        assert f"| {', '.join(names)} | {row.driver} | {row.basis} | {last} |" in page
        for family, drivers in row.family_good.items():
            assert f"| {', '.join(names)} | {family} | {', '.join(drivers)} |" in page
    for driver in TABLES.drivers:
        assert f"| {driver.version} | {driver.oldest_cann} |" in page
