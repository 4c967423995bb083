"""The shares that are wanted now."""

from tests.support.records import application, observed

from aiapp.domain.application.traffic.goal import goal

BOTH = [{"version": "1.0.0", "weight": 100, "replicas": 3}, {"version": "1.1.0", "weight": 0, "replicas": 2}]


def test_nothing_is_wanted_when_nothing_is_to_be_served() -> None:
    there = goal(observed(application(spec__serving=None)))
    assert (there.shares, there.replicas) == ({}, {})


def test_the_wish_is_what_the_spec_says_and_a_version_without_a_share_has_no_pods() -> None:
    there = goal(observed(application(spec__serving__versions=BOTH)))
    assert (there.shares, there.replicas) == ({"1.0.0": 100, "1.1.0": 0}, {"1.0.0": 3, "1.1.0": 0})


def test_who_says_nothing_of_replicas_leaves_them_to_others() -> None:
    there = goal(observed(application(spec__serving__versions=[{"version": "1.0.0"}])))
    assert (there.shares, there.replicas) == ({"1.0.0": 100}, {"1.0.0": None})
