import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from kubernetes.client import Configuration

from aiapp.adapters.kube import credentials
from aiapp.adapters.kube.credentials import FRESH_SECONDS, KubeCredentials, NoClusterError, load, session


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def configuration(token: str, refresh: Callable[[Any], None] | None = None) -> SimpleNamespace:
    return SimpleNamespace(
        host="http://x/",
        proxy=None,
        ssl_ca_cert=None,
        verify_ssl=True,
        cert_file=None,
        key_file=None,
        api_key={"BearerToken": f"Bearer {token}"} if token else {},
        refresh_api_key_hook=refresh,
    )


@asynccontextmanager
async def asked(credentials: KubeCredentials, valid: set[str]) -> AsyncIterator[tuple[list[str], Callable[[], Any]]]:
    """Headers that the server saw, and a request."""
    headers: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        headers.append(request.headers.get("Authorization", ""))
        return web.Response(status=200 if headers[-1] in valid else 401)

    application = web.Application()
    application.router.add_get("/", answer)
    connector = aiohttp.TCPConnector()
    async with TestServer(application) as server, connector, session(credentials, connector) as client:

        async def request() -> int:
            async with client.get(server.make_url("/")) as response:
                return response.status

        yield headers, request


async def test_one_401_makes_the_credentials_be_read_again_and_the_request_be_repeated() -> None:
    tokens = iter(["old", "new"])
    clock = Clock()
    credentials = KubeCredentials(lambda: configuration(next(tokens)), clock)
    clock.now = 10
    async with asked(credentials, {"Bearer new"}) as (headers, request):
        assert await request() == 200
    assert headers == ["Bearer old", "Bearer new"]


async def test_a_401_for_an_unchanged_token_is_asked_once_more_since_the_server_may_err() -> None:
    clock = Clock()
    credentials = KubeCredentials(lambda: configuration("same"), clock)
    clock.now = 10
    async with asked(credentials, set()) as (headers, request):
        assert await request() == 401
    assert len(headers) == 2


async def test_a_token_that_rotates_is_followed() -> None:
    clock = Clock()
    tokens = iter(["second"])

    def refresh(of: Any) -> None:
        of.api_key["BearerToken"] = f"Bearer {next(tokens)}"

    credentials = KubeCredentials(lambda: configuration("first", refresh), clock)
    assert await credentials.authorization() == "Bearer first"
    clock.now += FRESH_SECONDS
    assert await credentials.authorization() == "Bearer second"
    assert await credentials.authorization() == "Bearer second"


async def test_who_comes_with_a_client_certificate_sends_no_token() -> None:
    credentials = KubeCredentials(lambda: configuration(""), Clock())
    async with asked(credentials, {""}) as (headers, request):
        assert await request() == 200
    assert headers == [""]


def test_without_a_cluster_the_error_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NoClusterError, match="set KUBECONFIG"):
        load(str(tmp_path / "absent"))


def test_a_kubeconfig_with_a_token_is_understood(tmp_path: Path) -> None:
    kubeconfig = tmp_path / "config"
    kubeconfig.write_text(
        "{apiVersion: v1, kind: Config, current-context: c, contexts: [{name: c, context: {cluster: k, user: u}}],"
        " clusters: [{name: k, cluster: {server: 'https://example:6443', insecure-skip-tls-verify: true}}],"
        " users: [{name: u, user: {token: t0ken}}]}"
    )
    credentials = KubeCredentials(lambda: load(str(kubeconfig)), Clock())
    assert credentials.server == "https://example:6443"
    assert credentials.tls.verify_mode is ssl.CERT_NONE
    assert credentials._header.value == "Bearer t0ken"


@pytest.mark.parametrize(
    ("named", "exempt", "proxy"),
    [
        pytest.param(None, "", "http://everybody:3128", id="the environment's"),
        pytest.param(None, "10.0.0.0/8", None, id="none where NO_PROXY exempts the server's range"),
        pytest.param("http://own:3128", "10.0.0.0/8", "http://own:3128", id="the kubeconfig's own in any case"),
    ],
)
def test_the_proxy_to_the_api_server(
    monkeypatch: pytest.MonkeyPatch, named: str | None, exempt: str, proxy: str | None
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://everybody:3128")
    monkeypatch.setenv("NO_PROXY", exempt)
    found = Configuration(proxy=named)
    found.host = "https://10.0.0.1:6443"
    assert KubeCredentials(lambda: found, Clock()).proxy == proxy


def test_in_the_cluster_the_api_server_is_reached_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    def service_account(client_configuration: Configuration) -> None:
        client_configuration.host = "https://10.96.0.1"

    monkeypatch.setenv("HTTPS_PROXY", "http://everybody:3128")
    monkeypatch.setattr(credentials, "_load_service_account", service_account)
    assert load().proxy is None
