"""The list of applications with their versions: what it holds, its filters, orders and pages."""

from typing import Any

import pytest
from tests.support import documents
from tests.support.records import NORMAL, condition, stored

from aiapp.domain.kubernetes.label_selector import selector
from aiapp.domain.listing import selection
from aiapp.domain.listing.items import ListedApplication, listed
from aiapp.domain.listing.selection import Criteria, page


def version(
    application: str,
    number: str,
    created: str = "2026-01-02T03:04:05Z",
    spec: Any = None,
    labels: Any = None,
    **status: Any,
) -> Any:
    raw = stored(documents.version(application, number), status=NORMAL | status)
    metadata = raw["metadata"] | {"creationTimestamp": created, "labels": labels or {}}
    return raw | {"metadata": metadata, "spec": raw["spec"] | (spec or {})}


def application(name: str, labels: Any = None, spec: Any = None, **status: Any) -> Any:
    raw = stored(documents.application(name), status=status)
    return raw | {"metadata": raw["metadata"] | {"labels": labels or {}}, "spec": raw["spec"] | (spec or {})}


def artifact(size: int) -> Any:
    normal: Any = NORMAL["artifact"]
    return normal | {"bytes": size}


EVERYTHING = listed(
    [
        application(
            "mnist", {"team": "vision"}, {"displayName": "Digits_1", "description": "Reads digits"}, phase="Running"
        ),
        application("empty", {"team": "speech"}),
    ],
    [
        version("mnist", "1.9.0", "2026-01-03T00:00:00Z", artifact=artifact(30), labels={"stage": "old"}),
        version("mnist", "1.10.0", "2026-01-02T00:00:00Z", artifact=artifact(10), phase="Failed"),
        version(
            "zoo",
            "0.0.1",
            "2026-01-01T00:00:00Z",
            {"description": "Animals"},
            artifact=artifact(20),
            model={"type": "PyTorch"},
        ),
    ],
)


def names(found: list[ListedApplication]) -> dict[str, list[str]]:
    return {one.name: [version.version for version in one.versions] for one in found}


def select(**wanted: Any) -> dict[str, list[str]]:
    return names(selection.applications(EVERYTHING, Criteria(**wanted)))


def flat(**wanted: Any) -> list[str]:
    return [one.name for one in selection.versions(EVERYTHING, Criteria(**wanted))]


def test_applications_come_by_name_with_their_versions_the_newest_number_first() -> None:
    assert select() == {"empty": [], "mnist": ["1.10.0", "1.9.0"], "zoo": ["0.0.1"]}
    assert [(one.name, one.exists) for one in EVERYTHING] == [("empty", True), ("mnist", True), ("zoo", False)]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"name": "NIS"}, {"mnist": ["1.10.0", "1.9.0"]}),
        ({"name": "digits"}, {"mnist": ["1.10.0", "1.9.0"]}),
        ({"name": "mnis", "exact": True}, {}),
        ({"name": "MNIST", "exact": True}, {"mnist": ["1.10.0", "1.9.0"]}),
        ({"version": "1"}, {"mnist": ["1.10.0", "1.9.0"]}),
        ({"version": "1.1"}, {}),
        ({"version": "1.10.0"}, {"mnist": ["1.10.0"]}),
        ({"phases": frozenset({"Normal"})}, {"mnist": ["1.9.0"], "zoo": ["0.0.1"]}),
        ({"application_phases": frozenset({"Running"})}, {"mnist": ["1.10.0", "1.9.0"]}),
        ({"engine": "pytorch"}, {"zoo": ["0.0.1"]}),
        ({"not_engine": "pytorch"}, {"mnist": ["1.10.0", "1.9.0"]}),
        ({"description": "DIGITS"}, {"mnist": ["1.10.0", "1.9.0"]}),
        ({"description": "animal"}, {"zoo": ["0.0.1"]}),
        ({"labels": selector("team=speech")}, {"empty": []}),
        ({"labels": selector("team=vision,!stage")}, {"mnist": ["1.10.0"]}),
        ({"labels": selector("stage=old")}, {"mnist": ["1.9.0"]}),
    ],
)
def test_what_fits_is_found(wanted: Any, found: Any) -> None:
    assert select(**wanted) == found


def test_a_version_has_the_labels_of_its_application_and_its_own_count_first() -> None:
    (found,) = listed([application("mnist", {"a": "1", "b": "1"})], [version("mnist", "1.0.0", labels={"b": "2"})])
    assert found.versions[0].labels == {"a": "1", "b": "2"}


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("created", ["zoo-0.0.1", "mnist-1.10.0", "mnist-1.9.0"]),
        ("version", ["zoo-0.0.1", "mnist-1.9.0", "mnist-1.10.0"]),
        ("size", ["mnist-1.10.0", "zoo-0.0.1", "mnist-1.9.0"]),
    ],
)
def test_versions_are_sorted_up_and_down(sort: Any, order: list[str]) -> None:
    assert flat(sort=sort) == order
    assert flat(sort=sort, descending=True) == order[::-1]


def test_applications_are_sorted_by_their_largest_version_and_versions_within() -> None:
    assert select(sort="size", descending=True) == {"mnist": ["1.9.0", "1.10.0"], "zoo": ["0.0.1"], "empty": []}
    assert list(select(sort="size", descending=True)) == ["mnist", "zoo", "empty"]
    assert list(select(sort="name", descending=True)) == ["zoo", "mnist", "empty"]


def test_a_page_says_how_many_there_are_and_where_the_next_one_begins() -> None:
    first = page("abcde", 0, 2)
    assert (first.items, first.total, first.next_offset) == (("a", "b"), 5, 2)
    last = page("abcde", 4, 2)
    assert (last.items, last.next_offset) == (("e",), None)
    beyond = page("abcde", 9, 2)
    assert (beyond.items, beyond.total, beyond.next_offset) == ((), 5, None)
    assert page("abc").items == ("a", "b", "c")


def test_what_is_known_of_a_version_is_listed() -> None:
    share = {"version": "1.0.0", "weight": 100, "actualWeight": 50, "replicas": 2, "ready": 1}
    faulty = [condition("Ready", "False", "AccessDenied", "no key")]
    (app,) = listed(
        [application("mnist", traffic=[share])], [version("mnist", "1.0.0", conditions=faulty, usedBy=["mnist"])]
    )
    (one,) = app.versions
    assert (one.reason, one.message, one.weight, one.actual_weight, one.ready) == ("AccessDenied", "no key", 100, 50, 1)
    assert (one.engine, one.size, one.bytes, one.source_type, one.used_by) == (
        "Scikit_Learn",
        "3.0 MiB",
        3 << 20,
        "Obs",
        ("mnist",),
    )


def test_one_that_breaks_a_rule_or_has_no_status_is_listed_too() -> None:
    strange = version("zoo", "1.0.0", spec={"version": "x"})
    fresh = stored(documents.version("zoo", "1.1.0"))
    (app,) = listed([], [strange, {key: value for key, value in fresh.items() if key != "status"}])
    assert [(one.version, one.phase, one.bytes) for one in app.versions] == [
        ("1.1.0", None, None),
        ("x", "Normal", 3 << 20),
    ]
