"""Versions that an image serves, over registries in memory: what is asked, pinned, recorded and told."""

import json
from base64 import b64encode
from typing import Any

import pytest
from tests.support import documents
from tests.support.bucket import Bucket
from tests.support.known_images import digest, found
from tests.support.records import stored
from tests.support.world import UNSEEN, World

from aiapp.api.conditions import Reason
from aiapp.controller.workers import Outcome
from aiapp.domain.kubernetes.naming import image_config_map
from aiapp.domain.kubernetes.resources import APPLICATIONS, CONFIG_MAPS, VERSIONS, Json
from aiapp.oci.access import Login
from aiapp.ports.registry import RegistryError

MNIST = "r.example.com/mnist:1"
RECORD = image_config_map(digest(1))
PACKAGE = "obs://models/mnist/1.0.0/"
OWN = "r.example.com/own:1"
CONFIG = {"model_type": "Image", "model_algorithm": "x", "swr_location": MNIST, "health": {"url": "/ok"}}


class ImageWorld(World):
    """A version that is new, with what its spec says."""

    def __init__(self, source: Json | None = None, bucket: Bucket | None = None, **spec: Any) -> None:
        super().__init__(bucket)
        self.registries.push([found()])
        self.spec_is({"source": source or {"image": {"reference": MNIST}}, **spec})

    def spec_is(self, spec: Json, uid: str = "uid-version") -> None:
        """The version as it is seen from now on, without a status."""
        document = documents.version()
        self.hold(VERSIONS, stored(document | {"spec": document["spec"] | spec}, status=UNSEEN[VERSIONS]), uid)

    def said(self, type_: str) -> tuple[str, str, str]:
        one = self.condition(VERSIONS, "mnist-1.0.0", type_)
        return one["status"], one["reason"], one["message"]


def registered(location: str = MNIST, **config: Any) -> Bucket:
    """A package that names an image."""
    return Bucket({"config.json": json.dumps(CONFIG | {"swr_location": location} | config).encode()})


def secret(**auths: str) -> Json:
    """Logins by host."""
    entries = {host: {"auth": b64encode(login.encode()).decode()} for host, login in auths.items()}
    data = {".dockerconfigjson": b64encode(json.dumps({"auths": entries}).encode()).decode()}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "pull", "namespace": "team"}, "data": data}


async def test_an_image_needs_neither_a_package_nor_a_runtime() -> None:
    world = ImageWorld()
    await world.look()
    assert world.status["phase"] == "Normal"
    assert world.status["image"]["image"] == world.status["artifact"]["image"] == f"r.example.com/mnist@{digest(1)}"
    assert "runtime" not in world.status
    assert world.said("SourceUnchanged") == ("True", "Succeeded", "the registry holds the image as it was pinned")


async def test_what_was_looked_at_once_is_written_once() -> None:
    world = ImageWorld()
    await world.look()
    written = list(world.api.writes)
    await world.look()
    await world.compare()
    await world.look()
    assert world.api.writes == written


async def test_the_first_words_are_about_a_registry() -> None:
    world = ImageWorld()
    await world.look()
    (event,) = [one for one in world.events.sent if one[1] == "Normal"]
    assert event[2] == f"published, runs on its own image r.example.com/mnist@{digest(1)}"


async def test_logins_come_from_every_pull_secret_that_is_for_the_registry() -> None:
    world = ImageWorld(container={"imagePullSecrets": [{"name": "pull"}]})
    world.api.hold(secret(**{"r.example.com": "me:secret", "other.example.com": "you:other"}), "uid-secret")
    await world.look()
    ((_, access),) = world.registries.asked
    assert access.logins == (Login("me", "secret"),)
    assert "secret" not in json.dumps(world.status)


async def test_a_pull_secret_that_does_not_exist_is_named() -> None:
    world = ImageWorld(container={"imagePullSecrets": [{"name": "pull"}]})
    await world.look()
    status, reason, message = world.said("SourceResolved")
    assert (status, reason) == ("False", "SecretNotFound")
    assert "Secret pull, which container.imagePullSecrets names, does not exist in namespace team" in message


