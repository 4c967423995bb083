"""A real S3 server on bad days: each failure has its own reason, and no message shows a key."""

import asyncio
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.integration.importing.conftest import Inspect, Upload
from tests.integration.importing.test_inspect import PACKAGE
from tests.support.certificates import Authority
from tests.support.engine import settles
from tests.support.fault_proxy import Fault, FaultProxy, fault_proxy, no_faults
from tests.support.sandbox import Bucket
from tests.support.stores import LOCAL, Proxy, forward_proxy

from aiapp.adapters.objectstore.s3 import S3Store, StoreSettings
from aiapp.api.conditions import Reason
from aiapp.domain.objectstore.credentials import Credentials
from aiapp.domain.objectstore.location import Location
from aiapp.domain.objectstore.proxies import Proxies
from aiapp.domain.package.inspection import Unresolved, Valid
from aiapp.ports.objectstore import ObjectChangedError, StoreError
from aiapp.s3 import listing as s3_listing


def at(bucket: Bucket) -> Location:
    return Location(bucket.name, "mnist/", bucket.endpoint)


async def test_a_bucket_that_does_not_exist(look: Inspect) -> None:
    found = await look(uri="obs://no-such-bucket/mnist/")
    assert isinstance(found, Unresolved)
    assert (found.reason, found.retryable) == (Reason.BUCKET_NOT_FOUND, False)
    assert "has no bucket 'no-such-bucket'" in found.message


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        pytest.param({"access_key_id": "nobody"}, "does not know the access key id", id="unknown access key"),
        pytest.param({"secret_access_key": "wrong"}, "secret access key is not the one", id="wrong secret key"),
        pytest.param(None, "denies access", id="anonymous"),
    ],
)
async def test_access_denied_says_what_is_wrong_with_the_key_without_showing_it(
    bucket: Bucket, store: S3Store, upload: Upload, wrong: dict[str, str] | None, words: str
) -> None:
    upload(PACKAGE)
    right = {"access_key_id": bucket.access_key, "secret_access_key": bucket.secret_key}
    with pytest.raises(StoreError) as denied:
        await store.list(at(bucket), None if wrong is None else Credentials(**{**right, **wrong}))
    assert denied.value.reason is Reason.ACCESS_DENIED
    assert not denied.value.retryable
    assert words in denied.value.message
    for secret in (bucket.access_key, bucket.secret_key, "nobody"):
        assert secret not in denied.value.message


async def test_an_endpoint_that_is_down_is_tried_again_later(look: Inspect) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    found = await look(endpoint=f"http://127.0.0.1:{port}")
    expected = Unresolved(Reason.ENDPOINT_UNREACHABLE, f"127.0.0.1:{port} refuses connections", retryable=True)
    assert found == expected


async def test_an_endpoint_whose_name_does_not_resolve(look: Inspect) -> None:
    found = await look(endpoint="http://store.invalid", addressing="Path")
    assert isinstance(found, Unresolved)
    assert found.reason is Reason.ENDPOINT_UNREACHABLE
    assert found.message == "store.invalid cannot be found: its name does not resolve"


async def test_an_endpoint_that_accepts_but_never_answers(look: Inspect) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        found = await look(endpoint=f"http://127.0.0.1:{deaf.getsockname()[1]}")
    assert isinstance(found, Unresolved)
    assert found.reason is Reason.ENDPOINT_UNREACHABLE
    assert "did not answer in time" in found.message


async def test_http_is_refused_unless_the_settings_allow_it(bucket: Bucket) -> None:
    strict = S3Store(StoreSettings())
    with pytest.raises(StoreError) as refused:
        await strict.list(at(bucket), None)
    await strict.close()
    assert refused.value.reason is Reason.ENDPOINT_REFUSED


def self_sign(certificate: Path, key: Path) -> None:
    subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", *subject]
    subprocess.run([*make, "-keyout", key, "-out", certificate], check=True, capture_output=True)


@pytest.fixture
async def self_signed(tmp_path: Path) -> AsyncIterator[tuple[str, Path]]:
    """An https server whose certificate nobody vouches for: its endpoint and the certificate."""
    certificate, key = tmp_path / "tls.crt", tmp_path / "tls.key"
    self_sign(certificate, key)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context) as server:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}", certificate


async def test_a_certificate_that_nobody_vouches_for_is_not_trusted(
    look: Inspect, self_signed: tuple[str, Path]
) -> None:
    found = await look(endpoint=self_signed[0])
    assert isinstance(found, Unresolved)
    assert (found.reason, found.retryable) == (Reason.TLS_NOT_TRUSTED, False)
    assert "no trusted authority has issued its certificate: caBundleRef" in found.message


