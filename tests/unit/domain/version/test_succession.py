"""The next version of an application, from one that there is."""

from typing import Any

import pytest
from tests.support import documents

from aiapp.domain.kubernetes.resources import Json
from aiapp.domain.version.succession import (
    CannotSucceedError,
    Changes,
    first,
    following,
    is_held,
    latest,
    successor,
)

DIGEST = f"sha256:{'a' * 64}"
STORE = {"endpoint": "https://store", "credentialsSecretRef": {"name": "keys"}}
PINNED = {"artifact": {"digest": DIGEST}, "image": {"digest": DIGEST}}


def version(source: Json, status: Json | None = None, **spec: Any) -> Json:
    found = documents.version()
    return found | {"spec": found["spec"] | {"source": source} | spec, "status": status or {}}


@pytest.mark.parametrize(
    ("number", "then"),
    [(None, "0.0.1"), ("0.0.1", "0.0.2"), ("1.2.99", "1.3.0"), ("1.99.99", "2.0.0"), ("10.0.9", "10.0.10")],
)
def test_numbers_follow_each_other(number: str | None, then: str) -> None:
    assert following(number) == then


def test_after_the_largest_number_one_has_to_be_named() -> None:
    with pytest.raises(CannotSucceedError, match=r"no number after 99\.99\.99: name one with --version"):
        following("99.99.99")


def test_the_latest_is_the_highest_number_and_not_the_last_word() -> None:
    assert (latest(["1.10.0", "1.9.0"]), latest([])) == ("1.10.0", None)


OBS = {"obs": {"uri": "obs://models/mnist/1/"} | STORE}


@pytest.mark.parametrize(
    ("source", "changes", "after"),
    [
        pytest.param(
            OBS | {"obs": OBS["obs"] | {"digest": DIGEST}},
            Changes(uri="obs://models/mnist/2/"),
            {"obs": {"uri": "obs://models/mnist/2/"} | STORE},
            id="another package has another digest",
        ),
        pytest.param(
            OBS,
            Changes(uri="obs://models/2/", digest=DIGEST, endpoint="https://other", credentials="others"),
            {
                "obs": {
                    "uri": "obs://models/2/",
                    "digest": DIGEST,
                    "endpoint": "https://other",
                    "credentialsSecretRef": {"name": "others"},
                }
            },
            id="in another store",
        ),
        pytest.param(OBS, Changes(image="shop/mnist:2"), {"image": {"reference": "shop/mnist:2"}}, id="an image"),
        pytest.param(
            OBS,
            Changes(job="train", job_kind="PyTorchJob"),
            {"trainingJob": {"kind": "PyTorchJob", "name": "train"} | STORE},
            id="a job",
        ),
        pytest.param(
            {
                "trainingJob": {"apiVersion": "v1", "kind": "TFJob", "name": "a", "uid": "1", "recordedEnv": ["SEED"]}
                | STORE
            },
            Changes(job="b", uri="obs://runs/b/"),
            {
                "trainingJob": {
                    "apiVersion": "v1",
                    "kind": "TFJob",
                    "recordedEnv": ["SEED"],
                    "name": "b",
                    "output": {"uri": "obs://runs/b/"},
                }
                | STORE
            },
            id="another job of that kind",
        ),
        pytest.param(
            {"template": {"name": "onnx", "inputs": [{"name": "model", "uri": "obs://a/"}], "digest": DIGEST} | STORE},
            Changes(uri="obs://b/"),
            {"template": {"name": "onnx", "inputs": [{"name": "model", "uri": "obs://b/"}]} | STORE},
            id="other files for the template",
        ),
    ],
)
def test_another_source_is_reached_as_the_one_before(source: Json, changes: Changes, after: Json) -> None:
    made = successor(version(source, PINNED), "mnist", "1.0.1", changes)
    assert (made["metadata"]["name"], made["spec"]["version"]) == ("mnist-1.0.1", "1.0.1")
    assert made["spec"]["source"] == after
    assert "status" not in made


@pytest.mark.parametrize(
    ("source", "after"),
    [
        pytest.param(OBS, {"obs": OBS["obs"] | {"digest": DIGEST}}, id="a package"),
        pytest.param(
            {"image": {"reference": "shop/mnist:1", "replicate": True}},
            {"image": {"reference": f"shop/mnist:1@{DIGEST}", "replicate": True}},
            id="an image",
        ),
    ],
)
def test_the_same_source_is_held_to_its_content(source: Json, after: Json) -> None:
    made = successor(version(source, PINNED), "mnist", "1.0.1", Changes(runtime=None))
    assert (made["spec"]["source"], is_held(made)) == (after, True)
    assert not is_held(successor(version(source), "mnist", "1.0.1", Changes()))


