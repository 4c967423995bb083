"""The fixtures that every integration test stands on."""

from collections.abc import Callable
from subprocess import CompletedProcess

import pytest
from botocore.exceptions import ClientError
from tests.support.kube import ApiError, Kube
from tests.support.sandbox import Bucket


def config_map(name: str, namespace: str, **data: str) -> dict[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": namespace},
        "data": data,
    }


def test_an_object_can_be_created_read_listed_applied_patched_and_deleted(kube: Kube, namespace: str) -> None:
    body = config_map("one", namespace, a="1")
    kube.create(body)
    assert kube.get("v1", "ConfigMap", "one", namespace)["data"] == {"a": "1"}
    assert [found["metadata"]["name"] for found in kube.list("v1", "ConfigMap", namespace, labelSelector="!x")] != []
    kube.apply(config_map("one", namespace, a="2"), force="true")
    kube.patch(body, {"data": {"b": "3"}})
    assert kube.get("v1", "ConfigMap", "one", namespace)["data"] == {"a": "2", "b": "3"}
    kube.delete(body)
    assert kube.find("v1", "ConfigMap", "one", namespace) is None


def test_an_unknown_field_is_refused_with_the_servers_words(kube: Kube, namespace: str) -> None:
    with pytest.raises(ApiError, match='unknown field "dta"'):
        kube.create({**config_map("one", namespace), "dta": {}})


def test_kubectl_speaks_to_the_same_server(
    kubectl: Callable[..., CompletedProcess[str]], kube: Kube, namespace: str
) -> None:
    kube.create(config_map("seen", namespace))
    assert "configmap/seen" in kubectl("get", "configmap", "-n", namespace, "-o", "name").stdout


def test_the_s3_server_keeps_versions_and_honours_if_match(bucket: Bucket) -> None:
    client = bucket.client
    client.put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration={"Status": "Enabled"})
    first = client.put_object(Bucket=bucket.name, Key="model/weights", Body=b"first")
    client.put_object(Bucket=bucket.name, Key="model/weights", Body=b"second")
    kept = client.get_object(Bucket=bucket.name, Key="model/weights", VersionId=first["VersionId"])
    assert kept["Body"].read() == b"first"
    with pytest.raises(ClientError, match=r"412|PreconditionFailed"):
        client.get_object(Bucket=bucket.name, Key="model/weights", IfMatch=first["ETag"])
