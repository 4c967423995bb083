"""What answers of a store mean, and what is asked for next. The client is a stub; the errors are botocore's own."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    IncompleteReadError,
    ProxyConnectionError,
    ReadTimeoutError,
    SSLError,
)
from tests.support.certificates import Authority

from aiapp.adapters import s3_clients
from aiapp.adapters.blocking import Abandoned
from aiapp.adapters.exchange import Deadline
from aiapp.adapters.s3_clients import Clients, ClientSettings
from aiapp.adapters.s3_errors import store_error
from aiapp.adapters.s3_listing import Limits, listing, pages
from aiapp.adapters.s3_request import Requests, Retries
from aiapp.api.conditions import Reason
from aiapp.domain.credentials import Credentials
from aiapp.domain.location import Location
from aiapp.domain.manifest import Listed
from aiapp.ports import StoreError

WHERE = Location("models", "mnist/", "https://obs.example.com")
URL = "https://obs.example.com/models?X-Amz-Signature=s1gn"


def answered(code: str, status: int, **more: Any) -> ClientError:
    answer = {"Error": {"Code": code, **more}, "ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": {}}}
    return ClientError(cast("Any", answer), "ListObjectVersions")


@pytest.mark.parametrize(
    ("error", "reason", "retryable", "words"),
    [
        pytest.param(answered("AccessDenied", 403), Reason.ACCESS_DENIED, False, "lacks the right", id="no right"),
        pytest.param(
            answered("ExpiredToken", 400), Reason.ACCESS_DENIED, False, "token has expired", id="expired token"
        ),
        pytest.param(answered("RequestTimeTooSkewed", 403), Reason.ACCESS_DENIED, False, "clock", id="wrong clock"),
        pytest.param(answered("401", 401), Reason.ACCESS_DENIED, False, "denies access", id="plain 401"),
        pytest.param(
            answered("NoSuchBucket", 404), Reason.BUCKET_NOT_FOUND, False, "no bucket 'models'", id="no bucket"
        ),
        pytest.param(answered("404", 404), Reason.BUCKET_NOT_FOUND, False, "no bucket 'models'", id="plain 404"),
        pytest.param(
            answered("AuthorizationHeaderMalformed", 400, Region="eu-west-1"),
            Reason.BUCKET_NOT_FOUND,
            False,
            "is not in region 'us-east-1' of obs.example.com: the source needs region 'eu-west-1'",
            id="another region, which the store names",
        ),
        pytest.param(
            answered("PermanentRedirect", 301, Region="<script>"),
            Reason.BUCKET_NOT_FOUND,
            False,
            "needs another region or endpoint",
            id="another region, with a name that is none",
        ),
        pytest.param(answered("SlowDown", 503), Reason.ENDPOINT_UNREACHABLE, True, "answered 503 SlowDown", id="busy"),
        pytest.param(answered("429", 429), Reason.ENDPOINT_UNREACHABLE, True, "answered 429", id="too many requests"),
        pytest.param(
            answered("InternalError", 500), Reason.ENDPOINT_UNREACHABLE, True, "answered 500", id="its own fault"
        ),
        pytest.param(
            answered("NotImplemented", 501), Reason.ENDPOINT_UNREACHABLE, False, "answered 501", id="unsupported"
        ),
        pytest.param(
            EndpointConnectionError(endpoint_url=URL),
            Reason.ENDPOINT_UNREACHABLE,
            True,
            "refuses connections",
            id="down",
        ),
        pytest.param(
            ConnectTimeoutError(endpoint_url=URL),
            Reason.ENDPOINT_UNREACHABLE,
            True,
            "did not accept",
            id="no connection",
        ),
        pytest.param(
            ReadTimeoutError(endpoint_url=URL),
            Reason.ENDPOINT_UNREACHABLE,
            True,
            "did not answer in time",
            id="silence",
        ),
        pytest.param(
            ProxyConnectionError(proxy_url="http://u:p@x"),
            Reason.ENDPOINT_UNREACHABLE,
            True,
            "operator's proxy",
            id="proxy",
        ),
        pytest.param(
            IncompleteReadError(actual_bytes=1, expected_bytes=2),
            Reason.ENDPOINT_UNREACHABLE,
            True,
            "broke off",
            id="cut",
        ),
        pytest.param(ConnectionResetError(), Reason.ENDPOINT_UNREACHABLE, True, "broke off", id="reset"),
        pytest.param(
            SSLError(
                endpoint_url=URL,
                error=OSError("[SSL] certificate verify failed: certificate has expired (_ssl.c:1006)"),
            ),
            Reason.TLS_NOT_TRUSTED,
            False,
            "the certificate of obs.example.com is not trusted: certificate has expired;",
            id="expired certificate",
        ),
        pytest.param(
            SSLError(endpoint_url=URL, error=OSError("[SSL: WRONG_VERSION_NUMBER]")),
            Reason.ENDPOINT_UNREACHABLE,
            True,
            "does it speak https at all?",
            id="no TLS",
        ),
    ],
)
def test_every_failure_has_a_reason_and_plain_words(
    error: Exception, reason: Reason, retryable: bool, words: str
) -> None:
    found = store_error(error, WHERE)
    assert (found.reason, found.retryable) == (reason, retryable)
    assert words in found.message
    assert "obs.example.com" in found.message
    assert "s1gn" not in found.message


class Stub:
    """A client whose methods give prepared answers, in order; an exception is raised."""

    def __init__(self, **answers: list[Any]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def ask(**arguments: Any) -> Any:
            self.asked.append((name, arguments))
            answer = self.answers[name].pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return ask


def requests(client: Stub, attempts: int = 3) -> Requests:
    retries = Retries(attempts=attempts, seconds=0, uniform=lambda: 1)
    return Requests(cast("Any", client), WHERE, retries, Abandoned(), Deadline(60))


def found(key: str, **more: Any) -> dict[str, Any]:
    return {"Key": key, "Size": 1, "ETag": '"e"', **more}


def test_only_the_latest_versions_are_listed_page_after_page() -> None:
    first = {
        "Versions": [found("mnist/a", VersionId="2", IsLatest=True), found("mnist/a", VersionId="1", IsLatest=False)],
        "DeleteMarkers": [{"Key": "mnist/gone", "IsLatest": True}],
        "IsTruncated": True,
        "NextKeyMarker": "mnist/a",
        "NextVersionIdMarker": "1",
    }
    client = Stub(list_object_versions=[first, {"Versions": [found("mnist/b", VersionId="3", IsLatest=True)]}])
    listed = [one for page in pages(requests(client)) for one in page]
    assert listed == [Listed("mnist/a", 1, '"e"', "2"), Listed("mnist/b", 1, '"e"', "3")]
    assert client.asked[1][1] | {"KeyMarker": "mnist/a", "VersionIdMarker": "1"} == client.asked[1][1]


def test_the_history_has_the_versions_that_the_store_keeps() -> None:
    versions = [found("mnist/a", VersionId="2", IsLatest=True), found("mnist/a", VersionId="1", IsLatest=False)]
    kept = listing(requests(Stub(list_object_versions=[{"Versions": versions}])), LIMITS, history=True)
    assert list(kept) == [Listed("mnist/a", 1, '"e"', "2"), Listed("mnist/a", 1, '"e"', "1", is_latest=False)]


LIMITS = Limits(objects=2, bytes=100, listing_bytes=100)


@pytest.mark.parametrize(
    ("contents", "setting"),
    [
        pytest.param([found(f"mnist/{name}") for name in "abc"], "AIAPP_MAX_OBJECTS", id="objects"),
        pytest.param([found("mnist/a") | {"Size": 101}], "AIAPP_MAX_BYTES", id="bytes"),
        pytest.param([found("mnist/" + "a" * 100)], "AIAPP_MAX_LISTING_BYTES", id="bytes of names"),
    ],
)
def test_what_is_too_much_names_the_setting_that_allows_it(contents: list[dict[str, Any]], setting: str) -> None:
    client = Stub(list_object_versions=[{"Versions": contents}])
    with pytest.raises(StoreError, match=setting) as refused:
        listing(requests(client), LIMITS)
    assert (refused.value.reason, refused.value.retryable) == (Reason.LIMIT_EXCEEDED, False)


@pytest.mark.parametrize(
    "refusal",
    [
        pytest.param(answered("AccessDenied", 403), id="denied"),
        pytest.param(answered("NotImplemented", 501), id="not implemented"),
        pytest.param(answered("MethodNotAllowed", 405), id="not allowed"),
    ],
)
def test_where_versions_are_refused_the_objects_are_listed_without(refusal: ClientError) -> None:
    first = {"Contents": [found("mnist/a")], "IsTruncated": True, "NextContinuationToken": "t"}
    client = Stub(list_object_versions=[refusal], list_objects_v2=[first, {"Contents": [found("mnist/b")]}])
    assert [one for page in pages(requests(client)) for one in page] == [
        Listed("mnist/a", 1, '"e"'),
        Listed("mnist/b", 1, '"e"'),
    ]
    assert client.asked[2][1]["ContinuationToken"] == "t"


@pytest.mark.parametrize(
    "refusal",
    [
        pytest.param(answered("NoSuchBucket", 404), id="no bucket"),
        pytest.param(answered("SlowDown", 503), id="busy"),
        pytest.param(EndpointConnectionError(endpoint_url=URL), id="down"),
    ],
)
def test_other_failures_are_not_mistaken_for_a_lack_of_versions(refusal: Exception) -> None:
    client = Stub(list_object_versions=[refusal])
    with pytest.raises(StoreError):
        list(pages(requests(client, attempts=1)))


def test_what_may_mend_itself_is_asked_again() -> None:
    client = Stub(list_object_versions=[answered("SlowDown", 503), answered("SlowDown", 503), {"Versions": []}])
    assert list(pages(requests(client))) == [[]]


def test_what_a_person_must_mend_is_asked_once() -> None:
    client = Stub(list_object_versions=[answered("NoSuchBucket", 404)])
    with pytest.raises(StoreError):
        list(pages(requests(client)))
    assert len(client.asked) == 1


def test_nothing_is_asked_for_someone_who_has_left() -> None:
    client = Stub()
    left = requests(client)
    left.abandoned.set()
    with pytest.raises(StoreError, match="in the time that was left"):
        list(pages(left))
    assert client.asked == []


def test_clients_are_shared_by_endpoint_and_key_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_clients, "MAX_CLIENTS", 3)
    clients = Clients(ClientSettings(connect_seconds=1, read_seconds=1, connections=1))
    key = Credentials("a", "b")
    first = clients.client(WHERE, key)
    assert clients.client(Location("others", "", WHERE.endpoint), key) is first
    assert clients.client(WHERE, Credentials("a", "changed")) is not first
    assert clients.client(WHERE, None) is not first
    assert clients.client(WHERE, key) is first
    for number in range(3):
        clients.client(WHERE, Credentials("a", str(number)))
    assert clients.client(WHERE, key) is not first
    assert len(clients._clients) == 3
    clients.close()


def test_another_ca_bundle_makes_another_client() -> None:
    clients = Clients(ClientSettings(connect_seconds=1, read_seconds=1, connections=1))
    one, other = (replace(WHERE, authorities=Authority().pem.decode()) for _ in range(2))
    assert clients.client(one, None) is clients.client(replace(one), None)
    assert clients.client(one, None) is not clients.client(other, None)
    clients.close()
