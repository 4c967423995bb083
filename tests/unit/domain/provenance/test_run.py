"""What is kept of a training job: what it was told, what ran, and no value that nobody asked for."""

import json
from typing import Any, Final

from tests.support.fleet import TABLES
from tests.support.fleet import node as fleet_node
from tests.support.jobs import job

from aiapp.api.provenance import TrainingImage, TrainingNode
from aiapp.domain.kubernetes.trimming import trimmed_training_pod
from aiapp.domain.nodes.facts import NodeFacts, facts
from aiapp.domain.provenance.run import MOST_CONTAINERS, MOST_NODES, TrainingRun, run, with_earlier, with_pods
from aiapp.domain.training.kinds import BUILT_IN

KIND: Final = BUILT_IN[0]
TRAIN_JOB: Final = BUILT_IN[-1]
DIGEST: Final = f"sha256:{'ab' * 32}"


def told(container: dict[str, Any], *recorded: str, **metadata: Any) -> TrainingRun:
    document = job(**metadata)
    document["spec"]["template"]["spec"]["containers"] = [container]
    return run(document, KIND, recorded)


def pod(node: str = "node-a", *, uid: str = "uid-train", image_id: str = f"r/train@{DIGEST}") -> dict[str, Any]:
    return {
        "metadata": {"name": "train-x", "ownerReferences": [{"uid": uid, "kind": "Job", "name": "train"}]},
        "spec": {"nodeName": node, "containers": [{"name": "train", "image": "r/train:1"}]},
        "status": {"containerStatuses": [{"name": "train", "image": "other", "imageID": image_id}]},
    }


def test_command_arguments_and_resources_are_kept_as_the_job_states_them() -> None:
    limits = {"huawei.com/Ascend910": 8, "memory": "64Gi"}
    found = told(
        {"name": "train", "image": "r/t:1", "command": ["python"], "args": ["a.py"], "resources": {"limits": limits}}
    )
    assert found.containers == (
        {
            "name": "train",
            "image": "r/t:1",
            "command": ["python"],
            "args": ["a.py"],
            "resources": {"limits": {"huawei.com/Ascend910": "8", "memory": "64Gi"}},
        },
    )


def test_values_of_variables_are_kept_only_where_they_are_asked_for_and_stated() -> None:
    secret = {"secretKeyRef": {"name": "keys", "key": "token"}}
    env = [
        {"name": "SEED", "value": "7"},
        {"name": "PASSWORD", "value": "hunter2"},
        {"name": "TOKEN", "valueFrom": secret},
        {"name": "EPOCHS"},
    ]
    feeds = [{"configMapRef": {"name": "settings"}}, {"secretRef": {"name": "keys"}}]
    (kept,) = told({"env": env, "envFrom": feeds}, "SEED", "TOKEN", "EPOCHS").containers
    assert kept == {
        "env": [
            {"name": "SEED", "value": "7"},
            {"name": "PASSWORD"},
            {"name": "TOKEN"},
            {"name": "EPOCHS", "value": ""},
        ],
        "from": ["ConfigMap settings", "Secret keys"],
    }
    assert "hunter2" not in json.dumps(kept)


def test_a_job_is_known_by_its_owner_labels_and_annotations() -> None:
    owners = [{"apiVersion": "batch/v1", "kind": "CronJob", "name": "nightly", "uid": "u", "controller": True}]
    marks = {"mlflow.source.git.commit": "c0ffee", "dataset.aiapp.dev/mnist": f"obs://data/mnist/v3@{DIGEST}"}
    found = run(job(ownerReferences=owners, annotations=marks, labels={"team": "vision"}), KIND, ())
    assert found.created_by == "CronJob nightly"
    assert found.identity["labels"] == {"team": "vision"}
    assert found.annotated.revision == "c0ffee"
    assert [(one.name, one.uri, one.digest) for one in found.annotated.datasets] == [
        ("mnist", "obs://data/mnist/v3", DIGEST)
    ]


def test_where_the_data_lies_is_read_as_where_the_output_goes() -> None:
    assert told({"args": ["--data_url=obs://data/mnist/"]}).inputs == ("obs://data/mnist/",)


