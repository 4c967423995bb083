"""The digest of a content: known at the import, learnt from pods, demanded where a version was promoted to."""

import hashlib
import json
from typing import Any

import yaml
from click.testing import CliRunner, Result
from tests.support.kube import Kube, Object
from tests.support.packages import Registry, keys, package, upload
from tests.support.sandbox import Bucket, Sandbox
from tests.support.waiting import eventually

from aiapp.cli import main
from aiapp.domain.artifact.manifest import Hashed, content_digest
from aiapp.domain.kubernetes.naming import digest_config_map

MODEL = {path.removeprefix("model/"): body for path, body in package().items()}


def digest_of(files: dict[str, bytes]) -> str:
    return content_digest(Hashed(path, len(data), hashlib.sha256(data).hexdigest()) for path, data in files.items())


def with_sums(files: dict[str, bytes]) -> dict[str, bytes]:
    lines = [f"{hashlib.sha256(data).hexdigest()}  {path}\n" for path, data in sorted(files.items())]
    return files | {"SHA256SUMS": "".join(lines).encode()}


def upload_in_parts(bucket: Bucket, prefix: str, files: dict[str, bytes]) -> None:
    """The same bytes under other ETags."""
    for path, data in files.items():
        name: dict[str, Any] = {"Bucket": bucket.name, "Key": f"{prefix}/{path}"}
        number = bucket.client.create_multipart_upload(**name)["UploadId"]
        part = bucket.client.upload_part(**name, UploadId=number, PartNumber=1, Body=data)
        parts: Any = {"Parts": [{"ETag": part["ETag"], "PartNumber": 1}]}
        bucket.client.complete_multipart_upload(**name, UploadId=number, MultipartUpload=parts)


def promote(sandbox: Sandbox, namespace: str, *options: str) -> Result:
    where = ["-n", namespace, "--kubeconfig", str(sandbox.kubeconfig)]
    return CliRunner().invoke(main, ["promote", "mnist-1.0.0", *where, *options], catch_exceptions=False)


def artifact(registry: Registry, version: Object) -> Object:
    found: Object = registry.now(version)["status"]["artifact"]
    return found


def record(registry: Registry, version: Object) -> Object | None:
    return registry.find("v1", "ConfigMap", digest_config_map(artifact(registry, version)["pin"]))


def tells(kube: Kube, pod: Object, message: dict[str, Any], exit_code: int = 0) -> None:
    """Stands for the kubelet: the pod's fetch ended with that message."""
    ended = {"exitCode": exit_code, "message": json.dumps(message), "finishedAt": "2026-01-02T03:04:05Z"}
    status = {"name": "fetch", "image": "x", "imageID": "x", "ready": True, "restartCount": 0}
    terminated = {"state": {"terminated": ended | {"reason": "Completed"}}}
    kube.patch_status(pod, {"initContainerStatuses": [status | terminated]})


def pods(registry: Registry, count: int) -> list[Object]:
    """The pods that the Deployment has made, in the order of their names."""

    def made() -> list[Object]:
        found = registry.kube.list("v1", "Pod", registry.namespace, labelSelector="aiapp.dev/version")
        assert len(found) == count
        return sorted(found, key=lambda pod: str(pod["metadata"]["name"]))

    return eventually(made)


def stranger(registry: Registry) -> Object:
    """A pod with the labels that the operator looks for, which no Deployment of it has made."""
    labels = {"app.kubernetes.io/managed-by": "aiapp-operator", "aiapp.dev/application": "mnist"}
    metadata = {"name": "stranger", "namespace": registry.namespace}
    spec = {"containers": [{"name": "model", "image": "x"}], "automountServiceAccountToken": False}
    labelled = metadata | {"labels": labels | {"aiapp.dev/version": "1.0.0"}}
    return registry.kube.create({"apiVersion": "v1", "kind": "Pod", "metadata": labelled, "spec": spec})


def test_a_package_that_brings_its_hashes_is_known_at_the_import(registry: Registry) -> None:
    files = with_sums(MODEL)
    upload(registry.bucket, "mnist", files)
    version = registry.version()
    registry.until(version, "Ready", "True", "Normal")
    known = artifact(registry, version)
    assert (known["digest"], known["digestFrom"], known["verification"]) == (digest_of(files), "SHA256SUMS", "SHA256")
    assert "by SHA256SUMS" in registry.condition(version, "ArtifactPinned")["message"]
    kept = record(registry, version)
    assert kept is not None
    assert (kept["immutable"], kept["data"]["digest"]) == (True, digest_of(files))
    assert [o["name"] for o in kept["metadata"]["ownerReferences"]] == ["mnist-1.0.0"]


