"""What stores and networks do on bad days, each with what comes of it: the file, or one reason that names it."""

import datetime as dt
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

import pytest
from tests.integration.fetch.conftest import CONTENTS
from tests.support.certificates import Authority
from tests.support.fault_proxy import NO_FAULT, Fault, FaultProxy, Request, fault_proxy
from tests.support.fetching import PREFIX, Package, files_below
from tests.support.sandbox import Bucket

from aiapp.api.conditions import Reason
from aiapp.domain.objectstore.credentials import Credentials
from aiapp.fetch.failures import FetchError
from aiapp.fetch.http import s3_reader
from aiapp.fetch.run import Fetched, fetch
from aiapp.fetch.run import Request as FetchRequest

BUSY = Fault(status=HTTPStatus.SERVICE_UNAVAILABLE, headers={"Retry-After": "1"})
MODEL = PREFIX + "model.bin"


@dataclass
class Once:
    """The fault for the first request of every range (recognised by its end) of the model, then none."""

    fault: Fault
    seen: set[tuple[str, str]] = field(default_factory=set)

    def __call__(self, request: Request) -> Fault:
        asked = (request.target, request.headers.get("range", "").partition("-")[2])
        first = asked not in self.seen
        self.seen.add(asked)
        return self.fault if first and MODEL in request.target else NO_FAULT


def fetched(request: FetchRequest) -> Fetched:
    return fetch(request, time.monotonic)


def failure(request: FetchRequest) -> FetchError:
    with pytest.raises(FetchError) as failed:
        fetched(request)
    return failed.value


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(BUSY, id="503 with Retry-After"),
        pytest.param(Fault(status=HTTPStatus.TOO_MANY_REQUESTS), id="429"),
        pytest.param(Fault(status=HTTPStatus.INTERNAL_SERVER_ERROR), id="500"),
        pytest.param(Fault(cut_after=0), id="cut before the first byte"),
        pytest.param(Fault(cut_after=5), id="cut after five bytes"),
        pytest.param(Fault(cut_after=70_000), id="cut in the middle"),
        pytest.param(Fault(stall_after=1000), id="stalled in the middle"),
        pytest.param(Fault(headers={"Content-Length": "3"}), id="Content-Length too small"),
        pytest.param(Fault(headers={"Content-Length": "9999999"}), id="Content-Length too large"),
        pytest.param(Fault(headers={"Content-Range": "bytes 0-1/1310737"}), id="another range than asked for"),
        pytest.param(Fault(piece=8192, pause_seconds=0.001), id="slow"),
    ],
)
def test_a_passing_fault_costs_time_and_nothing_else(
    package: Package, target: Path, proxy: FaultProxy, fault: Fault
) -> None:
    proxy.rule = Once(fault)
    done = fetched(package.request(target, proxy.endpoint))
    assert files_below(target) == CONTENTS
    assert done.content.digest == package.digest


def test_a_connection_that_breaks_again_and_again_still_gets_there(
    package: Package, target: Path, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3_reader, "PROGRESS_BYTES", 1024)
    proxy.rule = lambda request: Fault(cut_after=40_000) if MODEL in request.target else NO_FAULT
    fetched(package.request(target, proxy.endpoint))
    assert files_below(target) == CONTENTS


@pytest.mark.parametrize(
    ("fault", "reason", "words"),
    [
        pytest.param(BUSY, Reason.ENDPOINT_UNREACHABLE, "503", id="503 for ever"),
        pytest.param(Fault(cut_after=5), Reason.ENDPOINT_UNREACHABLE, "cut off", id="cut for ever"),
        pytest.param(Fault(headers={"Content-Length": "3"}), Reason.ENDPOINT_UNREACHABLE, "length", id="wrong length"),
        pytest.param(Fault(status=HTTPStatus.FORBIDDEN), Reason.ACCESS_DENIED, "Secret", id="403"),
        pytest.param(Fault(status=HTTPStatus.UNAUTHORIZED), Reason.ACCESS_DENIED, "Secret", id="401"),
        pytest.param(Fault(status=HTTPStatus.NOT_FOUND), Reason.CONTENT_CHANGED, "pinned", id="404"),
        pytest.param(Fault(status=HTTPStatus.PRECONDITION_FAILED), Reason.CONTENT_CHANGED, "pinned", id="412"),
        pytest.param(Fault(status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE), Reason.CONTENT_CHANGED, "416", id="416"),
        pytest.param(Fault(headers={"ETag": '"other"'}), Reason.CONTENT_CHANGED, "other", id="wrong ETag"),
        pytest.param(
            Fault(headers={"Content-Range": "bytes 0-262143/1310738"}),
            Reason.CONTENT_CHANGED,
            "1310738",
            id="wrong size",
        ),
        pytest.param(Fault(status=HTTPStatus.METHOD_NOT_ALLOWED), Reason.ENDPOINT_UNREACHABLE, "405", id="405"),
    ],
)
def test_a_lasting_fault_fails_with_its_reason_and_names_the_key(
    package: Package, target: Path, proxy: FaultProxy, fault: Fault, reason: Reason, words: str
) -> None:
    proxy.rule = lambda request: fault if MODEL in request.target else NO_FAULT
    failed = failure(package.request(target, proxy.endpoint))
    assert failed.reason is reason
    assert MODEL in failed.message
    assert words in failed.message
    assert not (target / "model.bin").exists()


