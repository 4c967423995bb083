"""What a job reports of its model's quality: numbers by name, of whatever anybody wrote."""

import json
from typing import Any, Final

import pytest
from tests.support.jobs import job

from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.training.kinds import BUILT_IN, JobKind, job_kinds
from aiapp.domain.training.metrics import MOST, metrics_of_pods, reported_metrics

JOB: Final = BUILT_IN[0]
TRAIN_JOB: Final = BUILT_IN[-1]


def mapped() -> JobKind:
    fields: Any = {"version": "v1", "kind": "Training", "succeeded": ["status.done"], "failed": ["status.broken"]}
    (kind,) = job_kinds([], {"trainings.ml.example.com": fields | {"metrics": ["status.quality"]}}).kinds
    return kind


def pod(message: object, exit_code: int = 0) -> Json:
    text = message if isinstance(message, str) else json.dumps(message)
    ended = {"terminated": {"exitCode": exit_code, "message": text}}
    return {"metadata": {"name": "train-x"}, "status": {"containerStatuses": [{"name": "train", "state": ended}]}}


def test_a_train_job_has_its_trainers_metrics() -> None:
    status = {"trainerStatus": {"metrics": [{"name": "loss", "value": "0.23"}, {"name": "accuracy", "value": "0.98"}]}}
    assert reported_metrics(job(status=status), TRAIN_JOB) == {"accuracy": "0.98", "loss": "0.23"}


def test_annotations_count_more_than_the_status() -> None:
    status = {"trainerStatus": {"metrics": [{"name": "accuracy", "value": "0.9"}]}}
    found = reported_metrics(job(status=status, annotations={"metric.aiapp.dev/accuracy": "0.98"}), TRAIN_JOB)
    assert found == {"accuracy": "0.98"}


def test_a_kind_that_is_mapped_says_where_they_are() -> None:
    assert reported_metrics(job(status={"quality": {"f1": 0.5, "recall": "0.25"}}), mapped()) == {
        "f1": "0.5",
        "recall": "0.25",
    }


def test_the_last_words_of_a_container_may_be_metrics() -> None:
    assert metrics_of_pods([pod({"metrics": {"accuracy": 0.97}})]) == {"accuracy": "0.97"}


@pytest.mark.parametrize(
    "message",
    ["", "done", "[1]", '{"accuracy": 0.97}', '{"metrics": "good"}', '{"metrics": {"a": []}}', "[" * 4096],
)
def test_other_last_words_are_none(message: str) -> None:
    assert metrics_of_pods([pod(message)]) == {}


def test_a_container_that_failed_reports_nothing() -> None:
    assert metrics_of_pods([pod({"metrics": {"accuracy": 0.97}}, exit_code=1)]) == {}


@pytest.mark.parametrize("value", ["NaN", "inf", "high", "", "1_000", True, None, {}, "9" * 65])
def test_what_is_no_finite_number_is_left_out(value: object) -> None:
    assert reported_metrics(job(status={"quality": {"f1": value}}), mapped()) == {}


@pytest.mark.parametrize("name", ["", "1st", "a b", "a\n", "x" * 64, "Präzision"])
def test_what_is_no_name_is_left_out(name: str) -> None:
    assert reported_metrics(job(status={"quality": {name: 1}}), mapped()) == {}


def test_only_so_many_are_kept() -> None:
    assert len(reported_metrics(job(status={"quality": {f"m{n}": n for n in range(100)}}), mapped())) == MOST


def test_a_job_that_reports_nothing_has_none() -> None:
    assert reported_metrics(job(), JOB) == {}
    assert metrics_of_pods([{"metadata": {"name": "x"}, "status": {"containerStatuses": "nonsense"}}]) == {}