def test_a_promoted_version_with_other_etags_is_the_same_content(
    registry: Registry, sandbox: Sandbox, kube: Kube
) -> None:
    files = with_sums(MODEL)
    upload(registry.bucket, "mnist", files)
    before = registry.version()
    registry.until(before, "Ready", "True")
    released = f"{registry.bucket.name}-released"
    registry.bucket.client.create_bucket(Bucket=released)
    upload_in_parts(Bucket(released, *_access(registry.bucket)), "mnist", files)
    there = f"{registry.namespace}-there"
    kube.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": there}})
    kube.create(keys(registry.bucket, there))

    printed = promote(sandbox, registry.namespace, "--to-namespace", there, "--uri", f"obs://{released}/mnist/")
    assert printed.exit_code == 0, printed.stderr
    assert printed.stderr == f"note: must exist in {there}: Secret store\n"
    after = kube.apply(yaml.safe_load(printed.stdout))
    registry.until(after, "Ready", "True", "Normal")
    old, new = artifact(registry, before), artifact(registry, after)
    assert old["pin"] != new["pin"]
    assert old["digest"] == new["digest"] == digest_of(files)
    kube.delete({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": there}})


def test_another_content_than_the_promoted_one_is_refused_until_it_is_put_right(registry: Registry) -> None:
    upload(registry.bucket, "mnist", with_sums(MODEL | {"model.pkl": b"other weights"}))
    wanted = digest_of(with_sums(MODEL))
    version = registry.version(obs={"digest": wanted})
    refused = registry.until(version, "ArtifactPinned", "False", "DigestMismatch")
    assert wanted in refused["message"]
    registry.until(version, "Stalled", "True", "DigestMismatch")
    upload(registry.bucket, "mnist", with_sums(MODEL))
    registry.look_again(version, "mended")
    registry.until(version, "Ready", "True", "Normal")
    assert artifact(registry, version)["digest"] == wanted


def test_a_version_of_unknown_content_is_not_promoted(registry: Registry, sandbox: Sandbox) -> None:
    upload(registry.bucket, "mnist", MODEL)
    registry.until(registry.version(), "Ready", "True")
    printed = promote(sandbox, registry.namespace)
    assert (printed.exit_code, printed.stdout) == (1, "")
    assert "serve the version once" in printed.stderr


def test_the_first_pod_that_fetched_tells_the_content_and_another_one_is_reported(
    registry: Registry, sandbox: Sandbox
) -> None:
    upload(registry.bucket, "mnist", MODEL)
    version, application = registry.version(), registry.application(replicas=2)
    registry.until(version, "Ready", "True")
    assert artifact(registry, version)["verification"] == "ETag"
    first, second = pods(registry, 2)
    tells(registry.kube, stranger(registry), {"digest": f"sha256:{'00' * 32}"})
    tells(registry.kube, first, {"digest": digest_of(MODEL)})

    def known() -> Object:
        found = artifact(registry, version)
        assert found.get("digest") == digest_of(MODEL), found
        return found

    found = eventually(known)
    assert (found["digestFrom"], found["verification"]) == ("Fetch", "SHA256")
    assert found["verifiedAt"] == "2026-01-02T03:04:05Z"
    owners = eventually(lambda: _owners(registry, version, 2))
    assert {o["kind"] for o in owners} == {"AIApplicationVersion", "AIApplication"}
    printed = promote(sandbox, registry.namespace, "-o", "json")
    assert json.loads(printed.stdout)["spec"]["source"]["obs"]["digest"] == digest_of(MODEL)
    refused = promote(sandbox, registry.namespace, "--uri", "ftp://models/mnist/")
    assert refused.exit_code == 2
    assert "uri must be obs://bucket/path/" in refused.stderr
    assert registry.condition(application, "WorkloadsAvailable")["reason"] != "ContentChanged"
    tells(registry.kube, second, {"digest": f"sha256:{'11' * 32}"})
    told = registry.until(application, "WorkloadsAvailable", "False", "ContentChanged")
    assert f"pod {second['metadata']['name']} fetched the content sha256:1111" in told["message"]
    assert artifact(registry, version)["digest"] == digest_of(MODEL)


def test_a_pod_that_fetched_another_content_than_stated_is_told_by_the_application(registry: Registry) -> None:
    upload(registry.bucket, "mnist", MODEL)
    version, application = registry.version(obs={"digest": f"sha256:{'00' * 32}"}), registry.application()
    registry.until(version, "Ready", "True")
    known = artifact(registry, version)
    assert (known["digest"], known["digestFrom"]) == (f"sha256:{'00' * 32}", "Spec")
    pod = pods(registry, 1)[0]
    tells(registry.kube, pod, {"reason": "DigestMismatch", "message": "the content is another"}, exit_code=3)
    told = registry.until(application, "WorkloadsAvailable", "False", "DigestMismatch")
    name = pod["metadata"]["name"]
    assert f"pod {name}: the model could not be fetched: the content is another" in told["message"]
    assert "verifiedAt" not in artifact(registry, version)


def test_a_deleted_record_is_made_anew(registry: Registry) -> None:
    upload(registry.bucket, "mnist", with_sums(MODEL))
    version = registry.version()
    registry.until(version, "Ready", "True")
    kept = record(registry, version)
    assert kept is not None
    registry.kube.delete(kept)

    def again() -> bool:
        found = record(registry, version)
        return found is not None and found["metadata"]["uid"] != kept["metadata"]["uid"]

    eventually(again)


def _owners(registry: Registry, version: Object, count: int) -> list[Object]:
    kept = record(registry, version)
    assert kept is not None
    owners: list[Object] = kept["metadata"]["ownerReferences"]
    assert len(owners) == count
    return owners


def _access(bucket: Bucket) -> tuple[str, str, str, Any]:
    return bucket.endpoint, bucket.access_key, bucket.secret_key, bucket.client
