"""What an application was asked to serve, as its status remembers it."""

from datetime import timedelta
from typing import Any

import orjson
import pytest
from tests.support import documents
from tests.support.records import NOON, stored

from aiapp.api.conditions import ConditionType, Reason
from aiapp.api.history import KEPT_CONFIGURATIONS, LONGEST_SERVING
from aiapp.domain.application.history import history
from aiapp.domain.conditions import Finding, fails, holds
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.records import ApplicationRecord

UP = holds(ConditionType.READY, "", Reason.RUNNING)
ON_THE_WAY = fails(ConditionType.READY, Reason.DEPLOYING, "")
BROKEN = fails(ConditionType.READY, Reason.START_FAILED, "")
BACK = fails(ConditionType.READY, Reason.ROLLED_BACK, "")
STOPPED = holds(ConditionType.READY, "", Reason.STOPPED)
ONE = {"versions": [{"version": "1.0.0"}]}
BOTH = {"versions": [{"version": "1.0.0", "weight": 90, "replicas": 9}, {"version": "1.1.0", "weight": 10}]}
KUBECTL = {"manager": "kubectl-edit", "time": "2026-01-02T11:00:00Z"}


def after(known: list[Json], serving: Json | None, ready: Finding = UP, author: Json | None = None) -> list[Json]:
    """The history of an application with that one before, one minute later with each entry."""
    document = documents.changed(documents.application(), spec__serving=serving)
    if serving is None:
        del document["spec"]["serving"]
    raw = stored(document, status={"history": known})
    raw["metadata"] |= {"generation": len(known) + 7} | ({"managedFields": [author]} if author else {})
    return history(ApplicationRecord.parse(raw), ready, NOON + timedelta(minutes=len(known)))


def again(known: list[Json], serving: Json) -> list[Json]:
    """The history after another pass over the same generation, which the status speaks of already."""
    raw = stored(documents.changed(documents.application(), spec__serving=serving), status={"history": known})
    raw["status"]["observedGeneration"] = raw["metadata"]["generation"]
    return history(ApplicationRecord.parse(raw), UP, NOON)


def outcomes(known: list[Json]) -> list[tuple[int, str]]:
    return [(one["revision"], one["outcome"]) for one in known]


def test_a_configuration_is_noted_with_who_asked_for_it_and_what_it_serves() -> None:
    (noted,) = after([], BOTH, ON_THE_WAY, KUBECTL)
    assert orjson.loads(noted.pop("serving")) == BOTH
    assert noted == {
        "revision": 1,
        "generation": 7,
        "time": "2026-01-02T11:00:00Z",
        "manager": "kubectl-edit",
        "outcome": "Progressing",
        "versions": [{"version": "1.0.0", "weight": 90, "replicas": 9}, {"version": "1.1.0", "weight": 10}],
    }


def test_without_a_record_of_who_asked_it_is_noted_when_it_was_seen() -> None:
    (noted,) = after([], ONE)
    assert (noted["manager"], noted["time"]) == ("", "2026-01-02T12:00:00Z")


@pytest.mark.parametrize(
    ("findings", "outcome"),
    [
        pytest.param([ON_THE_WAY], "Progressing", id="on the way"),
        pytest.param([ON_THE_WAY, UP], "Succeeded", id="it came up"),
        pytest.param([UP, BROKEN], "Succeeded", id="it was up once"),
        pytest.param([BROKEN], "Failed", id="it did not start"),
        pytest.param([BROKEN, ON_THE_WAY], "Failed", id="it is tried again"),
        pytest.param([BROKEN, UP], "Succeeded", id="it came up in the end"),
        pytest.param([ON_THE_WAY, BROKEN, BACK], "RolledBack", id="a step failed"),
        pytest.param([BACK, UP], "Succeeded", id="a step failed and was tried again"),
        pytest.param([STOPPED], "Progressing", id="stopped before it was up"),
    ],
)
def test_what_became_of_it_is_noted(findings: list[Finding], outcome: str) -> None:
    known: list[Json] = []
    for finding in findings:
        known = after(known, ONE, finding)
    assert outcomes(known) == [(1, outcome)]


def test_another_configuration_is_noted_before_the_others() -> None:
    known = after(after(after([], ONE), BOTH, ON_THE_WAY), ONE, ON_THE_WAY)
    assert outcomes(known) == [(3, "Progressing"), (2, "Superseded"), (1, "Succeeded")]
    assert [one["generation"] for one in known] == [9, 8, 7]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"stopped": True}, id="stopped"),
        pytest.param({"versions": [{"version": "1.0.0", "replicas": 7}]}, id="scaled"),
    ],
)
def test_what_changes_all_the_time_makes_no_other_configuration(change: dict[str, Any]) -> None:
    (noted,) = after(after([], ONE), ONE | change)
    assert "stopped" not in noted["serving"]
    assert noted["versions"][0].get("replicas") == change.get("versions", [{}])[0].get("replicas")


def test_an_application_that_serves_nothing_any_more_keeps_its_history() -> None:
    assert outcomes(after(after([], ONE), None)) == [(1, "Succeeded")]
    assert outcomes(after(after([], ONE, ON_THE_WAY), None)) == [(1, "Superseded")]
    assert outcomes(after(after(after([], ONE, ON_THE_WAY), None), ONE)) == [(2, "Succeeded"), (1, "Superseded")]


def test_the_last_ones_are_kept() -> None:
    known: list[Json] = []
    for seconds in range(KEPT_CONFIGURATIONS + 3):
        known = after(known, ONE | {"deployTimeoutSeconds": 180 + seconds})
    assert [one["revision"] for one in known] == list(range(KEPT_CONFIGURATIONS + 3, 3, -1))


def test_what_is_too_long_is_noted_without_its_text() -> None:
    def long(seconds: int) -> Json:
        env = [{"name": f"N{place}", "value": "x" * 200} for place in range(60)]
        return {"versions": [{"version": "1.0.0", "env": env}], "deployTimeoutSeconds": seconds}

    known = after(after([], long(180)), long(190))
    assert len(str(long(180))) > LONGEST_SERVING
    assert [(one["revision"], "serving" in one) for one in known] == [(2, False), (1, False)]


def test_fields_of_a_newer_operator_are_kept() -> None:
    newer = ONE | {"tomorrow": 1}
    (noted,) = after([], newer)
    assert orjson.loads(noted["serving"]) == newer


def test_the_same_state_again_is_no_news() -> None:
    known = after([], BOTH, UP, KUBECTL)
    assert after(known, BOTH, UP, KUBECTL) == known


def test_a_default_that_a_newer_crd_adds_is_no_news() -> None:
    known = after([], BOTH)
    assert again(known, BOTH | {"compatibility": "Enforce", "deployTimeoutSeconds": 1200}) == known


def test_the_order_of_versions_makes_no_other_configuration() -> None:
    assert outcomes(after(after([], BOTH), {"versions": BOTH["versions"][::-1]})) == [(1, "Succeeded")]


def test_one_that_was_not_noted_when_it_was_first_seen_is_noted_later() -> None:
    assert outcomes(again(after([], BOTH), ONE)) == [(2, "Succeeded"), (1, "Succeeded")]
