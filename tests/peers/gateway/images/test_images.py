"""What a gateway hands on to images: WebSockets, and TLS to those that speak it."""

import urllib.request
from urllib.error import HTTPError
from urllib.parse import urlsplit

import pytest
from tests.e2e.serving import NAME
from tests.peers.gateway.images.conftest import RoutedImages
from tests.support.certificates import Authority
from tests.support.own_images import servers
from tests.support.waiting import eventually
from tests.support.websocket import echoed

pytestmark = pytest.mark.timeout(900)

TAKEN_UP_SECONDS = 60
"""Until the gateway knows of a route or a policy."""


def test_a_websocket_passes_through_the_gateway(serving: RoutedImages) -> None:
    serving.deployed("one")
    eventually(lambda: _status(serving) == 200, timeout=TAKEN_UP_SECONDS)
    at = urlsplit(serving.url)
    assert at.hostname is not None
    assert at.port is not None
    assert list(echoed(at.hostname, at.port, serving.hostname, "/ws", ["hello", "again"])) == ["hello", "again"]


def test_an_image_that_speaks_tls_is_reached_through_the_gateway_that_knows_its_authority(
    serving: RoutedImages,
) -> None:
    authority = Authority()
    certificate = authority.server_pem("echo.example.com").decode()
    serving.push("1.0.0", servers(*serving.architectures, CONTENT="one", CERTIFICATE=certificate))
    serving.register_image(protocol="HTTPS")
    serving.serve()
    serving.until_running()
    eventually(lambda: _status(serving) in (500, 502), timeout=TAKEN_UP_SECONDS)
    _trust(serving, authority)
    eventually(lambda: _status(serving) == 200, timeout=TAKEN_UP_SECONDS)


def _trust(serving: RoutedImages, authority: Authority) -> None:
    """Let gateways accept the certificate of the version's pods."""
    kube, namespace = serving.registry.kube, serving.registry.namespace
    bundle = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "ca"}}
    kube.create({**bundle, "data": {"ca.crt": authority.pem.decode()}}, namespace)
    spec = {
        "targetRefs": [{"group": "", "kind": "Service", "name": f"{NAME}-1-0-0"}],
        "validation": {
            "hostname": "echo.example.com",
            "caCertificateRefs": [{"group": "", "kind": "ConfigMap", "name": "ca"}],
        },
    }
    policy = {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "BackendTLSPolicy", "metadata": {"name": "echo"}}
    kube.create({**policy, "spec": spec}, namespace)


def _status(serving: RoutedImages) -> int:
    """The status of an answer through the gateway."""
    request = urllib.request.Request(serving.url, data=b"{}", headers={"Host": serving.hostname})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except HTTPError as error:
        with error:
            return error.code