def test_the_model_of_an_exeml_project_is_followed_by_another_source_alone() -> None:
    before = version({"exeML": {"project": "flowers", "job": {"name": "train", "uid": "u"}}})
    with pytest.raises(CannotSucceedError, match="registered by its project alone: name another source with --uri"):
        successor(before, "flowers", "0.0.2", Changes(dependencies=("numpy",)))
    made = successor(before, "flowers", "0.0.2", Changes(image="shop/flowers:2"))
    assert made["spec"]["source"] == {"image": {"reference": "shop/flowers:2"}}


REACHED = {"plainHttp": True, "caBundleRef": {"kind": "ConfigMap", "name": "ca"}}


@pytest.mark.parametrize(
    ("reference", "kept"),
    [
        pytest.param("shop.example.com/mnist:2", REACHED, id="the same registry"),
        pytest.param("other.example.com/mnist:2", {}, id="another one, which is asked with TLS"),
    ],
)
def test_another_image_is_reached_as_the_one_before_in_the_same_registry(reference: str, kept: Json) -> None:
    before = {"image": {"reference": "shop.example.com/mnist:1", "replicate": False} | REACHED}
    made = successor(version(before), "mnist", "1.0.1", Changes(image=reference))
    assert made["spec"]["source"] == {"image": {"reference": reference, "replicate": False} | kept}


def test_the_registry_of_an_image_may_be_one_without_tls_from_the_first_on() -> None:
    said = Changes(image="shop:5000/mnist:1", plain_http=True)
    wanted = {"image": {"reference": "shop:5000/mnist:1", "plainHttp": True}}
    assert first("mnist", "team", "0.0.1", said)["spec"]["source"] == wanted
    assert successor(version(OBS), "mnist", "1.0.1", said)["spec"]["source"] == wanted


def test_an_image_needs_no_runtime() -> None:
    made = successor(version(OBS, runtime="pytorch_2.1.0"), "mnist", "1.0.1", Changes(image="shop/mnist:2"))
    assert "runtime" not in made["spec"]
    assert successor(version(OBS), "mnist", "1.0.1", Changes(runtime="new"))["spec"]["runtime"] == "new"


@pytest.mark.parametrize(
    ("container", "changes", "after"),
    [
        pytest.param({}, ("Numpy<2",), ["Numpy<2", "-r ./requirements.txt"], id="another for the same library"),
        pytest.param({}, ("six", "numpy-"), ["-r ./requirements.txt", "six"], id="one more and one less"),
        pytest.param({}, ("-r ./requirements.txt-", "numpy-"), [], id="none"),
        pytest.param({"dependencies": []}, ("six",), ["six"], id="after none"),
        pytest.param({"dependencies": ["six"]}, ("numpy",), ["six", "numpy"], id="after those of the version itself"),
    ],
)
def test_dependencies_are_edited(container: Json, changes: tuple[str, ...], after: list[str]) -> None:
    status = PINNED | {"model": {"dependencies": ["numpy==9.9", "-r ./requirements.txt"]}}
    found = version(OBS, status, container={"workers": 2} | container)
    made = successor(found, "mnist", "1.0.1", Changes(dependencies=changes))
    assert made["spec"]["container"] == {"workers": 2, "dependencies": after}


def test_a_dependency_that_is_not_there_cannot_be_left_out() -> None:
    with pytest.raises(CannotSucceedError, match="there is no dependency torch; there is none"):
        successor(version(OBS), "mnist", "1.0.1", Changes(dependencies=("torch-",)))


def test_the_first_version_needs_a_source() -> None:
    made = first("mnist", "team", "0.0.1", Changes(uri="obs://models/mnist/", endpoint="https://store"))
    assert made["metadata"] == {"name": "mnist-0.0.1", "namespace": "team"}
    assert made["spec"]["source"] == {"obs": {"uri": "obs://models/mnist/", "endpoint": "https://store"}}
    with pytest.raises(CannotSucceedError, match="no version to start from: name a source with --uri"):
        first("mnist", "team", "0.0.1", Changes(endpoint="https://store"))


def test_several_folders_of_a_template_are_not_guessed() -> None:
    inputs = [{"name": "a", "uri": "obs://a/"}, {"name": "b", "uri": "obs://b/"}]
    with pytest.raises(CannotSucceedError, match="several folders"):
        successor(version({"template": {"name": "t", "inputs": inputs}}), "mnist", "1.0.1", Changes(uri="obs://c/"))
