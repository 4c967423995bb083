"""What differs between the configurations of a history."""

from typing import Any

import orjson
import pytest

from aiapp.api.history import Configuration, ServedThen
from aiapp.domain.application.history_changes import changes
from aiapp.domain.kubernetes.resources import Json


def kept(revision: int, serving: Json | None) -> Configuration:
    return Configuration(
        revision=revision,
        generation=revision,
        time="2026-01-02T12:00:00Z",
        manager="kubectl",
        outcome="Succeeded",
        versions=tuple(
            ServedThen(version=one["version"], weight=one.get("weight", 100))
            for one in (serving or {"versions": ()})["versions"]
        ),
        serving=None if serving is None else orjson.dumps(serving).decode(),
    )


def between(before: Json, after: Json) -> list[str]:
    return changes([kept(2, after), kept(1, before)])[0]


def one(version: str = "1.0.0", **more: Any) -> Json:
    return {"version": version, **more}


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        pytest.param([one()], [one("1.1.0")], ["+1.1.0", "-1.0.0"], id="another version"),
        pytest.param(
            [one()],
            [one(weight=90), one("1.1.0", weight=10)],
            ["+1.1.0", "1.0.0 weight 100 -> 90"],
            id="a second version",
        ),
        pytest.param(
            [one(env=[{"name": "TOKEN", "value": "secret"}])],
            [one(env=[{"name": "TOKEN", "value": "another"}])],
            ["1.0.0 env"],
            id="a variable, whose value is not told",
        ),
        pytest.param([one(replicas=1)], [one(replicas=3)], [], id="the number of pods, which autoscalers change"),
        pytest.param([one()], [one(weight=100)], [], id="a default that is written out"),
    ],
)
def test_what_differs_between_two_is_told_by_version(before: list[Json], after: list[Json], said: list[str]) -> None:
    assert between({"versions": before}, {"versions": after}) == said


def test_other_fields_are_told_by_their_path() -> None:
    before = {"versions": [one()], "limits": {"queue": 8}}
    after = {"versions": [one()], "limits": {"queue": 9}, "pod": {"labels": {"a": "b"}}, "stopped": True}
    assert between(before, after) == ["limits.queue", "pod"]


def test_each_is_compared_with_the_one_before_it_and_the_first_with_nothing() -> None:
    known = [kept(number, {"versions": [one(f"1.{number}.0")]}) for number in (3, 2, 1)]
    assert changes(known) == [["+1.3.0", "-1.2.0"], ["+1.2.0", "-1.1.0"], []]
    assert changes([]) == []


def test_of_one_that_was_too_long_to_be_kept_nothing_is_claimed() -> None:
    known = [kept(3, {"versions": [one()]}), kept(2, None), kept(1, {"versions": [one()]})]
    assert changes(known) == [["(not kept)"], ["(not kept)"], []]
