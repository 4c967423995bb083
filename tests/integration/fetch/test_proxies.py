"""Where the fetcher sends its requests: through the proxy of the environment, and nowhere else."""

import asyncio
import json
from http import HTTPStatus
from pathlib import Path

import pytest
from tests.integration.fetch.conftest import CONTENTS
from tests.support.certificates import Authority
from tests.support.fault_proxy import Fault, FaultProxy, fault_proxy
from tests.support.fetching import Package, aiapp_fetch, files_below
from tests.support.sandbox import Bucket
from tests.support.stores import Proxy, forward_proxy

STORE = "store.example.test"
"""A name that only the proxy knows."""


async def fetched(package: Package, target: Path, endpoint: str, *more: str) -> tuple[int, dict[str, object]]:
    """Exit code and termination message of `aiapp fetch`."""
    target.parent.mkdir(parents=True, exist_ok=True)
    process = aiapp_fetch(package, target, *more, endpoint=endpoint)
    await asyncio.to_thread(process.communicate, timeout=120)
    return process.returncode, dict(json.loads(target.with_name("termination").read_text()))


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy"])
async def test_http_goes_through_the_proxy_that_the_environment_names(
    package: Package, target: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    async with forward_proxy(Proxy({STORE: "127.0.0.1"})) as proxy:
        monkeypatch.setenv(variable, proxy.url)
        port = (package.location.endpoint or "").rpartition(":")[2]
        code, _ = await fetched(package, target, f"http://{STORE}:{port}")
    assert code == 0
    assert files_below(target) == CONTENTS
    assert all(line.startswith(f"GET http://{STORE}:{port}/") for line in proxy.seen)


async def test_https_goes_through_a_tunnel_and_is_verified_at_its_end(
    package: Package, target: Path, bucket: Bucket, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    authority = Authority()
    (tmp_path / "ca.crt").write_bytes(authority.pem)
    with fault_proxy(bucket.endpoint, authority.server(STORE)) as tls:
        endpoint = f"https://{STORE}:{tls.endpoint.rpartition(':')[2]}"
        async with forward_proxy(Proxy({STORE: "127.0.0.1"})) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", proxy.url)
            code, message = await fetched(package, target, endpoint)
            assert (code, message["reason"]) == (5, "TlsNotTrusted")
            code, _ = await fetched(package, target / "again", endpoint, "--ca-bundle", str(tmp_path / "ca.crt"))
    assert code == 0
    assert files_below(target / "again") == CONTENTS
    assert all(line.startswith(f"CONNECT {STORE}:") for line in proxy.seen)


async def test_a_proxy_is_not_asked_for_a_refused_address(
    package: Package, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with forward_proxy(Proxy()) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        code, message = await fetched(package, target, "http://[::ffff:169.254.169.254]")
    assert (code, message["reason"]) == (1, "EndpointRefused")
    assert proxy.seen == []


@pytest.mark.parametrize("status", [HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.TEMPORARY_REDIRECT])
async def test_a_redirect_is_not_followed(
    package: Package, target: Path, proxy: FaultProxy, bucket: Bucket, status: HTTPStatus
) -> None:
    with fault_proxy(bucket.endpoint) as elsewhere:
        moved = {"Location": f"{elsewhere.endpoint}/{bucket.name}/models/m-1/config.json"}
        proxy.rule = lambda _: Fault(status=status, headers=moved)
        code, message = await fetched(package, target, proxy.endpoint)
    assert code == 1
    assert "redirects are not followed" in str(message["message"])
    assert elsewhere.requests == []
