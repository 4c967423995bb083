"""Of a job's manifest everything is kept but values that nobody asked for; a hostile one is not kept at all."""

import json
from typing import Any, Final

import pytest
from tests.support.jobs import job

from aiapp.domain.provenance.kept_job import MOST_BYTES, KeptVariables, kept_job, kept_spec

TOLD: Final = KeptVariables(frozenset({"SEED"}), ("train_url",))
SECRET: Final = {"secretKeyRef": {"name": "keys", "key": "token"}}


def kept(spec: Any, **metadata: Any) -> dict[str, Any]:
    return kept_job(job(**metadata) | {"spec": spec}, TOLD)


def test_only_values_that_are_listed_empty_or_say_where_data_lies_are_kept() -> None:
    env = [
        {"name": "SEED", "value": "7"},
        {"name": "PASSWORD", "value": "hunter2"},
        {"name": "TOKEN", "valueFrom": SECRET},
        {"name": "EMPTY"},
        {"name": "TRAIN-URL", "value": "obs://models/run-7/"},
        {"name": "OTHER_URL", "value": "obs://models/run-7/"},
        {"name": "train_url", "value": "https://store/run-7?signature=hunter2"},
    ]
    found = kept({"template": {"spec": {"containers": [{"env": env}]}}})
    assert found["spec"]["template"]["spec"]["containers"][0]["env"] == [
        {"name": "SEED", "value": "7"},
        {"name": "PASSWORD"},
        {"name": "TOKEN", "valueFrom": SECRET},
        {"name": "EMPTY", "value": ""},
        {"name": "TRAIN-URL", "value": "obs://models/run-7/"},
        {"name": "OTHER_URL"},
        {"name": "train_url"},
    ]
    assert "hunter2" not in json.dumps(found)


def test_variables_are_found_wherever_a_kind_has_them_also_as_a_map() -> None:
    found = kept({"trainer": {"env": [{"name": "A", "value": "hunter2"}]}, "env": {"SEED": 7, "B": "hunter2"}})
    assert found["spec"] == {"trainer": {"env": [{"name": "A"}]}, "env": {"SEED": 7}}
    assert kept({"plugins": {"env": []}})["spec"] == {"plugins": {"env": []}}


def test_annotations_are_kept_but_for_copies_of_the_manifest() -> None:
    marks = {
        "team": "vision",
        "kubectl.kubernetes.io/last-applied-configuration": '{"env": "hunter2"}',
        "tool/applied": "hunter2" * 99,
    }
    assert kept({}, annotations=marks)["metadata"] == {"annotations": {"team": "vision"}}
    template = {"template": {"metadata": {"annotations": marks}}}
    assert kept(template)["spec"]["template"]["metadata"]["annotations"] == {"team": "vision"}


def test_nothing_is_kept_of_what_names_this_job_alone() -> None:
    found = kept({"a": 1}, ownerReferences=[{"uid": "u"}], labels={"a": "b"})
    assert found == {"spec": {"a": 1}}


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param({"a": "x" * MOST_BYTES}, id="long"),
        pytest.param({"a": nested(99)}, id="deep"),
        pytest.param({"a": [1] * 10_001}, id="wide"),
    ],
)
def test_of_a_manifest_beyond_all_bounds_nothing_is_kept(spec: Any) -> None:
    assert kept(spec) == {}
    assert kept_spec(spec, TOLD) == {}


@pytest.mark.parametrize("spec", [None, [], "x"])
def test_what_is_no_spec_is_left_out(spec: Any) -> None:
    assert kept_spec(spec, TOLD) == {}
