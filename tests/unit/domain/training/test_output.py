"""Where a job writes is read from its environment and its arguments, and from nowhere else."""

import tracemalloc
from typing import Any

import pytest

from aiapp.domain.training.output import MOST_FOLDERS, NAMES, declared_output

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


def test_variables_that_multiply_take_no_memory() -> None:
    """Of a job of 20 KB, of which each further 16 KB would take four thousand times as much."""
    ladder = [("A", "x" * 64), ("B", "$(A)" * 4000), ("C", "$(B)" * 40), ("train_url", URI)]
    container = {"env": [{"name": name, "value": value} for name, value in ladder], "args": ["$(C)" * 40]}
    tracemalloc.start()
    try:
        assert said(container) == ((URI,), ())
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_of_arguments_that_multiply_the_first_are_read() -> None:
    many = [f"--train_url={URI}", *["$(A)"] * 1000, "--train_url=obs://models/other/"]
    container = {"env": [{"name": "A", "value": "x " * 8000}], "args": many}
    assert said(container) == ((URI,), ())


def test_of_folders_without_number_some_are_kept() -> None:
    """Each takes twenty bytes of the job, and a thousand of whoever keeps it."""
    folders = [f"--train_url=obs://models/$(A)/{number}/" for number in range(1000)]
    container = {"env": [{"name": "A", "value": "a" * 900}], "args": folders}
    uris, _ = said(container, {"args": [f"--train_url={URI}"]})
    assert len(uris) == MOST_FOLDERS


def test_a_text_that_is_cut_names_no_half_of_a_folder() -> None:
    whole = f"--train_url={URI}"
    text = whole.rjust(16 * 1024 + 3)
    assert said({"args": [text]}) == ((), ())
    assert said({"args": [text[4:]]}) == ((URI,), ())


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
