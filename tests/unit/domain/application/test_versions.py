"""The versions of an application in its status."""

from dataclasses import replace
from typing import Any

import pytest
from tests.support.records import CREATED, SKLEARN, application, deployed, fresh_version, normal_version, observed

from aiapp.api.application_status import Traffic
from aiapp.domain.application.observed import Children
from aiapp.domain.application.plan import plan
from aiapp.domain.application.status import assess
from aiapp.domain.application.versions import KEPT_VERSIONS, listed
from aiapp.domain.kubernetes.naming import version_labels
from aiapp.domain.records import ApplicationRecord

FRESH = fresh_version(metadata__name="mnist-1.1.0", spec__version="1.1.0")
HALF = Traffic(version="1.0.0", weight=100, actual_weight=50, replicas=1, ready=1)
MORNING, EVENING = "2026-01-02T06:00:00Z", "2026-01-02T18:00:00Z"


def made(at: str, number: str = "1.0.0") -> dict[str, Any]:
    """A child of that version, as far as it matters here."""
    return {"metadata": {"name": f"made-{at}", "labels": version_labels("mnist", number), "creationTimestamp": at}}


def rolled_out(children: Children, known: str | None = None) -> str | None:
    """What is said of the last rollout of 1.0.0, which `known` was the status before."""
    before = {"version": "1.0.0", "phase": "Normal", "created": CREATED, "rolledOutAt": known}
    app = ApplicationRecord.parse(application().raw | {"status": {"versions": [before] if known else []}})
    (one,) = listed(observed(app, children=children), ())["versions"]
    moment: str | None = one.get("rolledOutAt")
    return moment


def test_a_version_is_listed_with_all_that_a_person_asks_first() -> None:
    said = listed(observed(None, normal_version(), FRESH), [HALF])
    assert said == {
        "versions": [
            {"version": "1.1.0", "phase": "Importing", "created": CREATED},
            {
                "version": "1.0.0",
                "phase": "Normal",
                "created": CREATED,
                "sourceType": "Obs",
                "bytes": 3 << 20,
                "runtime": SKLEARN,
                "weight": 50,
            },
        ],
        "versionCount": 2,
        "readyVersionCount": 1,
        "latestVersion": "1.1.0",
        "latestReadyVersion": "1.0.0",
    }


def test_the_newest_are_listed_and_all_are_counted() -> None:
    many = [
        normal_version(f"0.0.{number}", metadata__name=f"mnist-0.0.{number}") for number in range(KEPT_VERSIONS + 5)
    ]
    said = listed(observed(None, *many), ())
    assert (said["versionCount"], len(said["versions"])) == (KEPT_VERSIONS + 5, KEPT_VERSIONS)
    assert said["versions"][0]["version"] == f"0.0.{KEPT_VERSIONS + 4}"


def test_an_application_without_versions_counts_none() -> None:
    said = listed(replace(observed(), outlines=()), ())
    assert said == {"versions": [], "versionCount": 0, "readyVersionCount": 0}


@pytest.mark.parametrize(
    ("children", "known", "expected"),
    [
        pytest.param(Children(), None, None, id="never served"),
        pytest.param(Children(revisions=(made(MORNING), made(EVENING))), None, EVENING, id="of several the last"),
        pytest.param(Children(revisions=(made(MORNING),), deployments=(made(EVENING),)), None, EVENING, id="once more"),
        pytest.param(Children(revisions=(made(MORNING),)), EVENING, EVENING, id="its Deployment is gone since"),
        pytest.param(Children(revisions=(made(EVENING),)), MORNING, EVENING, id="since the last report"),
        pytest.param(Children(revisions=(made(EVENING, "1.1.0"),)), None, None, id="of another version"),
    ],
)
def test_the_last_rollout_is_known(children: Children, known: str | None, expected: str | None) -> None:
    assert rolled_out(children, known) == expected


def test_the_list_is_a_part_of_the_status() -> None:
    seen = observed(children=Children(deployments=(deployed(),)))
    (one,) = assess(seen, plan(seen)).status["versions"]
    assert (one["version"], one["weight"]) == ("1.0.0", 100)
