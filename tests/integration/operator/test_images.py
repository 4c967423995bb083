"""Versions whose source is an image, on the real API server and the real registry: told before any pod exists."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support import registries
from tests.support.certificates import Authority
from tests.support.images import image, multi
from tests.support.kube import Kube, Object
from tests.support.operator import Operator
from tests.support.packages import Registry, package, upload
from tests.support.registries import PASSWORD, USER, with_password, with_tls
from tests.support.waiting import eventually

UNCHANGED = "SourceUnchanged"


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Iterator[registries.Registry]:
    """A registry that is open to everybody, without TLS."""
    with registries.running(tmp_path_factory.mktemp("images")) as found:
        yield found


def sourced(registry: Registry, reference: str, name: str = "mnist", **more: Any) -> Object:
    """A version from that image."""
    plain = {"image": {"reference": reference, "plainHttp": True} | more.pop("image", {})}
    return registry.version(name, source=plain, **more)


def pull_secret(namespace: str, host: str, password: str = PASSWORD, **annotations: str) -> Object:
    """As `kubectl create secret docker-registry` makes it."""
    auth = base64.b64encode(f"{USER}:{password}".encode()).decode()
    config = json.dumps({"auths": {host: {"auth": auth}}})
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/dockerconfigjson",
        "metadata": {"name": "pull", "namespace": namespace, "annotations": annotations},
        "data": {".dockerconfigjson": base64.b64encode(config.encode()).decode()},
    }


def look(registry: Registry, version: Object, token: str) -> Object:
    """The condition after a look on request."""
    registry.look_again(version, token)

    def answered() -> Object:
        assert registry.now(version)["status"].get("lastHandledReconcileAt") == token
        return registry.condition(version, UNCHANGED)

    return eventually(answered)


def test_an_image_is_pinned_by_its_digest_without_a_runtime(registry: Registry, images: registries.Registry) -> None:
    run = {"Entrypoint": ["/serve"], "ExposedPorts": {"9000/tcp": {}}, "User": "1000"}
    pushed = images.push("team/mnist", multi("amd64", "arm64/v8", run=run), "1.0")
    version = sourced(registry, f"{images.address}/team/mnist:1.0")
    ready = registry.until(version, "Ready", "True")
    status = registry.now(version)["status"]
    assert status["phase"] == "Normal"
    assert ready["message"] == f"published, runs on its own image {images.address}/team/mnist@{pushed}"
    assert status["artifact"]["image"] == status["image"]["image"] == f"{images.address}/team/mnist@{pushed}"
    assert [(one["architecture"], one.get("variant")) for one in status["image"]["platforms"]] == [
        ("amd64", None),
        ("arm64", "v8"),
    ]
    assert (status["image"]["port"], status["image"]["user"]) == (9000, "1000")
    assert {one["type"]: one["status"] for one in status["conditions"]} == {
        "SourceResolved": "True",
        "ArtifactPinned": "True",
        "RuntimeResolved": "True",
        "RuntimeCompatible": "Unknown",
        "SourceUnchanged": "True",
        "Ready": "True",
    }


def test_an_image_by_its_digest_is_the_one_that_is_pinned(registry: Registry, images: registries.Registry) -> None:
    first = images.push("team/both", image(layers=[b"first"]), "1.0")
    images.push("team/both", image(layers=[b"second"]), "1.0")
    version = sourced(registry, f"{images.address}/team/both@{first}")
    registry.until(version, "Ready", "True")
    assert registry.now(version)["status"]["image"]["digest"] == first
    assert look(registry, version, "1")["status"] == "True"


def test_an_image_that_is_not_there_is_named_and_found_once_it_is(
    registry: Registry, images: registries.Registry
) -> None:
    version = sourced(registry, f"{images.address}/team/late:1.0")
    missing = registry.until(version, "SourceResolved", "False", "ImageNotFound")
    assert "team/late:1.0" in missing["message"]
    assert registry.condition(version, "Stalled")["status"] == "True"
    images.push("team/late", image(), "1.0")
    registry.until(version, "Ready", "True")


def test_a_tag_that_moves_is_told_and_nothing_is_pulled_in_silence(
    registry: Registry, images: registries.Registry
) -> None:
    pinned, moved = (images.push("team/moving", image(layers=[layer]), "1.0") for layer in (b"old", b"new"))
    images.tag("team/moving", image(layers=[b"old"]), "1.0")
    version = sourced(registry, f"{images.address}/team/moving:1.0")
    registry.until(version, "Ready", "True")
    before = registry.now(version)["status"]["artifact"]
    images.tag("team/moving", image(layers=[b"new"]), "1.0")
    told = look(registry, version, "1")
    assert (told["status"], told["reason"]) == ("False", "SourceChanged")
    assert f"stands for {moved} now; pods still run what was pinned, {pinned}" in told["message"]
    assert registry.now(version)["status"]["artifact"] == before
    assert registry.condition(version, "Ready")["status"] == "True"
    images.tag("team/moving", image(layers=[b"old"]), "1.0")
    assert look(registry, version, "2")["status"] == "True"


def test_a_digest_that_vanishes_is_a_condition_before_it_is_an_outage(
    registry: Registry, images: registries.Registry
) -> None:
    pinned = images.push("team/vanishing", image(layers=[b"soon gone"]), "1.0")
    version = sourced(registry, f"{images.address}/team/vanishing:1.0")
    registry.until(version, "Ready", "True")
    images.delete("team/vanishing", pinned)
    told = look(registry, version, "1")
    assert (told["status"], told["reason"]) == ("False", "ImageNotFound")
    assert f"the registry has no {images.address}/team/vanishing@{pinned} any more" in told["message"]
    assert registry.condition(version, "Ready")["status"] == "True"
    images.push("team/vanishing", image(layers=[b"soon gone"]), "1.0")
    assert look(registry, version, "2")["status"] == "True"


def test_a_registry_gets_the_login_that_is_for_it_and_no_other_secret(registry: Registry, tmp_path: Path) -> None:
    with with_password(tmp_path) as private:
        private.push("team/secret", image(), "1.0")
        version = sourced(
            registry, f"{private.address}/team/secret:1.0", container={"imagePullSecrets": [{"name": "pull"}]}
        )
        absent = registry.until(version, "SourceResolved", "False", "SecretNotFound")
        assert "Secret pull, which container.imagePullSecrets names, does not exist" in absent["message"]
        registry.kube.apply(pull_secret(registry.namespace, "other.example.com"))
        without = registry.until(version, "SourceResolved", "False", "AccessDenied")
        assert "of container.imagePullSecrets (pull) none has a login for this image" in without["message"]
        registry.kube.apply(pull_secret(registry.namespace, private.address, "wrong"), force="true")
        registry.look_again(version, "1")
        denied = registry.until(version, "SourceResolved", "False", "AccessDenied")
        assert "wrong" not in denied["message"]
        elsewhere = {"aiapp.dev/allowed-endpoints": "registry.example.com"}
        registry.kube.apply(pull_secret(registry.namespace, private.address, **elsewhere), force="true")
        registry.look_again(version, "2")
        kept = registry.until(version, "SourceResolved", "False", "CredentialsDenied")
        assert f"Secret pull is not for {private.address}" in kept["message"]
        registry.kube.apply(
            pull_secret(
                registry.namespace, private.address, **{"aiapp.dev/allowed-endpoints": f"http://{private.address}"}
            ),
            force="true",
        )
        registry.look_again(version, "3")
        registry.until(version, "Ready", "True")


def test_an_image_for_another_architecture_fits_no_node_and_gets_no_pod(
    registry: Registry, images: registries.Registry, kube: Kube
) -> None:
    images.push("team/arm", image("arm64", variant="v8"), "1.0")
    node = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": "amd", "labels": {"kubernetes.io/arch": "amd64", "kubernetes.io/os": "linux"}},
        "status": {"conditions": [{"type": "Ready", "status": "True"}]},
    }
    kube.create(node)
    try:
        version = sourced(registry, f"{images.address}/team/arm:1.0", "arm")
        registry.until(version, "RuntimeCompatible", "False", "Incompatible")
        (reason,) = registry.now(version)["status"]["compatibility"]["reasons"]
        assert (reason["reason"], reason["examples"]) == ("ArchitectureMismatch", ["amd"])
        registry.until(registry.application("arm"), "Ready", "False", "WaitingForNodes")
        assert not kube.list("apps/v1", "Deployment", registry.namespace)
    finally:
        kube.delete(node)


def test_an_image_without_linux_is_refused_by_its_platforms(registry: Registry, images: registries.Registry) -> None:
    images.push("team/windows", image("amd64", system="windows"), "1.0")
    version = sourced(registry, f"{images.address}/team/windows:1.0")
    refused = registry.until(version, "SourceResolved", "False", "PlatformMissing")
    assert "windows/amd64" in refused["message"]


def test_a_registry_without_tls_is_asked_only_where_the_version_says_so(
    registry: Registry, images: registries.Registry
) -> None:
    images.push("team/plain", image(), "1.0")
    version = sourced(registry, f"{images.address}/team/plain:1.0", image={"plainHttp": False})
    refused = registry.until(version, "SourceResolved", "False")
    assert refused["reason"] in {"EndpointUnreachable", "TlsNotTrusted"}
    registry.kube.patch(version, {"spec": {"source": {"image": {"plainHttp": True}}}})
    registry.until(version, "Ready", "True")


def test_at_rest_and_after_a_restart_nothing_is_written(
    registry: Registry, images: registries.Registry, operator: Operator
) -> None:
    images.push("team/rest", image(layers=[b"rest"]), "1.0")
    version = sourced(registry, f"{images.address}/team/rest:1.0", "rest")
    registry.until(version, "Ready", "True")
    before = registry.now(version)
    operator.restart()
    later = sourced(registry, f"{images.address}/team/rest:1.0", "later")
    registry.until(later, "Ready", "True")
    assert registry.now(version) == before


def test_a_private_authority_vouches_for_a_registry(registry: Registry, tmp_path: Path) -> None:
    authority = Authority()
    with with_tls(tmp_path, authority) as private:
        private.push("team/tls", image(), "1.0")
        bundle = {"kind": "ConfigMap", "name": "authorities"}
        reached = {"plainHttp": False, "caBundleRef": bundle}
        version = sourced(registry, f"{private.address}/team/tls:1.0", image=reached)
        absent = registry.until(version, "SourceResolved", "False", "CaBundleNotFound")
        assert "ConfigMap authorities, which caBundleRef names, does not exist" in absent["message"]
        metadata = {"name": "authorities", "namespace": registry.namespace}
        other = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": metadata,
            "data": {"ca.crt": Authority().pem.decode()},
        }
        registry.kube.apply(other, force="true")
        registry.look_again(version, "1")
        registry.until(version, "SourceResolved", "False", "TlsNotTrusted")
        registry.kube.apply(other | {"data": {"ca.crt": authority.pem.decode()}}, force="true")
        registry.look_again(version, "2")
        registry.until(version, "Ready", "True")


def test_a_package_may_name_an_image_and_how_it_is_asked(registry: Registry, images: registries.Registry) -> None:
    pushed = images.push("team/swr", image(layers=[b"swr"]), "1.0")
    config = {
        "model_type": "Image",
        "model_algorithm": "image_classification",
        "swr_location": f"{images.address}/team/swr:1.0",
        "apis": [{"url": "/v1/predict"}],
        "health": {"url": "/ready", "period_seconds": "3"},
    }
    upload(registry.bucket, "swr", {"model/config.json": json.dumps(config).encode()})
    plain = {"imageRegistry": {"plainHttp": True}}
    version = registry.version("swr", container=plain)
    registry.until(version, "Ready", "True")
    status = registry.now(version)["status"]
    assert (status["source"]["type"], status["artifact"]["type"]) == ("Obs", "Image")
    assert status["artifact"]["image"] == f"{images.address}/team/swr@{pushed}"
    assert status["model"]["apis"] == [{"method": "POST", "url": "/v1/predict"}]
    registry.application("swr")
    deployment = eventually(lambda: found(registry, "apps/v1", "Deployment", "swr-1-0-0"))
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert container["image"] == f"{images.address}/team/swr@{pushed}"
    assert container["readinessProbe"]["httpGet"]["path"] == "/ready"
    assert container["readinessProbe"]["periodSeconds"] == 3


def test_an_image_of_ones_own_serves_a_package(registry: Registry, images: registries.Registry) -> None:
    pushed = images.push("team/own", image(layers=[b"own"]), "1.0")
    files = package(**{"model/customize_service.py": None, "model/model.pkl": None, "model/anything": b"weights"})
    upload(registry.bucket, "own", files)
    container = {"image": f"{images.address}/team/own:1.0", "imageRegistry": {"plainHttp": True}, "port": 9000}
    version = registry.version("own", container=container)
    registry.until(version, "Ready", "True")
    status = registry.now(version)["status"]
    assert (status["artifact"]["type"], status["artifact"]["objects"]) == ("Package", 2)
    assert "runtime" not in status
    registry.application("own")
    deployment = eventually(lambda: found(registry, "apps/v1", "Deployment", "own-1-0-0"))
    pod = deployment["spec"]["template"]["spec"]
    assert [one["image"] for one in pod["containers"]] == [f"{images.address}/team/own@{pushed}"]
    assert [one["name"] for one in pod["initContainers"]] == ["fetch"]
    images.delete("team/own", pushed)
    told = look(registry, version, "1")
    assert (told["status"], told["reason"]) == ("False", "ImageNotFound")
    upload(registry.bucket, "own", {"model/anything": b"replaced"})
    both = look(registry, version, "2")
    assert "replaced 'anything'" in both["message"]
    assert "the registry has no" in both["message"]


def test_a_restored_version_is_not_pinned_to_another_image_in_silence(
    registry: Registry, images: registries.Registry
) -> None:
    first = images.push("team/restored", image(layers=[b"before"]), "1.0")
    reference = f"{images.address}/team/restored:1.0"
    version = sourced(registry, reference)
    registry.until(version, "Ready", "True")
    (record,) = (
        one for one in registry.kube.list("v1", "ConfigMap", registry.namespace) if "image" in one["metadata"]["name"]
    )
    registry.kube.delete(version)
    name = record["metadata"]["name"]
    eventually(lambda: registry.find("v1", "ConfigMap", name) is None)
    images.push("team/restored", image(layers=[b"after"]), "1.0")
    known = {key: record["metadata"][key] for key in ("name", "namespace", "labels")}
    registry.kube.create(record | {"metadata": known})
    again = sourced(registry, reference)
    told = registry.until(again, "ArtifactPinned", "False", "PinMismatch")
    assert f"ConfigMap {name}" in told["message"]
    assert record["data"]["digest"] == first
    registry.kube.patch(again, {"spec": {"source": {"image": {"reference": f"{reference}@{first}"}}}})
    registry.until(again, "Ready", "True")
    assert registry.now(again)["status"]["image"]["digest"] == first


def test_a_served_version_that_is_made_again_is_held_to_its_image_and_its_pods_go_on(
    registry: Registry, images: registries.Registry
) -> None:
    first = images.push("team/again", image(layers=[b"before"]), "1.0")
    reference = f"{images.address}/team/again:1.0"
    version = sourced(registry, reference)
    registry.until(version, "Ready", "True")
    registry.application()
    deployment = eventually(lambda: found(registry, "apps/v1", "Deployment", "mnist-1-0-0"))
    images.push("team/again", image(layers=[b"after"]), "1.0")
    registry.kube.delete(version)
    again = sourced(registry, reference)
    registry.until(again, "ArtifactPinned", "False", "PinMismatch")
    kept = found(registry, "apps/v1", "Deployment", "mnist-1-0-0")
    assert kept["metadata"]["uid"] == deployment["metadata"]["uid"]
    assert kept["spec"]["template"] == deployment["spec"]["template"]
    images.tag("team/again", image(layers=[b"before"]), "1.0")
    registry.look_again(again, "1")
    registry.until(again, "Ready", "True")
    assert registry.now(again)["status"]["image"]["digest"] == first


def found(registry: Registry, api_version: str, kind: str, name: str) -> Object:
    obj = registry.find(api_version, kind, name)
    assert obj is not None
    return obj