@pytest.mark.parametrize(
    ("named", "hint"),
    [
        ({}, "; no container.imagePullSecrets are named"),
        (
            {"container": {"imagePullSecrets": [{"name": "pull"}]}},
            "; of container.imagePullSecrets (pull) none has a login for this image",
        ),
    ],
)
async def test_a_refusal_says_that_there_was_nothing_to_log_in_with(named: Json, hint: str) -> None:
    world = ImageWorld(**named)
    world.api.hold(secret(**{"other.example.com": "you:other"}), "uid-secret")
    world.registries.fault = RegistryError(Reason.ACCESS_DENIED, "r.example.com refuses", retryable=False)
    outcome = await world.look()
    assert world.said("SourceResolved") == ("False", "AccessDenied", f"r.example.com refuses{hint}")
    assert outcome.failed


async def test_a_secret_that_is_for_other_registries_is_not_sent_anywhere() -> None:
    world = ImageWorld(container={"imagePullSecrets": [{"name": "pull"}]})
    kept = secret(**{"r.example.com": "me:secret"})
    kept["metadata"]["annotations"] = {"aiapp.dev/allowed-endpoints": "https://other.example.com"}
    world.api.hold(kept, "uid-secret")
    await world.look()
    assert world.said("SourceResolved")[1] == "CredentialsDenied"
    assert not world.registries.asked


async def test_no_pods_are_made_with_a_secret_that_is_for_other_registries() -> None:
    world = ImageWorld(container={"imagePullSecrets": [{"name": "pull"}]})
    world.api.hold(secret(**{"r.example.com": "me:secret"}), "uid-secret")
    await world.look()
    kept = secret(**{"r.example.com": "me:secret"})
    kept["metadata"]["annotations"] = {"aiapp.dev/allowed-endpoints": "https://other.example.com"}
    world.api.hold(kept, "uid-secret")
    await world.of_applications(world.application)
    assert world.condition(APPLICATIONS, "mnist")["reason"] == "CredentialsDenied"


async def test_who_asks_too_often_waits_as_long_as_the_registry_wants() -> None:
    world = ImageWorld()
    world.registries.fault = RegistryError(Reason.RATE_LIMITED, "slow down", retryable=True, after_seconds=90)
    assert await world.look() == Outcome(retry_after=90)
    assert world.said("SourceResolved")[1] == "RateLimited"


async def test_a_name_that_no_registry_could_have_is_refused_by_its_field() -> None:
    world = ImageWorld({"image": {"reference": "r.example.com/Team/x:1"}})
    await world.look()
    status, reason, message = world.said("SourceResolved")
    assert (status, reason) == ("False", "SpecInvalid")
    assert message.startswith("spec.source.image.reference: 'r.example.com/Team/x:1'")


async def test_a_moved_tag_is_told_and_a_vanished_digest_before_it_hurts() -> None:
    world = ImageWorld()
    await world.look()
    world.registries.push([found(number=2)])
    await world.compare()
    await world.look()
    status, reason, message = world.said("SourceUnchanged")
    assert (status, reason) == ("False", "SourceChanged")
    assert f"{MNIST} stands for {digest(2)} now" in message
    del world.registries.held[f"r.example.com/mnist@{digest(1)}"]
    await world.compare()
    await world.look()
    assert world.said("SourceUnchanged")[:2] == ("False", "ImageNotFound")
    assert world.said("Ready")[:2] == ("True", "Normal")


async def test_a_deleted_tag_alone_changes_nothing() -> None:
    world = ImageWorld()
    await world.look()
    world.registries.tags.clear()
    await world.compare()
    await world.look()
    assert world.said("SourceUnchanged")[0] == "True"


