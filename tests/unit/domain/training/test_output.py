"""Where a job writes is read from its environment and its arguments, and from nowhere else."""

from typing import Any

import pytest

from aiapp.domain.training.output import NAMES, declared_output

URI = "obs://models/mnist/run-7/"


def said(*containers: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    found = declared_output(containers, NAMES)
    return found.uris, found.unread


@pytest.mark.parametrize(
    "container",
    [
        {"env": [{"name": "train_url", "value": URI}]},
        {"env": [{"name": "TRAIN_URL", "value": URI}]},
        {"args": [f"--train_url={URI}"]},
        {"args": ["--train_url", URI]},
        {"args": [f"train_url={URI}"]},
        {"args": ["--output-dir", URI]},
        {"command": ["sh", "-c", f"python train.py --epochs 3 --output_path '{URI}' && echo done"]},
        {"env": [{"name": "RUN", "value": URI}], "args": ["--train_url=$(RUN)"]},
        {"env": [{"name": "B", "value": "models"}, {"name": "OUTPUT_PATH", "value": "obs://$(B)/mnist/run-7/"}]},
    ],
)
def test_a_job_says_where_it_writes(container: dict[str, Any]) -> None:
    assert said(container) == ((URI,), ())


@pytest.mark.parametrize(
    "container",
    [
        {"env": [{"name": "data_url", "value": URI}]},
        {"env": [{"name": "train_url", "value": "/output"}]},
        {"env": [{"name": "train_url", "value": "obs://models/" + "a" * 1024}]},
        {"env": [{"name": "train_url", "value": "obs://models/a\nb"}]},
        {"args": ["--train_url"]},
        {"args": ["--train_url=$(RUN)"]},
        {"args": "--train_url=" + URI},
        {"env": {"train_url": URI}},
        {"env": [None, {"value": URI}, {"name": 1, "value": URI}]},
        None,
        "text",
    ],
)
def test_nothing_else_is_an_output(container: Any) -> None:
    assert said(container) == ((), ())


def test_a_variable_whose_value_lies_elsewhere_is_named_and_not_read() -> None:
    reference = {"configMapKeyRef": {"name": "run", "key": "output"}}
    assert said({"env": [{"name": "OUTPUT_PATH", "valueFrom": reference}]}) == ((), ("OUTPUT_PATH",))


def test_the_same_folder_in_two_containers_is_one_and_two_folders_are_two() -> None:
    first, other = {"args": [f"--train_url={URI}"]}, {"env": [{"name": "OUTPUT_PATH", "value": "s3://models/b/"}]}
    assert said(first, first)[0] == (URI,)
    assert said(first, other)[0] == (URI, "s3://models/b/")


def test_an_administrator_adds_names() -> None:
    container = {"env": [{"name": "EXPORT_TO", "value": URI}]}
    assert declared_output([container], [*NAMES, "export_to"]).uris == (URI,)
