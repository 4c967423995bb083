"""The queries at the end of a step."""

import math

import pytest

from aiapp.api.checks import PrometheusCheck
from aiapp.domain.application.traffic.checks import PASSED, Verdict, checks, verdict

OFFERED = {"errors": 'errors{namespace="$namespace",app="$application",v="$version",path=~".*$"}'}
FILLED = 'errors{namespace="team",app="mnist",v="1.1.0",path=~".*$"}'
WANTED = PrometheusCheck(name="errors", max=0.01)


def judged(answer: float | str | None, *wanted: PrometheusCheck) -> Verdict:
    asked = checks(wanted or (WANTED,), ("1.1.0",), ("team", "mnist"), OFFERED)
    return verdict(asked, {} if answer is None else {FILLED: answer}, OFFERED)


def test_of_the_users_only_names_come_into_the_query() -> None:
    (one,) = checks((WANTED,), ("1.1.0",), ("team", "mnist"), OFFERED)
    assert one.query == FILLED


def test_each_version_is_asked_for_each_check() -> None:
    two = (WANTED, PrometheusCheck(name="latency", max=1))
    asked = checks(two, ("1.1.0", "1.2.0"), ("team", "mnist"), OFFERED)
    assert [(one.version, one.wanted.name) for one in asked] == [
        ("1.1.0", "errors"),
        ("1.1.0", "latency"),
        ("1.2.0", "errors"),
        ("1.2.0", "latency"),
    ]


@pytest.mark.parametrize("name", ['x"} or up{a="', "x y", "X", ""])
def test_what_cannot_be_a_name_is_never_asked(name: str) -> None:
    (one,) = checks((WANTED,), (name,), ("team", "mnist"), OFFERED)
    assert one.query is None


@pytest.mark.parametrize(
    ("answer", "wanted", "found"),
    [
        pytest.param(0.01, WANTED, PASSED, id="the bound itself passes"),
        pytest.param(0.02, WANTED, Verdict("check errors of 1.1.0: 0.02 is more than 0.01"), id="too large"),
        pytest.param(
            1.0,
            PrometheusCheck(name="errors", min=2),
            Verdict("check errors of 1.1.0: 1 is less than 2"),
            id="too small",
        ),
        pytest.param(math.inf, WANTED, Verdict("check errors of 1.1.0: inf is more than 0.01"), id="infinity"),
    ],
)
def test_a_number_is_held_against_the_bounds(answer: float, wanted: PrometheusCheck, found: Verdict) -> None:
    assert judged(answer, wanted) == found


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("Prometheus does not answer", "Prometheus does not answer"),
        (math.nan, "the answer is not a number, as when nothing was counted yet"),
        (None, "it was not asked in time"),
    ],
)
def test_silence_is_no_pass(answer: float | str | None, said: str) -> None:
    assert judged(answer) == Verdict(silence=f"check errors of 1.1.0: {said}")


def test_a_query_that_nobody_offers_does_not_pass_and_those_offered_are_named() -> None:
    found = judged(0.0, PrometheusCheck(name="mine", max=1))
    assert found.silence == "check mine of 1.1.0: the administrator offers no query of that name; offered: errors"


def test_a_failure_counts_more_than_a_silence() -> None:
    found = judged(1.0, PrometheusCheck(name="mine", max=1), WANTED)
    assert found == Verdict("check errors of 1.1.0: 1 is more than 0.01")
