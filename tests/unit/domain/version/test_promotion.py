"""A version for another place: the same but for what is asked for, held to its content, without what belongs here."""

from typing import Any

import pytest
from tests.support import documents
from tests.support.documents import changed
from tests.support.records import IMAGE, NORMAL, image_version, stored

from aiapp.api.version import AIApplicationVersion
from aiapp.domain.version.promotion import Destination, NotPromotableError, is_unconfirmed, needs, promoted

DIGEST = f"sha256:{'d1' * 32}"
HERE = Destination()


def registered(artifact: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    known = {"digest": DIGEST, "digestFrom": "Fetch"} if artifact is None else artifact
    status = NORMAL | {"artifact": NORMAL["artifact"] | known}  # type: ignore[operator]
    return stored(changed(documents.version(), **changes), status=status)


def test_it_is_the_spec_with_the_digest_and_nothing_that_belongs_to_this_place() -> None:
    version = registered(metadata__labels={"team": "vision"}, spec__description="Digits")
    found = promoted(version, HERE)
    assert found["metadata"] == {"name": "mnist-1.0.0"}
    assert set(found) == {"apiVersion", "kind", "metadata", "spec"}
    assert found["spec"] == changed(version, spec__source__obs__digest=DIGEST)["spec"]
    assert "digest" not in version["spec"]["source"]["obs"]


def test_what_is_another_there_is_put_in() -> None:
    there = Destination(namespace="prod", uri="s3://b-2/m/", endpoint="https://s3.lan", region="eu", addressing="Path")
    found = promoted(registered(spec__source__obs__credentialsSecretRef={"name": "store"}), there)
    assert found["metadata"]["namespace"] == "prod"
    assert found["spec"]["source"]["obs"] == {
        "uri": "s3://b-2/m/",
        "endpoint": "https://s3.lan",
        "region": "eu",
        "addressing": "Path",
        "credentialsSecretRef": {"name": "store"},
        "digest": DIGEST,
    }
    AIApplicationVersion.model_validate(found)


def test_a_template_is_named_as_here_with_its_only_input_elsewhere() -> None:
    model = {"name": "model", "uri": "obs://models/iris/"}
    version = registered(spec__source={"template": {"name": "sklearn", "inputs": [model]}})
    there = Destination(uri="obs://released/iris/", endpoint="https://s3.lan")
    assert promoted(version, there)["spec"]["source"]["template"] == {
        "name": "sklearn",
        "inputs": [{"name": "model", "uri": "obs://released/iris/"}],
        "endpoint": "https://s3.lan",
        "digest": DIGEST,
    }
    AIApplicationVersion.model_validate(promoted(version, there))
    several = changed(version, spec__source__template__inputs=[model, {"name": "code", "uri": "obs://models/code/"}])
    assert promoted(several, HERE)["spec"]["source"]["template"]["digest"] == DIGEST
    with pytest.raises(NotPromotableError, match="several folders"):
        promoted(several, there)


def test_an_image_is_named_by_the_digest_that_its_tag_stood_for() -> None:
    version = image_version().raw
    found = promoted(version, Destination(namespace="prod"))
    assert found["spec"]["source"]["image"]["reference"] == f"r/mnist:1@{IMAGE['digest']}"
    AIApplicationVersion.model_validate(found)
    assert promoted(version | {"spec": found["spec"]}, HERE)["spec"] == found["spec"]
    with pytest.raises(NotPromotableError, match="does not lie in a bucket"):
        promoted(version, Destination(uri="obs://released/mnist/"))


def test_the_image_that_serves_a_package_is_held_to_its_digest_too() -> None:
    version = registered(spec__container={"image": "r/own:1"})
    found = promoted(version | {"status": version["status"] | {"image": IMAGE}}, HERE)
    assert found["spec"]["container"] == {"image": f"r/own:1@{IMAGE['digest']}"}
    assert found["spec"]["source"]["obs"]["digest"] == DIGEST


def test_a_promoted_version_can_be_promoted_on() -> None:
    version = registered({"digest": DIGEST, "digestFrom": "Spec"}, spec__source__obs__digest=DIGEST)
    assert promoted(version, HERE)["spec"] == version["spec"]
    assert is_unconfirmed(version)


@pytest.mark.parametrize(
    ("version", "words"),
    [
        pytest.param(registered({}), "serve the version once", id="whose digest is not known"),
        pytest.param(stored(documents.version()), "is not pinned yet", id="that is not pinned"),
        pytest.param(
            registered(spec__source={}), "only a package in object storage or an image", id="of another source"
        ),
        pytest.param(
            registered({"type": "Image", "image": IMAGE["image"]}),
            "into swr_location",
            id="whose package names an image",
        ),
    ],
)
def test_no_manifest_is_made_of_a_version(version: dict[str, Any], words: str) -> None:
    with pytest.raises(NotPromotableError, match=words):
        promoted(version, HERE)


def test_the_objects_that_it_names_are_told_once_each() -> None:
    secret, config = {"name": "keys", "key": "a"}, {"name": "settings", "key": "b"}
    version = registered(
        spec__source__obs__credentialsSecretRef={"name": "store"},
        spec__source__obs__caBundleRef={"kind": "ConfigMap", "name": "authorities"},
        spec__container={
            "imagePullSecrets": [{"name": "registry"}],
            "env": [
                {"name": "A", "valueFrom": {"secretKeyRef": secret}},
                {"name": "B", "valueFrom": {"secretKeyRef": secret}},
                {"name": "C", "valueFrom": {"configMapKeyRef": config}},
                {"name": "D", "value": "plain"},
            ],
        },
    )
    assert needs(promoted(version, HERE)) == [
        "ConfigMap authorities",
        "ConfigMap settings",
        "Secret keys",
        "Secret registry",
        "Secret store",
    ]


def test_what_a_training_job_wrote_goes_on_as_a_package_of_its_own() -> None:
    job = {
        "name": "train",
        "endpoint": "https://s3.lan",
        "credentialsSecretRef": {"name": "store"},
        "recordedEnv": ["A"],
    }
    version = registered(spec__source={"trainingJob": job})
    wrote = {
        "type": "TrainingJob",
        "uri": "obs://models/run-7/model/",
        "trainingJob": {"output": "obs://models/run-7/"},
    }
    found = promoted(version | {"status": version["status"] | {"source": wrote}}, HERE)
    reach = {"endpoint": "https://s3.lan", "credentialsSecretRef": {"name": "store"}}
    assert found["spec"]["source"] == {"obs": {"uri": "obs://models/run-7/", "digest": DIGEST, **reach}}
    AIApplicationVersion.model_validate(found)


def test_what_a_template_made_of_the_output_of_a_job_is_no_package_in_a_store() -> None:
    job = {"name": "train", "template": {"name": "sklearn"}}
    with pytest.raises(NotPromotableError, match="only a package in object storage or an image"):
        promoted(registered(spec__source={"trainingJob": job}), HERE)
