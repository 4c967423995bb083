"""Import and fetch ask for a bucket at the same host and path, whatever its name and the endpoint are."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.certificates import Authority
from tests.support.quirky_store import QuirkyStore, serving
from tests.support.stores import LOCAL

from aiapp.adapters.objectstore.s3 import S3Store, StoreSettings
from aiapp.api.conditions import Reason
from aiapp.domain.artifact.manifest import from_listing
from aiapp.domain.objectstore.listing import Listed
from aiapp.domain.objectstore.location import Addressing, Location
from aiapp.fetch.failures import FetchError
from aiapp.fetch.http import backoff
from aiapp.fetch.http.s3_reader import Access
from aiapp.fetch.run import Request, fetch
from aiapp.ports.objectstore import StoreError

KEY, CONTENT = "m/config.json", b"{}"


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every name below `test` is this machine."""
    resolve = socket.getaddrinfo

    def resolved(host: str, port: int, *more: Any, **options: Any) -> Any:
        return resolve("127.0.0.1" if host.endswith(".test") else host, port, *more, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    monkeypatch.setattr(backoff, "FIRST_SECONDS", 0.01)


@pytest.fixture
async def store() -> AsyncIterator[S3Store]:
    made = S3Store(StoreSettings(allow_http=True, policy=LOCAL, attempts=1))
    yield made
    await made.close()


async def imported(store: S3Store, where: Location, listed: Listed) -> StoreError | None:
    try:
        assert await store.read(where, None, listed, 10) == CONTENT
    except StoreError as error:
        return error
    return None


def fetched(where: Location, listed: Listed, folder: Path) -> FetchError | None:
    manifest = from_listing([listed], "m/")
    file = folder / "manifest.gz"
    file.write_bytes(manifest.payload)
    bundle = where.authorities.encode() if where.authorities else None
    access = Access(where, ca_bundle=bundle, allow_http=True)
    try:
        fetch(
            Request(manifest=file, pin=manifest.pin, access=access, target=folder / "model", server=None),
            time.monotonic,
        )
    except FetchError as error:
        return error
    return None


DOTTED, LONGEST = "my.models", "m" * 63


@pytest.mark.parametrize(
    ("bucket", "addressing", "scheme", "host", "reason"),
    [
        pytest.param("models", "Auto", "http", "models.obs.test", None, id="in the host"),
        pytest.param("models", "Auto", "https", "models.obs.test", None, id="in the host, with TLS"),
        pytest.param("models", "Path", "https", "obs.test", None, id="in the path"),
        pytest.param(DOTTED, "Auto", "http", "my.models.obs.test", None, id="dots without TLS"),
        pytest.param(DOTTED, "Auto", "https", "obs.test", None, id="dots with TLS"),
        pytest.param(DOTTED, "Virtual", "http", "my.models.obs.test", None, id="dots in the host, on request"),
        pytest.param(
            DOTTED, "Virtual", "https", "my.models.obs.test", Reason.TLS_NOT_TRUSTED, id="that, where no certificate is"
        ),
        pytest.param(LONGEST, "Auto", "https", f"{LONGEST}.obs.test", None, id="the longest name"),
        pytest.param("a..b", "Auto", "http", "obs.test", None, id="a name that no host could hold"),
        pytest.param("a..b", "Virtual", "http", None, Reason.ENDPOINT_REFUSED, id="that in the host, on request"),
    ],
)
async def test_import_and_fetch_ask_alike(  # noqa: PLR0917 - a row's columns
    store: S3Store,
    tmp_path: Path,
    bucket: str,
    addressing: Addressing,
    scheme: str,
    host: str | None,
    reason: Reason | None,
) -> None:
    authority, quirky = Authority(), QuirkyStore({KEY: CONTENT}, bucket=bucket)
    certified = host if host == "obs.test" else "*.obs.test"
    with serving(quirky, authority.server(certified) if scheme == "https" else None) as port:
        trusted = authority.pem.decode() if scheme == "https" else None
        endpoint = f"{scheme}://obs.test:{port}"
        where = Location(bucket, "m/", endpoint, addressing=addressing, authorities=trusted)
        listed = Listed(KEY, len(CONTENT), quirky.etag(KEY))
        found = (await imported(store, where, listed), await asyncio.to_thread(fetched, where, listed, tmp_path))
    assert [error and error.reason for error in found] == [reason, reason]
    assert {(asked.headers["host"], asked.target) for asked in quirky.seen} == (
        set() if reason else {(f"{host}:{port}", f"/{KEY}" if host != "obs.test" else f"/{bucket}/{KEY}")}
    )
    for error in found:
        assert error is None or host is None or error.message.startswith(f"{host}:{port} is not trusted")