def node(name: str) -> dict[str, NodeFacts]:
    return {name: facts(fleet_node(name), TABLES)}


def test_pods_say_which_digest_ran_and_nodes_what_they_are() -> None:
    found = with_pods(run(job(), KIND, ()), KIND, [pod()], node("node-a"))
    assert found.images == (TrainingImage(image="r/train:1", digest=DIGEST),)
    (where,) = found.nodes
    assert (where.name, where.architecture) == ("node-a", node("node-a")["node-a"].kind.architecture)


def test_init_containers_ran_as_well() -> None:
    document = job()
    document["spec"]["template"]["spec"]["initContainers"] = [{"name": "data", "image": "r/data:1"}]
    one = pod()
    one["spec"]["initContainers"] = [{"name": "data", "image": "r/data:1"}]
    one["status"]["initContainerStatuses"] = [{"name": "data", "imageID": f"r/data@sha256:{'cd' * 32}"}]
    found = with_pods(run(document, KIND, ()), KIND, [trimmed_training_pod(one)], {})
    assert [(image.image, image.digest) for image in found.images] == [
        ("r/train:1", DIGEST),
        ("r/data:1", f"sha256:{'cd' * 32}"),
    ]


def test_a_pod_that_only_bears_the_label_says_nothing() -> None:
    found = with_pods(run(job(), KIND, ()), KIND, [pod(uid="uid-other")], {})
    assert (found.images[0].digest, found.nodes) == (None, ())


def test_pods_of_a_job_that_does_not_own_them_are_known_by_the_label() -> None:
    train_job = {**job(), "spec": {"trainer": {"image": "r/train:1"}}}
    found = with_pods(run(train_job, TRAIN_JOB, ()), TRAIN_JOB, [pod(uid="uid-of-a-job-of-it")], {})
    assert found.images == (TrainingImage(image="r/train:1", digest=DIGEST),)


def test_the_identifier_of_an_image_that_was_never_pulled_is_no_digest() -> None:
    found = with_pods(run(job(), KIND, ()), KIND, [pod(image_id=DIGEST)], {})
    assert found.images == (TrainingImage(image="r/train:1"),)


def test_what_was_seen_of_pods_that_are_gone_stays() -> None:
    earlier = with_pods(run(job(), KIND, ()), KIND, [pod()], {})
    now = with_pods(run(job(), KIND, ()), KIND, [], {})
    whole = with_earlier(now, earlier.images, earlier.nodes)
    assert (whole.images, whole.nodes) == (earlier.images, (TrainingNode(name="node-a"),))


def test_a_node_that_was_seen_again_is_as_it_was_seen_last() -> None:
    earlier = [TrainingNode(name="node-a"), TrainingNode(name="node-b")]
    now = with_pods(run(job(), KIND, ()), KIND, [pod()], node("node-a"))
    whole = with_earlier(now, (), earlier)
    assert [one.name for one in whole.nodes] == ["node-a", "node-b"]
    assert whole.nodes[0].architecture is not None


def test_whatever_is_in_a_job_no_more_is_kept_than_fits() -> None:
    huge = {"name": "n" * 9999, "image": "i" * 9999, "args": ["a" * 9999] * 999, "env": [{"name": "e" * 999}] * 9999}
    document = job(labels={f"l{n}": "v" * 999 for n in range(999)})
    document["spec"]["template"]["spec"]["containers"] = [huge] * 99
    found = with_pods(run(document, KIND, ()), KIND, [pod(f"node-{n}") for n in range(99)], {})
    assert (len(found.containers), len(found.nodes)) == (MOST_CONTAINERS, MOST_NODES)
    assert len(json.dumps([found.identity, *found.containers])) < 1_000_000


def test_what_is_built_otherwise_is_left_out() -> None:
    odd: dict[str, Any] = {
        "command": "sh",
        "args": {"a": 1},
        "env": {"A": "b"},
        "envFrom": "x",
        "resources": [],
        "image": None,
    }
    assert told(odd).containers == ({},)
