"""A pin never changes: whatever becomes of the ConfigMaps, the status, the version and the store."""

import base64
import gzip
from typing import Any

import pytest
from tests.support.kube import Object
from tests.support.packages import Registry, package, upload
from tests.support.waiting import eventually

MANAGED = {"app.kubernetes.io/managed-by": "aiapp-operator"}


def pinned(registry: Registry, number: str = "1.0.0") -> Object:
    """A version that is Normal."""
    upload(registry.bucket, "mnist", package())
    version = registry.version(number=number)
    registry.until(version, "Ready", "True")
    return version


def artifact(registry: Registry, version: Object) -> Object:
    found: Object = registry.now(version)["status"]["artifact"]
    return found


def config_map(registry: Registry, name: str) -> Object | None:
    return registry.find("v1", "ConfigMap", name)


def replace_model(registry: Registry, body: bytes = b"another") -> None:
    upload(registry.bucket, "mnist", {"model/model.pkl": body})


def forget(registry: Registry, version: Object) -> str:
    """Delete the version and what it leaves; the name of its manifest's ConfigMap."""
    name = str(artifact(registry, version)["manifestRef"]["name"])
    registry.kube.delete(version)
    eventually(lambda: config_map(registry, name) is None)
    return name


def forged(registry: Registry, name: str, **content: Any) -> Object:
    metadata = {"name": name, "namespace": registry.namespace, "labels": MANAGED}
    return registry.kube.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, **content})


def test_a_deleted_manifest_is_written_again_while_the_store_lists_exactly_the_pin(registry: Registry) -> None:
    version = pinned(registry)
    name = artifact(registry, version)["manifestRef"]["name"]
    kept = config_map(registry, name)
    assert kept is not None
    registry.kube.delete(kept)

    def written_again() -> Object:
        found = config_map(registry, name)
        assert found is not None
        return found

    assert eventually(written_again)["binaryData"] == kept["binaryData"]
    registry.until(version, "SourceUnchanged", "True", "Succeeded")


def test_a_deleted_manifest_that_the_store_no_longer_lists_is_said_without_being_asked(registry: Registry) -> None:
    version = pinned(registry)
    replace_model(registry)
    kept = config_map(registry, artifact(registry, version)["manifestRef"]["name"])
    assert kept is not None
    registry.kube.delete(kept)

    def said() -> bool:
        told = registry.until(version, "SourceUnchanged", "Unknown", "ManifestMissing")
        return "no longer lists exactly what was pinned" in told["message"]

    assert eventually(said)
    replace_model(registry, b"weights")
    registry.look_again(version, "put back")
    registry.until(version, "SourceUnchanged", "True", "Succeeded")


def restored(registry: Registry) -> str:
    """What a backup tool restores of a version before the version itself; and its former pin."""
    version = pinned(registry)
    found = artifact(registry, version)
    kept = config_map(registry, found["manifestRef"]["name"])
    assert kept is not None
    forget(registry, version)
    known = {key: kept["metadata"][key] for key in ("name", "namespace", "labels", "annotations")}
    registry.kube.create(kept | {"metadata": known})
    return str(found["pin"])


def test_a_restored_version_is_pinned_to_what_it_was_pinned_to(registry: Registry) -> None:
    pin = restored(registry)
    version = registry.version()
    registry.until(version, "Ready", "True")
    found = artifact(registry, version)
    assert found["pin"] == pin
    kept = config_map(registry, found["manifestRef"]["name"])
    assert kept is not None
    assert [owner["uid"] for owner in kept["metadata"]["ownerReferences"]] == [version["metadata"]["uid"]]


def test_a_restored_version_is_not_pinned_to_other_content_in_silence(registry: Registry) -> None:
    pin = restored(registry)
    replace_model(registry)
    version = registry.version()
    told = registry.until(version, "ArtifactPinned", "False", "PinMismatch")
    assert "delete ConfigMap aiapp-manifest-" in told["message"]
    registry.until(version, "Stalled", "True", "PinMismatch")
    replace_model(registry, b"weights")
    registry.look_again(version, "put back")
    registry.until(version, "Ready", "True", "Normal")
    assert artifact(registry, version)["pin"] == pin


def test_whoever_wants_the_new_content_deletes_the_config_map_that_is_named(registry: Registry) -> None:
    pin = restored(registry)
    replace_model(registry)
    version = registry.version()
    told = registry.until(version, "ArtifactPinned", "False", "PinMismatch")
    recorded = config_map(registry, told["message"].rpartition(" ")[2])
    assert recorded is not None
    registry.kube.delete(recorded)
    registry.until(version, "Ready", "True", "Normal")
    assert artifact(registry, version)["pin"] != pin


FORGED = [
    pytest.param({"binaryData": {"manifest.gz": base64.b64encode(b"other").decode()}}, id="no manifest"),
    pytest.param(
        {"binaryData": {"manifest.gz": base64.b64encode(gzip.compress(bytes(128 << 20))).decode()}},
        id="what unpacks to 128 MiB",
    ),
]


@pytest.mark.parametrize("content", FORGED)
def test_a_config_map_under_the_name_of_a_manifest_is_told_to_the_user_and_left_alone(
    registry: Registry, content: dict[str, Any]
) -> None:
    name = forget(registry, pinned(registry))
    before = forged(registry, name, **content)
    version = registry.version()
    told = registry.until(version, "ArtifactPinned", "False", "NameTaken")
    assert told["message"] == f"ConfigMap {name} exists and does not hold the manifest: delete it"
    assert registry.now(before) == before
    registry.kube.delete(before)
    registry.until(version, "Ready", "True", "Normal")


def test_a_forged_record_of_a_digest_is_not_believed(registry: Registry) -> None:
    name = forget(registry, pinned(registry))
    forged(registry, f"{name}-digest", data={"digest": f"sha256:{'ab' * 32}", "from": "Checksums"}, immutable=True)
    version = registry.version()
    registry.until(version, "Ready", "True")
    assert "digest" not in artifact(registry, version)
    assert (
        f"ConfigMap {name}-digest states a digest that no version here vouches for"
        in (registry.condition(version, "ArtifactPinned")["message"])
    )


def test_a_manifest_goes_with_the_last_thing_that_uses_it(registry: Registry) -> None:
    first = pinned(registry)
    name = artifact(registry, first)["manifestRef"]["name"]
    registry.application(replicas=0)
    (revision,) = eventually(lambda: _revisions(registry))
    replace_model(registry)
    registry.until(registry.version(number="1.1.0"), "Ready", "True")
    registry.application("mnist", "1.1.0", replicas=0)
    registry.kube.delete(first)
    eventually(lambda: len(_revisions(registry)) == 2)
    assert config_map(registry, name) is not None  # a rollback may need it
    registry.kube.delete(revision)
    eventually(lambda: config_map(registry, name) is None)


def _revisions(registry: Registry) -> list[Object]:
    return registry.kube.list("apps/v1", "ControllerRevision", registry.namespace)