async def test_a_registry_that_cannot_be_asked_leaves_it_open() -> None:
    world = ImageWorld()
    await world.look()
    world.registries.fault = RegistryError(Reason.ENDPOINT_UNREACHABLE, "no answer", retryable=True)
    await world.compare()
    await world.look()
    assert world.said("SourceUnchanged") == ("Unknown", "EndpointUnreachable", "no answer")


async def test_the_pin_is_on_record_beside_the_status() -> None:
    world = ImageWorld()
    await world.look()
    assert world.config_maps[RECORD]["data"] == {"digest": digest(1)}
    world.lose(CONFIG_MAPS, RECORD)
    await world.look()
    assert RECORD in world.config_maps


async def test_whoever_serves_the_image_and_whoever_is_restored_shares_the_record() -> None:
    world = ImageWorld()
    application = world.now_of(APPLICATIONS, "mnist")
    world.lose(APPLICATIONS, "mnist")
    await world.look()
    world.hold(APPLICATIONS, application, "uid-application")
    await world.of_applications(world.application)
    owners = {one["kind"] for one in world.config_maps[RECORD]["metadata"]["ownerReferences"]}
    assert owners == {"AIApplication", "AIApplicationVersion"}
    held = world.config_maps[RECORD]
    bare = {key: value for key, value in held["metadata"].items() if key != "ownerReferences"}
    world.hold(CONFIG_MAPS, held | {"metadata": bare}, "uid-restored")
    await world.look()
    (owner,) = world.config_maps[RECORD]["metadata"]["ownerReferences"]
    assert owner["uid"] == "uid-version"


async def test_a_restored_version_is_not_pinned_to_another_image_in_silence() -> None:
    world = ImageWorld()
    await world.look()
    world.registries.push([found(number=2)])
    world.spec_is({"source": {"image": {"reference": MNIST}}}, uid="uid-restored")
    await world.look()
    status, reason, message = world.said("ArtifactPinned")
    assert (status, reason) == ("False", "PinMismatch")
    assert f"as ConfigMap {RECORD} records: name the image by the digest that is recorded there" in message
    world.spec_is({"source": {"image": {"reference": f"{MNIST}@{digest(1)}"}}}, uid="uid-restored")
    await world.look()
    assert world.said("Ready")[:2] == ("True", "Normal")
    assert world.status["image"]["digest"] == digest(1)


@pytest.mark.parametrize(
    ("labels", "data"),
    [
        ({}, {"digest": digest(1)}),
        ({"app.kubernetes.io/managed-by": "aiapp-operator"}, {"digest": digest(2)}),
    ],
)
async def test_a_config_map_that_is_no_such_record_is_named_and_not_written_over(labels: Json, data: Json) -> None:
    world = ImageWorld()
    metadata = {"name": RECORD, "namespace": "team", "labels": labels}
    world.api.hold({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}, "uid-taken")
    await world.look()
    assert world.said("ArtifactPinned")[1] == "NameTaken"


async def test_a_package_may_name_an_image_which_takes_the_same_road() -> None:
    world = ImageWorld({"obs": {"uri": PACKAGE}}, registered())
    await world.look()
    status = world.status
    assert (status["phase"], status["source"]["type"], status["artifact"]["type"]) == ("Normal", "Obs", "Image")
    assert (status["model"]["type"], status["model"]["health"]["url"]) == ("Image", "/ok")
    assert world.said("PackageValid")[0] == "True"
    world.registries.push([found(number=2)])
    await world.compare()
    await world.look()
    assert world.said("SourceUnchanged")[:2] == ("False", "SourceChanged")


async def test_of_a_package_that_names_an_image_no_code_is_read() -> None:
    bucket = registered()
    bucket.files["customize_service.py"] = b"def f(:"
    world = ImageWorld({"obs": {"uri": PACKAGE}}, bucket)
    await world.look()
    assert world.status["phase"] == "Normal"
    assert "customize_service.py" not in bucket.asked


async def test_the_place_that_names_an_image_is_told() -> None:
    world = ImageWorld({"obs": {"uri": PACKAGE}}, registered("r.example.com/gone:1"))
    await world.look()
    assert world.said("SourceResolved")[1] == "ImageNotFound"


