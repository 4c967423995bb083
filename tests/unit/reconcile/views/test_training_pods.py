"""What pods of training jobs ran is noted while they are there."""

from typing import Final

from tests.support.jobs import job, running, succeeded
from tests.unit.reconcile.views.test_training_jobs import JOBS, Seen

from aiapp.api.provenance import TrainingImage, TrainingNode
from aiapp.domain.kubernetes.resources import PODS, Json
from aiapp.domain.training.kinds import job_kinds
from aiapp.reconcile.views.training_pods import TrainingPods, by_label

LABEL: Final = "batch.kubernetes.io/job-name"
DIGEST: Final = f"sha256:{'ab' * 32}"


def watched() -> tuple[Seen, TrainingPods]:
    """The watch on pods of Jobs, of which `train` runs and is waited for."""
    seen = Seen()
    seen.jobs.put(JOBS, job(status=running()))
    seen.told.clear()
    return seen, TrainingPods(LABEL, by_label(seen.jobs.kinds)[LABEL], seen.jobs, list)


def pod(*, uid: str = "uid-train", name: str = "train", digest: str | None = DIGEST, namespace: str = "team") -> Json:
    """One of the job, with more than is kept of it."""
    ran = [{"name": "train", "imageID": f"r/train@{digest}", "state": {}}] if digest else []
    metadata = {"name": "train-x", "namespace": namespace, "uid": "uid-pod", "resourceVersion": "7"}
    return {
        "metadata": {**metadata, "labels": {LABEL: name}, "ownerReferences": [{"uid": uid}], "annotations": {"a": "b"}},
        "spec": {"nodeName": "node-a", "containers": [{"name": "train", "image": "r/train:1", "env": []}]},
        "status": {"containerStatuses": ran, "phase": "Running"},
    }


def test_what_a_pod_runs_is_known_also_when_job_and_pod_are_gone() -> None:
    seen, pods = watched()
    kept = pods.trim(pod())
    assert kept is not None
    assert "annotations" not in kept["metadata"]
    assert kept["spec"]["containers"] == [{"name": "train", "image": "r/train:1"}]
    pods.put(PODS, kept)
    pods.remove(PODS, pod())
    seen.jobs.remove(JOBS, job(status=succeeded()))
    last = seen.jobs.last_run("uid-train")
    assert last is not None
    assert last.images == (TrainingImage(image="r/train:1", digest=DIGEST),)
    assert last.nodes == (TrainingNode(name="node-a"),)


def test_only_news_of_a_pod_is_told() -> None:
    seen, pods = watched()
    for one in (pod(digest=None), pod(digest=None), pod(), pod()):
        pods.put(PODS, one)
    assert seen.told == ["mnist-1.0.0"] * 2


def test_pods_of_jobs_that_nobody_waits_for_are_not_kept() -> None:
    _, pods = watched()
    assert pods.trim(pod(name="other")) is None
    assert pods.trim(pod(namespace="other")) is None


def test_a_pod_that_bears_the_label_of_a_job_and_is_not_its_own_says_nothing_of_it() -> None:
    seen, pods = watched()
    pods.put(PODS, pod(uid="uid-of-another"))
    assert seen.told == []


def test_pods_are_watched_once_for_kinds_whose_pods_bear_the_same_label() -> None:
    kinds = job_kinds(
        ["pytorchjobs.kubeflow.org", "tfjobs.kubeflow.org"],
        {"things.example.com": {"version": "v1", "kind": "Thing", "succeeded": [], "failed": []}},
    )
    ((label, found),) = by_label(kinds).items()
    assert (label, [kind.kind for kind in found]) == ("training.kubeflow.org/job-name", ["PyTorchJob", "TFJob"])
