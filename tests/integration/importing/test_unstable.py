"""A package that somebody writes to while it is listed and read, on a real S3 server."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.integration.importing.conftest import Inspect, Upload
from tests.integration.importing.test_inspect import PACKAGE
from tests.support.fault_proxy import NO_FAULT, Fault, FaultProxy, Request, fault_proxy
from tests.support.sandbox import Bucket
from tests.support.stores import LOCAL

from aiapp.adapters.objectstore.s3 import S3Store, StoreSettings
from aiapp.api.conditions import Reason
from aiapp.domain.objectstore.credentials import Credentials
from aiapp.domain.objectstore.location import Location
from aiapp.domain.package.inspection import Unresolved, Valid
from aiapp.ports.objectstore import StoreError
from aiapp.s3 import listing as s3_listing


@pytest.fixture
def proxy(bucket: Bucket) -> Iterator[FaultProxy]:
    with fault_proxy(bucket.endpoint) as running:
        yield running


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_listing, "PAGE_OBJECTS", 2)


def is_first_page(request: Request) -> bool:
    query = parse_qs(urlsplit(request.target).query)
    return "prefix" in query and "key-marker" not in query


def before_each_listing(change: Callable[[int], None]) -> Callable[[Request], Fault]:
    number = count(1)

    def rule(request: Request) -> Fault:
        if is_first_page(request):
            change(next(number))
        return NO_FAULT

    return rule


async def test_a_package_that_always_changes_names_what_changes_and_heals(
    look: Inspect, upload: Upload, proxy: FaultProxy
) -> None:
    upload(PACKAGE)
    proxy.rule = before_each_listing(lambda number: upload({f"model/late-{number}": b"x"}))
    found = await look(endpoint=proxy.endpoint)
    assert isinstance(found, Unresolved)
    assert (found.reason, found.retryable) == (Reason.LISTING_UNSTABLE, True)
    assert "3 times in a row the package changed while it was read (added 'mnist/model/late-4')" in found.message
    proxy.rule = lambda _: NO_FAULT
    assert isinstance(await look(endpoint=proxy.endpoint), Valid)


async def test_a_package_that_changes_once_is_read_again_within_the_same_look(
    look: Inspect, upload: Upload, proxy: FaultProxy
) -> None:
    upload(PACKAGE)
    late = {"model/late.pth": b"x"}
    proxy.rule = before_each_listing(lambda number: upload(late) if number == 2 else None)
    found = await look(endpoint=proxy.endpoint)
    assert isinstance(found, Valid)
    assert "late.pth" in [entry.path for entry in found.manifest.entries]


async def test_an_object_that_moves_between_two_pages_is_noticed(
    look: Inspect, upload: Upload, bucket: Bucket, proxy: FaultProxy
) -> None:
    """It was on a page that had not come yet, and lies on one that has: no single listing shows it."""
    upload({**PACKAGE, "model/zz.pth": b"moved"})
    moves = iter([True])

    def rule(request: Request) -> Fault:
        query = parse_qs(urlsplit(request.target).query)
        if "key-marker" in query and next(moves, False):
            upload({"model/aa.pth": b"moved"})
            bucket.client.delete_object(Bucket=bucket.name, Key="mnist/model/zz.pth")
        return NO_FAULT

    proxy.rule = rule
    found = await look(endpoint=proxy.endpoint)
    assert isinstance(found, Valid)
    paths = [entry.path for entry in found.manifest.entries]
    assert "aa.pth" in paths
    assert "zz.pth" not in paths


@pytest.mark.parametrize(
    ("limits", "setting"),
    [
        pytest.param(StoreSettings(max_objects=4), "AIAPP_MAX_OBJECTS", id="objects"),
        pytest.param(StoreSettings(max_bytes=100), "AIAPP_MAX_BYTES", id="bytes"),
        pytest.param(StoreSettings(max_listing_bytes=100), "AIAPP_MAX_LISTING_BYTES", id="bytes of names"),
    ],
)
async def test_a_limit_ends_the_listing_at_the_page_that_passes_it(
    upload: Upload, bucket: Bucket, credentials: Credentials, limits: StoreSettings, setting: str
) -> None:
    upload(PACKAGE)
    limited = S3Store(replace(limits, allow_http=True, policy=LOCAL))
    with pytest.raises(StoreError, match=setting) as refused:
        await limited.list(Location(bucket.name, "mnist/", bucket.endpoint), credentials)
    await limited.close()
    assert refused.value.reason is Reason.LIMIT_EXCEEDED
