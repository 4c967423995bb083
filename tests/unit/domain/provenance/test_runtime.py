"""A TrainJob's runtime is kept as it was: by the hash of its spec, with the images that it brings."""

from typing import Any, Final

import pytest
from tests.support.jobs import job

from aiapp.domain.provenance.run import TrainingRun, run
from aiapp.domain.provenance.runtime import runtime_of, with_runtime
from aiapp.domain.training.kinds import BUILT_IN

KIND: Final = BUILT_IN[-1]


def runtime(image: str = "r/torch:2.6") -> dict[str, Any]:
    container = {"name": "node", "image": image}
    replicated = [{"name": "node", "template": {"spec": {"template": {"spec": {"containers": [container]}}}}}]
    metadata = {"name": "torch", "uid": "uid-torch", "generation": 3}
    spec = {"template": {"spec": {"replicatedJobs": replicated}}}
    return {"kind": "ClusterTrainingRuntime", "metadata": metadata, "spec": spec}


def trained(trainer: dict[str, Any]) -> TrainingRun:
    return run(job() | {"kind": "TrainJob", "spec": {"trainer": trainer}}, KIND, ())


def test_the_images_of_the_runtime_ran_where_the_job_names_none() -> None:
    found = with_runtime(trained({"numNodes": 2}), runtime())
    assert [one.image for one in found.images] == ["r/torch:2.6"]
    known = found.identity["runtime"]
    assert (known["name"], known["generation"], known["images"]) == ("torch", 3, ["r/torch:2.6"])


def test_the_image_of_the_job_counts_more_than_that_of_its_runtime() -> None:
    found = with_runtime(trained({"image": "r/own:1"}), runtime())
    assert [one.image for one in found.images] == ["r/own:1"]


def test_another_runtime_of_the_same_name_has_another_hash() -> None:
    one, other = (with_runtime(trained({}), runtime(image)).identity["runtime"] for image in ("a", "b"))
    assert one["sha256"] != other["sha256"]


@pytest.mark.parametrize(
    ("reference", "path"),
    [
        ({"name": "torch"}, "/apis/trainer.kubeflow.org/v1alpha1/clustertrainingruntimes/torch"),
        (
            {"kind": "TrainingRuntime", "name": "torch"},
            "/apis/trainer.kubeflow.org/v1alpha1/namespaces/team/trainingruntimes/torch",
        ),
    ],
)
def test_a_job_names_a_runtime_of_the_cluster_or_of_its_namespace(reference: dict[str, str], path: str) -> None:
    named = runtime_of({"spec": {"runtimeRef": reference}})
    assert named is not None
    assert named[0].path("team", named[1]) == path


@pytest.mark.parametrize("spec", [None, {}, {"runtimeRef": "torch"}, {"runtimeRef": {"kind": "Pod", "name": "a"}}])
def test_a_job_without_one_names_none(spec: Any) -> None:
    assert runtime_of({"spec": spec}) is None