def test_a_lasting_refusal_is_not_asked_for_again(package: Package, target: Path, proxy: FaultProxy) -> None:
    proxy.rule = lambda request: Fault(status=HTTPStatus.FORBIDDEN)
    failure(package.request(target, proxy.endpoint))
    asked = [(request.target, request.headers.get("range")) for request in proxy.gets]
    assert len(asked) == len(set(asked))


@pytest.mark.parametrize(
    ("endpoint", "words"),
    [
        pytest.param("http://127.0.0.1:1", "refuses connections", id="nothing listens"),
        pytest.param("http://store.invalid:80", "store.invalid", id="the name is unknown"),
    ],
)
def test_an_endpoint_that_is_not_there_is_unreachable(
    package: Package, target: Path, endpoint: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,store.invalid")
    monkeypatch.setenv("no_proxy", "127.0.0.1,store.invalid")
    failed = failure(package.request(target, endpoint))
    assert failed.reason is Reason.ENDPOINT_UNREACHABLE
    assert words in failed.message


def test_a_bucket_that_is_gone_is_named(package: Package, target: Path, bucket: Bucket) -> None:
    for path in CONTENTS:
        bucket.client.delete_object(Bucket=bucket.name, Key=PREFIX + path)
    bucket.client.delete_bucket(Bucket=bucket.name)
    failed = failure(package.request(target))
    assert failed.reason is Reason.BUCKET_NOT_FOUND
    assert bucket.name in failed.message


@pytest.mark.parametrize(
    "keys",
    [pytest.param(None, id="anonymous"), pytest.param(Credentials("wrong", "very secret"), id="wrong keys")],
)
def test_keys_that_do_not_open_the_bucket_are_denied_and_not_shown(
    package: Package, target: Path, keys: Credentials | None
) -> None:
    object.__setattr__(package, "keys", keys)
    failed = failure(package.request(target))
    assert failed.reason is Reason.ACCESS_DENIED
    assert "very secret" not in failed.message


def test_plain_http_must_be_allowed(package: Package, target: Path) -> None:
    request = package.request(target)
    object.__setattr__(request.access, "allow_http", False)
    assert (failure(request)).reason is Reason.ENDPOINT_REFUSED


def _days(number: int) -> dt.timedelta:
    return dt.timedelta(days=number)


CERTIFICATES: list[tuple[Callable[[Authority], ssl.SSLContext], str]] = [
    (lambda authority: Authority("another one").server("127.0.0.1"), "caBundleRef"),
    (lambda authority: authority.server("127.0.0.1", ends=_days(-1)), "expired"),
    (lambda authority: authority.server("store.example"), "another name"),
]


@pytest.mark.parametrize(("certificate", "words"), CERTIFICATES, ids=["unknown authority", "expired", "another name"])
def test_a_certificate_that_cannot_be_trusted_is_said(
    package: Package,
    target: Path,
    bucket: Bucket,
    certificate: Callable[[Authority], ssl.SSLContext],
    words: str,
) -> None:
    authority = Authority()
    with fault_proxy(bucket.endpoint, certificate(authority)) as proxy:
        failed = failure(package.request(target, proxy.endpoint, authority.pem))
    assert failed.reason is Reason.TLS_NOT_TRUSTED
    assert words in failed.message


@pytest.mark.parametrize(
    "certificate",
    [
        pytest.param(lambda authority: authority.server("127.0.0.1"), id="issued by a private authority"),
        pytest.param(lambda authority: authority.as_server(), id="the authority's own"),
    ],
)
def test_a_certificate_is_trusted_with_its_ca_bundle(
    package: Package, target: Path, bucket: Bucket, certificate: Callable[[Authority], ssl.SSLContext]
) -> None:
    authority = Authority()
    with fault_proxy(bucket.endpoint, certificate(authority)) as proxy:
        fetched(package.request(target, proxy.endpoint, authority.pem))
    assert files_below(target) == CONTENTS
