"""Provenance has the form that others read: in-toto Statement v1, SLSA provenance v1."""

from datetime import UTC, datetime
from typing import Final

from tests.support.jobs import OUTPUT, job

from aiapp.api.provenance import TrainingImage, TrainingNode
from aiapp.api.training_job import TrainingJobStatus
from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.provenance.config_map import KEY, provenance_object, provenance_record
from aiapp.domain.provenance.run import run, with_earlier
from aiapp.domain.provenance.statement import predicate, statement
from aiapp.domain.training.kinds import BUILT_IN

PIN: Final = f"sha256:{'4b' * 32}"
DIGEST: Final = f"sha256:{'ab' * 32}"
STATUS: Final = TrainingJobStatus(
    api_version="batch/v1",
    kind="Job",
    name="train",
    uid="uid-train",
    state="Succeeded",
    started_at=datetime(2026, 1, 2, 11, tzinfo=UTC),
    finished_at=datetime(2026, 1, 2, 12, tzinfo=UTC),
    output=OUTPUT,
)


def made(**annotations: str) -> Json:
    seen = run(job(annotations=annotations), BUILT_IN[0], ())
    images = [TrainingImage(image="r/train:1", digest=DIGEST)]
    return predicate(with_earlier(seen, images, [TrainingNode(name="node-a", architecture="arm64")]), STATUS, PIN)


def test_a_statement_is_about_the_content() -> None:
    found = statement("team/mnist-1.0.0", DIGEST, made())
    assert found["_type"] == "https://in-toto.io/Statement/v1"
    assert found["predicateType"] == "https://slsa.dev/provenance/v1"
    assert found["subject"] == [{"name": "team/mnist-1.0.0", "digest": {"sha256": "ab" * 32}}]


def test_the_predicate_says_what_was_built_from_what_by_whom_and_when() -> None:
    build, details = made()["buildDefinition"], made()["runDetails"]
    assert build["buildType"] == "https://aiapp.dev/training-job/v1"
    assert build["externalParameters"]["job"]["name"] == "train"
    assert build["externalParameters"]["output"] == OUTPUT
    assert build["internalParameters"] == {"nodes": [{"name": "node-a", "architecture": "arm64"}]}
    assert build["resolvedDependencies"] == [
        {"name": "image", "uri": "oci://r/train:1", "digest": {"sha256": "ab" * 32}}
    ]
    assert details["builder"] == {"id": "https://aiapp.dev/kubernetes/batch/v1/Job"}
    assert details["metadata"] == {
        "invocationId": "uid-train",
        "startedOn": "2026-01-02T11:00:00Z",
        "finishedOn": "2026-01-02T12:00:00Z",
    }
    assert details["byproducts"] == [{"name": "manifest", "uri": OUTPUT, "digest": {"sha256": "4b" * 32}}]


def test_source_and_data_are_dependencies_where_they_are_annotated() -> None:
    found = made(
        **{
            "org.opencontainers.image.source": "https://git.example.com/mnist",
            "org.opencontainers.image.revision": "c0ffee",
            "dataset.aiapp.dev/train": f"obs://data/v3@{DIGEST}",
            "dataset.aiapp.dev/test": "v7",
            "mlflow.source.git.branch": "main",
        }
    )["buildDefinition"]
    assert found["resolvedDependencies"][1:] == [
        {"name": "source", "uri": "git+https://git.example.com/mnist", "digest": {"gitCommit": "c0ffee"}},
        {"name": "dataset test", "uri": "v7"},
        {"name": "dataset train", "uri": "obs://data/v3", "digest": {"sha256": "ab" * 32}},
    ]
    assert found["internalParameters"]["branch"] == "main"


def test_a_record_is_named_by_what_it_holds_and_never_changes() -> None:
    one, same, other = (
        provenance_object(made()),
        provenance_object(made()),
        provenance_object(made(**{"mlflow.run_id": "7"})),
    )
    assert one == same
    assert one["immutable"]
    assert one["metadata"]["name"] != other["metadata"]["name"]
    assert provenance_record(one).digest.startswith(f"sha256:{one['metadata']['name'].rpartition('-')[2]}")
    assert set(one["data"]) == {KEY}