async def test_the_settings_may_name_the_authority_to_trust(self_signed: tuple[str, Path]) -> None:
    trusting = S3Store(StoreSettings(ca_bundle=str(self_signed[1]), policy=LOCAL))
    with pytest.raises(StoreError) as absent:
        await trusting.list(Location("models", "", self_signed[0]), None)
    await trusting.close()
    assert absent.value.reason is Reason.BUCKET_NOT_FOUND


async def test_https_to_a_server_without_tls_is_said_to_be_so(look: Inspect, bucket: Bucket) -> None:
    found = await look(endpoint=bucket.endpoint.replace("http://", "https://"))
    assert isinstance(found, Unresolved)
    assert found.reason is Reason.ENDPOINT_UNREACHABLE
    assert "does not speak TLS: is its endpoint http?" in found.message


async def test_a_redirect_to_another_host_is_not_followed(look: Inspect) -> None:
    answer = (
        b"HTTP/1.1 307 Moved\r\nLocation: http://169.254.169.254/x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )

    async def redirect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(redirect, "127.0.0.1", 0) as server:
        found = await look(endpoint=f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    assert isinstance(found, Unresolved)
    assert found.reason is Reason.BUCKET_NOT_FOUND
    assert "169.254" not in found.message


async def test_a_listed_object_that_was_replaced_is_never_read(
    bucket: Bucket, store: S3Store, credentials: Credentials, upload: Upload
) -> None:
    upload({"config.json": b"old"})
    (listed,) = await store.list(at(bucket), credentials)
    assert await store.read(at(bucket), credentials, listed, 10) == b"old"
    upload({"config.json": b"new"})
    with pytest.raises(ObjectChangedError):
        await store.read(at(bucket), credentials, listed, 10)
    bucket.client.delete_object(Bucket=bucket.name, Key="mnist/config.json")
    with pytest.raises(ObjectChangedError):
        await store.read(at(bucket), credentials, listed, 10)


async def test_an_object_longer_than_the_limit_is_not_read(
    bucket: Bucket, store: S3Store, credentials: Credentials, upload: Upload
) -> None:
    upload({"config.json": b"eleven byte"})
    (listed,) = await store.list(at(bucket), credentials)
    with pytest.raises(StoreError) as refused:
        await store.read(at(bucket), credentials, listed, 10)
    assert refused.value.reason is Reason.LIMIT_EXCEEDED


async def test_in_a_versioned_bucket_the_version_is_pinned_and_still_read_after_it_was_replaced(
    bucket: Bucket, store: S3Store, credentials: Credentials, upload: Upload, look: Inspect
) -> None:
    bucket.client.put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration={"Status": "Enabled"})
    upload({**PACKAGE, "model/old.pth": b"gone"})
    upload({"model/config.json": b"{}"})
    upload(PACKAGE)
    bucket.client.delete_object(Bucket=bucket.name, Key="mnist/model/old.pth")
    found = await look()
    assert isinstance(found, Valid)
    assert [entry.path for entry in found.manifest.entries] == ["config.json", "customize_service.py", "digits.pth"]
    assert all(entry.version_id for entry in found.manifest.entries)
    listed = {one.key: one for one in await store.list(at(bucket), credentials)}["mnist/model/digits.pth"]
    upload({"model/digits.pth": b"another"})
    assert await store.read(at(bucket), credentials, listed, 10) == b"weights"


async def test_a_listing_of_several_pages_is_complete(
    bucket: Bucket, store: S3Store, credentials: Credentials, upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3_listing, "PAGE_OBJECTS", 2)
    bucket.client.put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration={"Status": "Enabled"})
    for content in (b"old", b"older"):
        upload({f"{number}": content for number in range(5)})
    listed = await store.list(at(bucket), credentials)
    assert [one.key for one in listed] == [f"mnist/{number}" for number in range(5)]
    assert {one.size for one in listed} == {5}


async def test_an_unversioned_bucket_has_no_version_ids(look: Inspect, upload: Upload) -> None:
    upload(PACKAGE)
    found = await look()
    assert isinstance(found, Valid)
    assert {entry.version_id for entry in found.manifest.entries} == {None}


async def test_it_mends_itself_once_the_bucket_exists(look: Inspect, bucket: Bucket, upload: Upload) -> None:
    bucket.client.delete_bucket(Bucket=bucket.name)
    absent = await look()
    assert isinstance(absent, Unresolved)
    assert absent.reason is Reason.BUCKET_NOT_FOUND
    bucket.client.create_bucket(Bucket=bucket.name)
    upload(PACKAGE)
    assert isinstance(await look(), Valid)


@pytest.fixture
def tls_proxy(bucket: Bucket) -> Iterator[tuple[FaultProxy, Authority]]:
    """The store over https, with a certificate of a private authority."""
    authority = Authority()
    with fault_proxy(bucket.endpoint, authority.server("127.0.0.1")) as running:
        yield running, authority


