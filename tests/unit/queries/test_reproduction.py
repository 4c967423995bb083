"""A manifest for a training that is run again, as the command prints it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from click.testing import CliRunner, Result
from tests.support import documents
from tests.support.jobs import OUTPUT, job
from tests.support.records import NORMAL, stored
from tests.support.small_api import Answers, serving
from typing_extensions import override

from aiapp.api.training_job import TrainingJobStatus
from aiapp.cli import main
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.provenance.config_map import provenance_object, provenance_record
from aiapp.domain.provenance.run import run
from aiapp.domain.provenance.runtime import with_runtime
from aiapp.domain.provenance.statement import predicate
from aiapp.domain.training.kinds import BUILT_IN

STATUS: Final = TrainingJobStatus(
    api_version="batch/v1", kind="Job", name="train", uid="uid-train", state="Succeeded", output=OUTPUT
)
PIN: Final = f"sha256:{'4b' * 32}"


def records() -> dict[str, Json]:
    """Of a Job, and of a TrainJob with its runtime."""
    runtime = {"kind": "TrainingRuntime", "metadata": {"name": "torch", "uid": "u"}, "spec": {"mlPolicy": {"a": 1}}}
    train_job = job() | {"spec": {"runtimeRef": {"name": "torch"}, "trainer": {"image": "r/t:1"}}}
    seen = {
        "mnist-1.0.0": run(job(), BUILT_IN[0], ()),
        "mnist-1.2.0": run(job(), BUILT_IN[0], ()),
        "mnist-1.1.0": with_runtime(run(train_job, BUILT_IN[-1], ()), runtime),
    }
    return {name: provenance_object(predicate(one, STATUS, PIN)) for name, one in seen.items()}


RECORDS: Final = records()


def version(number: str, **status: Any) -> Json:
    record = RECORDS.get(f"mnist-{number}")
    known = {} if record is None else {"provenance": {"record": provenance_record(record).model_dump()}}
    return stored(documents.version(number=number), status={**NORMAL, **known, **status})


def of_job() -> Json:
    """A version whose source says all that a job's annotations may."""
    store = {"endpoint": "https://store", "credentialsSecretRef": {"name": "store"}}
    source = {"name": "train", "output": {"uri": OUTPUT}, "recordedEnv": ["SEED", "EPOCHS"], **store}
    made = version("1.2.0")
    return made | {"spec": {**made["spec"], "source": {"trainingJob": source}, "runtime": "r"}}


ANSWERS: Final = {
    "mnist-1.2.0": of_job(),
    **{name: version(name.removeprefix("mnist-")) for name in RECORDS if name != "mnist-1.2.0"},
    **{record["metadata"]["name"]: record for record in RECORDS.values()},
    "mnist-2.0.0": version("2.0.0"),
    "mnist-3.0.0": version("3.0.0", source={"type": "TrainingJob", "origin": "ExeML"}),
}


class _Handler(Answers):
    @override
    def answer(self, path: str) -> tuple[int, str]:
        found = ANSWERS.get(path.rpartition("/")[2])
        return (200, json.dumps(found)) if found else (404, json.dumps({"reason": "NotFound", "message": "not found"}))


@pytest.fixture
def kubeconfig(tmp_path: Path) -> Iterator[Path]:
    """Of a server that has these versions and their records."""
    with serving(_Handler, tmp_path / "kubeconfig") as file:
        yield file


def printed(kubeconfig: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["reproduce", "--kubeconfig", str(kubeconfig), *arguments])


def test_the_manifest_is_yaml_with_comments_where_something_is_not_pinned(kubeconfig: Path) -> None:
    done = printed(kubeconfig, "mnist-1.0.0", "--name", "again", "--output", "obs://else/where/")
    assert done.exit_code == 0, done.output
    made = yaml.safe_load(done.stdout)
    assert (made["metadata"]["name"], made["metadata"]["namespace"]) == ("again", "team")
    lines = done.stdout.splitlines()
    assert lines[0] == "# The training of version mnist-1.0.0 again: Job train, uid uid-train"
    place = next(number for number, line in enumerate(lines) if line.strip() == "image: r/train:1")
    assert lines[place - 1].strip() == "# the digest that ran is not on record: this may be another image by now"
    assert "value: obs://else/where/" in done.stdout
    assert done.stderr == "note: 2 things could not be pinned: see the comments\n"


def test_two_runs_have_two_names_and_two_folders(kubeconfig: Path) -> None:
    one, other = (yaml.safe_load(printed(kubeconfig, "mnist-1.0.0").stdout) for _ in range(2))
    assert one["metadata"]["name"] != other["metadata"]["name"]
    assert one["spec"] != other["spec"]


@pytest.mark.parametrize(
    ("asked", "annotations"),
    [
        ("auto", {"aiapp.dev/application": "mnist", "aiapp.dev/version": "auto"}),
        ("digits:1.2.3", {"aiapp.dev/application": "digits", "aiapp.dev/version": "1.2.3"}),
    ],
)
def test_the_new_job_may_register_itself(kubeconfig: Path, asked: str, annotations: Json) -> None:
    made = yaml.safe_load(printed(kubeconfig, "mnist-1.0.0", "--register", asked).stdout)
    assert annotations.items() <= made["metadata"]["annotations"].items()


def test_it_registers_itself_as_its_version_was_registered(kubeconfig: Path) -> None:
    made = yaml.safe_load(printed(kubeconfig, "mnist-1.2.0", "--register", "auto", "--output", "obs://new/").stdout)
    assert made["metadata"]["annotations"] == {
        "aiapp.dev/application": "mnist",
        "aiapp.dev/version": "auto",
        "aiapp.dev/output": "obs://new/",
        "aiapp.dev/endpoint": "https://store",
        "aiapp.dev/credentials-secret": "store",
        "aiapp.dev/runtime": "r",
        "aiapp.dev/recorded-env": "SEED,EPOCHS",
    }


def test_a_train_job_comes_with_its_runtime(kubeconfig: Path) -> None:
    runtime, made = yaml.safe_load_all(printed(kubeconfig, "mnist-1.1.0").stdout)
    assert (runtime["kind"], runtime["spec"]) == ("TrainingRuntime", {"mlPolicy": {"a": 1}})
    assert made["spec"]["runtimeRef"]["name"] == runtime["metadata"]["name"] == made["metadata"]["name"]
    as_list = json.loads(printed(kubeconfig, "mnist-1.1.0", "-o", "json").stdout)
    assert [one["kind"] for one in as_list["items"]] == ["TrainingRuntime", "TrainJob"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("mnist-2.0.0",), 1, "was not trained by a job here"),
        (("mnist-3.0.0",), 1, "is a model of ExeML"),
        (("mnist-4.0.0",), 1, "not found"),
        (("mnist-1.0.0", "--output", "/tmp"), 2, "obs://bucket/path/"),
        (("mnist-1.0.0", "--register", "Mnist:1"), 2, "APPLICATION:auto"),
    ],
)
def test_what_is_refused_says_why(kubeconfig: Path, arguments: tuple[str, ...], code: int, words: str) -> None:
    done = printed(kubeconfig, *arguments)
    assert done.exit_code == code
    assert words in done.stderr
