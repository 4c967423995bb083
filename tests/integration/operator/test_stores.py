"""Stores that are dead, private or refused: what a person reads, and what it costs everybody else."""

import socket
from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from itertools import pairwise

import pytest
from tests.support.certificates import Authority
from tests.support.fault_proxy import FaultProxy, fault_proxy
from tests.support.kube import Object
from tests.support.operator import Operator, running_operator
from tests.support.packages import Registry, keys, package, upload
from tests.support.sandbox import Bucket, Sandbox
from tests.support.waiting import eventually

DEAD_VERSIONS = 40
"""More than the operator has workers."""


@pytest.fixture(scope="module")
def operator(sandbox: Sandbox, installed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    """An operator with much patience for stores, so that a dead one keeps whoever waits for it."""
    patience = {"AIAPP_STORE_READ_SECONDS": "60", "AIAPP_STORE_REQUEST_SECONDS": "120", "AIAPP_RESYNC_SECONDS": "3600"}
    with running_operator(sandbox, tmp_path_factory, patience) as running:
        yield running


@pytest.fixture
def tls(bucket: Bucket) -> Iterator[tuple[FaultProxy, Authority]]:
    """The store over https, with a certificate of a private authority."""
    authority = Authority()
    with fault_proxy(bucket.endpoint, authority.server("127.0.0.1")) as running:
        yield running, authority


def bundle(namespace: str, content: str, key: str = "ca.crt") -> Object:
    metadata = {"name": "private-ca", "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {key: content}}


def test_dead_stores_with_many_versions_do_not_slow_imports_from_another(registry: Registry) -> None:
    upload(registry.bucket, "mnist", package())
    with socket.socket() as deaf, socket.socket() as mute:
        endpoints = [_listening(store) for store in (deaf, mute)]
        dead = [
            registry.version("dead", f"0.0.{number}", obs={"endpoint": endpoints[number % 2]})
            for number in range(DEAD_VERSIONS)
        ]
        for one in dead[:2]:
            registry.until(one, "SourceResolved", "Unknown")
        live = registry.version()
        registry.until(live, "Ready", "True", timeout=30)  # less than a dead import takes
        assert {registry.condition(one, "Ready")["status"] for one in dead} <= {"Unknown", "absent"}
        for one in dead:
            registry.kube.delete(one)


def _listening(store: socket.socket) -> str:
    """A store that takes connections and never says a word."""
    store.bind(("127.0.0.1", 0))
    store.listen(DEAD_VERSIONS)
    return f"http://127.0.0.1:{store.getsockname()[1]}"


def test_a_ca_bundle_counts_as_soon_as_it_is_there_and_right(
    registry: Registry, tls: tuple[FaultProxy, Authority]
) -> None:
    upload(registry.bucket, "mnist", package())
    proxy, authority = tls
    reference = {"kind": "ConfigMap", "name": "private-ca"}
    version = registry.version(obs={"endpoint": proxy.endpoint, "caBundleRef": reference})
    told = registry.until(version, "SourceResolved", "False", "CaBundleNotFound")
    assert "ConfigMap private-ca" in told["message"]
    assert registry.condition(version, "Stalled")["status"] == "True"
    for content, key, reason in (
        ("", "other", "CaBundleNotFound"),
        ("no certificate", "ca.crt", "CaBundleInvalid"),
        (Authority("somebody else").pem.decode(), "ca.crt", "TlsNotTrusted"),
    ):
        registry.kube.apply(bundle(registry.namespace, content, key), force="true")
        registry.look_again(version, f"{reason} {key}")
        registry.until(version, "SourceResolved", "False", reason)
    registry.kube.apply(bundle(registry.namespace, authority.pem.decode()), force="true")
    registry.look_again(version, "now")
    registry.until(version, "Ready", "True")


def test_a_changed_secret_is_taken_up_at_the_next_attempt(registry: Registry) -> None:
    upload(registry.bucket, "mnist", package())
    right = keys(registry.bucket, registry.namespace)
    registry.kube.apply(right | {"data": right["data"] | {"secretAccessKey": "d3Jvbmc="}}, force="true")
    version = registry.version()
    registry.until(version, "SourceResolved", "False", "AccessDenied")
    registry.kube.apply(right, force="true")
    registry.until(version, "Ready", "True")  # by itself, without being asked


def test_a_refused_endpoint_is_a_condition_that_names_host_and_setting(registry: Registry) -> None:
    version = registry.version(obs={"endpoint": "http://[::1]:9000"})
    told = registry.until(version, "SourceResolved", "False", "EndpointRefused")
    assert "::1 is a loopback address" in told["message"]
    assert "AIAPP_ALLOWED_RANGES" in told["message"]
    assert registry.condition(version, "Stalled")["reason"] == "EndpointRefused"


def test_no_store_is_looked_for_among_the_services_of_the_cluster_unless_it_is_allowed(registry: Registry) -> None:
    own = registry.kube.get("v1", "Service", "kubernetes", "default")["spec"]["clusterIP"]
    version = registry.version(obs={"endpoint": f"https://[::ffff:{own}]"})
    told = registry.until(version, "SourceResolved", "False", "EndpointRefused")
    assert "an address of the cluster's Services" in told["message"]
    assert "AIAPP_ALLOWED_RANGES" in told["message"]


def test_pods_keep_away_from_the_services_of_the_cluster_too(registry: Registry) -> None:
    upload(registry.bucket, "mnist", package())
    registry.version()
    registry.application()
    deployment = eventually(lambda: registry.find("apps/v1", "Deployment", "mnist-1-0-0"))
    assert deployment is not None
    args = deployment["spec"]["template"]["spec"]["initContainers"][0]["args"]
    ranges = [following for option, following in pairwise(args) if option == "--refuse-range"]
    own = ip_address(registry.kube.get("v1", "Service", "kubernetes", "default")["spec"]["clusterIP"])
    assert any(own in ip_network(one) for one in ranges)


def test_a_secret_is_given_to_no_endpoint_but_those_it_names(registry: Registry) -> None:
    upload(registry.bucket, "mnist", package())
    named = {"metadata": {"annotations": {"aiapp.dev/allowed-endpoints": registry.bucket.endpoint}}}
    registry.kube.patch(keys(registry.bucket, registry.namespace), named)
    version = registry.version()
    registry.until(version, "Ready", "True")
    elsewhere = registry.version("theirs", obs={"endpoint": "http://127.0.0.1:9"})
    said = registry.until(elsewhere, "SourceResolved", "False", "CredentialsDenied")
    assert "Secret store is not for 127.0.0.1:9" in said["message"]
    assert registry.condition(elsewhere, "Stalled")["status"] == "True"


def test_no_pod_is_made_with_a_secret_that_is_for_another_endpoint(registry: Registry) -> None:
    """Its reference can be changed after the import, which looks at the store no more."""
    upload(registry.bucket, "mnist", package())
    version = registry.version()
    registry.until(version, "Ready", "True")
    other = keys(registry.bucket, registry.namespace, "other")
    other["metadata"]["annotations"] = {"aiapp.dev/allowed-endpoints": "https://obs.example.com"}
    registry.kube.create(other)
    registry.kube.patch(version, {"spec": {"source": {"obs": {"credentialsSecretRef": {"name": "other"}}}}})
    application = registry.application(replicas=1)
    said = registry.until(application, "WorkloadsAvailable", "False", "CredentialsDenied")
    assert "Secret other is not for " in said["message"]
    assert registry.find("apps/v1", "Deployment", "mnist-1-0-0") is None
    registry.kube.patch(other, {"metadata": {"annotations": {"aiapp.dev/allowed-endpoints": registry.bucket.endpoint}}})
    eventually(lambda: registry.find("apps/v1", "Deployment", "mnist-1-0-0"))
