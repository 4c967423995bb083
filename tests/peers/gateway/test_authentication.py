"""The sample manifests for authentication, before a real Traefik."""

from collections.abc import Iterator
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Final
from urllib.parse import urlsplit

import pytest
import yaml
from tests.e2e.serving import RUNNING_SECONDS
from tests.peers.gateway.routed import Routed
from tests.support.kube import Object
from tests.support.packages import secret
from tests.support.sandbox import Sandbox
from tests.support.waiting import eventually
from typing_extensions import override

pytestmark = pytest.mark.timeout(900)

SAMPLE: Final = Path(__file__).parents[3] / "manifests/samples/traefik/authentication.yaml"
KEYS: Final = "client-a:$2b$04$fTES7pEffwGfgUaZx5YJ..jBp.NWG.31LGFgYgMziJ3x9.V9Ixwny"
"""What `htpasswd -nbB client-a secret` writes."""
BY_KEY: Final = {"Authorization": "Basic Y2xpZW50LWE6c2VjcmV0"}
BY_WRONG_KEY: Final = {"Authorization": "Basic Y2xpZW50LWE6d3Jvbmc="}
BY_TOKEN: Final = {"Authorization": "Bearer good"}


class Issuer(BaseHTTPRequestHandler):
    """Lets through whoever has the good token, as oauth2-proxy would."""

    def do_GET(self) -> None:
        self.send_response(202 if self.headers["Authorization"] == BY_TOKEN["Authorization"] else 401)
        self.end_headers()

    @override
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def issuer(real_cluster: Sandbox) -> Iterator[str]:
    """The address that is asked about tokens."""
    with ThreadingHTTPServer((real_cluster.record.host, 0), Issuer) as server:
        Thread(target=server.serve_forever).start()
        yield f"http://{real_cluster.record.host}:{server.server_port}/oauth2/auth"
        server.shutdown()


def test_clients_come_in_by_key_or_by_token_as_the_sample_says(serving: Routed, issuer: str) -> None:
    by_key, by_token, application = yaml.safe_load_all(SAMPLE.read_text())
    by_token["spec"]["forwardAuth"]["address"] = issuer
    kube, namespace = serving.registry.kube, serving.registry.namespace
    for one in (secret("mnist-keys", namespace, users=KEYS), by_key, by_token):
        kube.create(one, namespace)
    serving.upload("1.0.0", "one")
    serving.register()
    (filter_,) = application["spec"]["serving"]["gateway"]["filters"]
    behind(serving, filter_)
    serving.until_running()
    eventually(lambda: asked(serving, BY_KEY) == 200, timeout=RUNNING_SECONDS)
    assert [asked(serving, headers) for headers in ({}, BY_WRONG_KEY, BY_TOKEN)] == [401, 401, 401]
    behind(serving, {**filter_, "name": "by-token"})
    eventually(lambda: asked(serving, BY_TOKEN) == 200, timeout=RUNNING_SECONDS)
    assert [asked(serving, headers) for headers in ({}, BY_KEY)] == [401, 401]


def behind(serving: Routed, filter_: Object) -> None:
    """Serve version 1.0.0 behind this filter."""
    gateway = {**serving.entrance["gateway"], "filters": [filter_]}
    versions = [{"version": "1.0.0", "replicas": 1}]
    serving.registry.serving("echo", versions=versions, gateway=gateway)


def asked(serving: Routed, headers: dict[str, str]) -> int:
    """The status of a prediction with these headers."""
    gateway = urlsplit(serving.url)
    assert gateway.hostname
    connection = HTTPConnection(gateway.hostname, gateway.port, timeout=30)
    connection.request("POST", "/", b"{}", {"Host": serving.hostname, "Content-Type": "application/json", **headers})
    status = connection.getresponse().status
    connection.close()
    return status