async def test_a_sources_own_authorities_are_trusted_and_a_changed_bundle_counts_at_once(
    bucket: Bucket, store: S3Store, credentials: Credentials, upload: Upload, tls_proxy: tuple[FaultProxy, Authority]
) -> None:
    upload(PACKAGE)
    proxy, authority = tls_proxy
    where = replace(at(bucket), endpoint=proxy.endpoint)
    for another in (None, Authority("somebody else").pem.decode()):
        with pytest.raises(StoreError) as untrusted:
            await store.list(replace(where, authorities=another), credentials)
        assert untrusted.value.reason is Reason.TLS_NOT_TRUSTED
        assert "caBundleRef" in untrusted.value.message
    assert await store.list(replace(where, authorities=authority.pem.decode()), credentials)
    with pytest.raises(StoreError):
        await store.list(where, credentials)


async def test_https_goes_through_the_proxy_and_is_still_verified(
    bucket: Bucket, credentials: Credentials, upload: Upload
) -> None:
    upload(PACKAGE)
    authority = Authority()
    proxy = Proxy({"store.example.test": "127.0.0.1"})
    with fault_proxy(bucket.endpoint, authority.server("store.example.test")) as tls:
        port = tls.endpoint.rpartition(":")[2]
        where = Location(bucket.name, "mnist/", f"https://store.example.test:{port}", addressing="Path")
        async with forward_proxy(proxy):
            store = S3Store(StoreSettings(proxies=Proxies(https=proxy.url), attempts=1))
            with pytest.raises(StoreError) as untrusted:
                await store.list(where, credentials)
            assert untrusted.value.reason is Reason.TLS_NOT_TRUSTED
            assert await store.list(replace(where, authorities=authority.pem.decode()), credentials)
            await store.close()
    assert set(proxy.seen) == {f"CONNECT store.example.test:{port} HTTP/1.1"}


@pytest.mark.parametrize("login", ["user:right", "user:wrong"])
async def test_a_proxy_may_want_a_password_which_is_never_told(
    bucket: Bucket, credentials: Credentials, upload: Upload, login: str
) -> None:
    upload(PACKAGE)
    async with forward_proxy(Proxy(login="user:right")) as proxy:
        shown = proxy.url.replace("user:right", login)
        store = S3Store(StoreSettings(allow_http=True, policy=LOCAL, proxies=Proxies(http=shown), attempts=1))
        if login == "user:right":
            assert await store.list(at(bucket), credentials)
        else:
            with pytest.raises(StoreError) as refused:
                await store.list(at(bucket), credentials)
            assert "the operator's proxy wants another user" in refused.value.message
            assert "wrong" not in refused.value.message
        await store.close()


async def test_a_proxy_that_is_down_is_named_as_the_cause(bucket: Bucket, credentials: Credentials) -> None:
    proxies = Proxies(http="http://user:secret@127.0.0.1:1")
    store = S3Store(StoreSettings(allow_http=True, policy=LOCAL, proxies=proxies, attempts=1))
    with pytest.raises(StoreError) as down:
        await store.list(at(bucket), credentials)
    await store.close()
    assert "cannot be reached through the operator's proxy" in down.value.message
    assert "secret" not in down.value.message


TRICKLE = Fault(piece=1, pause_seconds=0.2)
"""Never silent for as long as a reader waits, and never done."""


async def test_a_store_that_sends_a_byte_at_a_time_is_cut_off_at_the_deadline_of_a_request(
    bucket: Bucket, credentials: Credentials, upload: Upload
) -> None:
    upload(PACKAGE)
    with fault_proxy(bucket.endpoint) as slow:
        slow.rule = lambda _: TRICKLE
        where = replace(at(bucket), endpoint=slow.endpoint)
        store = S3Store(StoreSettings(allow_http=True, policy=LOCAL, request_seconds=0.5))
        with pytest.raises(StoreError) as cut:
            await store.list(where, credentials)
        assert (cut.value.reason, cut.value.retryable) == (Reason.ENDPOINT_UNREACHABLE, True)
        assert cut.value.message.endswith("sends so slowly that a response was not complete after 0.5 s")
        assert len(slow.requests) == 1
        await store.close()


async def test_a_store_that_sends_a_byte_at_a_time_holds_no_thread_when_nobody_waits_any_more(
    bucket: Bucket, credentials: Credentials, upload: Upload
) -> None:
    upload(PACKAGE)
    with fault_proxy(bucket.endpoint) as slow:
        slow.rule = lambda _: TRICKLE
        where = replace(at(bucket), endpoint=slow.endpoint)
        store = S3Store(StoreSettings(connections=1, allow_http=True, policy=LOCAL, request_seconds=600))
        listing = asyncio.create_task(store.list(where, credentials))
        await settles(lambda: bool(slow.requests))
        listing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await listing
        slow.rule = no_faults
        async with asyncio.timeout(30):  # one endpoint has one thread here: without its end this would wait for ever
            assert await store.list(where, credentials)
        await store.close()