@pytest.mark.parametrize(
    ("spec", "reason", "words"),
    [
        ({"container": {"image": OWN}}, "SpecInvalid", "container.image would be another one"),
        ({"runtime": "python3.7"}, "EngineMismatch", "leave out runtime python3.7"),
    ],
)
async def test_what_does_not_go_with_a_package_that_names_an_image_is_refused(
    spec: Json, reason: str, words: str
) -> None:
    world = ImageWorld({"obs": {"uri": PACKAGE}}, registered(), **spec)
    await world.look()
    status, found_reason, message = world.said("PackageValid")
    assert (status, found_reason) == ("False", reason)
    assert words in message


async def test_a_digest_of_files_says_nothing_of_an_image() -> None:
    world = ImageWorld({"obs": {"uri": PACKAGE, "digest": digest(7)}}, registered())
    await world.look()
    assert "leave out spec.source.obs.digest" in world.said("PackageValid")[2]


def served() -> ImageWorld:
    """A package that is served by the user's own image; of the package nothing but config.json is asked for."""
    bucket = Bucket(
        {"config.json": b'{"model_type": "PyTorch", "model_algorithm": "x", "runtime": "python3.7"}', "anything": b"1"}
    )
    world = ImageWorld({"obs": {"uri": PACKAGE}}, bucket, container={"image": OWN})
    world.registries.push([found(name=OWN, number=5)])
    return world


async def test_an_image_may_serve_a_package_without_a_runtime() -> None:
    world = served()
    await world.look()
    status = world.status
    assert (status["phase"], status["artifact"]["type"]) == ("Normal", "Package")
    assert status["image"]["digest"] == digest(5)
    assert "runtime" not in status
    assert world.said("RuntimeResolved")[2] == f"its own image r.example.com/own@{digest(5)}"
    assert image_config_map(digest(5)) in world.config_maps


async def test_both_are_compared_and_the_worst_is_told() -> None:
    world = served()
    await world.look()
    world.registries.push([found(name=OWN, number=6)])
    await world.compare()
    await world.look()
    assert "pods still run what was pinned" in world.said("SourceUnchanged")[2]
    world.bucket.files["more"] = b"1"
    await world.compare()
    await world.look()
    told = world.said("SourceUnchanged")
    assert told[:2] == ("False", "SourceChanged")
    assert "added 'more'" in told[2]
    assert "pods still run what was pinned" in told[2]


async def test_what_hinders_pods_is_told_before_what_only_changed() -> None:
    world = served()
    await world.look()
    world.bucket.files["more"] = b"1"
    world.registries.held.clear()
    world.registries.tags.clear()
    await world.compare()
    await world.look()
    told = world.said("SourceUnchanged")
    assert told[:2] == ("False", "ImageNotFound")
    assert "added 'more'" in told[2]


async def test_a_package_waits_for_its_image() -> None:
    world = served()
    world.registries.tags.clear()
    await world.look()
    assert world.said("SourceResolved")[1] == "ImageNotFound"
    assert world.said("ArtifactPinned")[0] == "Unknown"
    assert world.said("RuntimeResolved")[:2] == ("Unknown", "Pending")


async def test_no_pods_serve_a_package_with_a_secret_that_is_for_other_registries() -> None:
    world = served()
    world.spec_is(
        {"source": {"obs": {"uri": PACKAGE}}, "container": {"image": OWN, "imagePullSecrets": [{"name": "pull"}]}}
    )
    kept = secret(**{"r.example.com": "me:secret"})
    world.api.hold(kept, "uid-secret")
    await world.look()
    assert world.status["phase"] == "Normal"
    kept["metadata"]["annotations"] = {"aiapp.dev/allowed-endpoints": "https://other.example.com"}
    world.api.hold(kept, "uid-secret")
    await world.of_applications(world.application)
    assert world.condition(APPLICATIONS, "mnist")["reason"] == "CredentialsDenied"
