"""The fetcher without keys: addresses that a ticket server signs, read from a real S3 server, renewed when they end."""

import urllib.error
import urllib.request
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest
from tests.integration.fetch.conftest import CONTENTS
from tests.support.fetching import Package, pinned_package
from tests.support.sandbox import Bucket
from tests.support.ticket_server import authority_of_tests, serving_tickets, shown_by_a_pod

from aiapp.adapters.tickets.certificates import Authority
from aiapp.api.conditions import Reason
from aiapp.domain.exeml.tickets import FILES, Ticket, TicketRequest
from aiapp.domain.objectstore.location import Location
from aiapp.fetch.failures import FetchError
from aiapp.fetch.http.s3_reader import Access
from aiapp.fetch.http.tickets import Operator
from aiapp.fetch.run import Request, fetch
from aiapp.s3.addressing import address
from aiapp.s3.presigning import Presigner

MANY = {f"part-{number:04}.bin": b"%d" % number for number in range(FILES + 30)}


@pytest.fixture(scope="module")
def authority() -> Authority:
    return authority_of_tests()


class Desk:
    """Signs addresses of a package; `age` is how long ago they were, in seconds."""

    def __init__(self, package: Package) -> None:
        self.package, self.age, self.asked = package, 0, 0

    def __call__(self, token: str, asked: TicketRequest) -> Ticket:
        self.asked += 1
        where, keys = self.package.location, self.package.keys
        store = address(where)
        signer = Presigner(store, where.region, keys)
        signed_at = datetime.now(UTC) - timedelta(seconds=self.age)
        self.age = 0
        entries = islice(self.package.manifest.entries, asked.first, asked.first + FILES)
        targets = [signer.target(where.prefix + one.path, one.version_id, signed_at, 300) for one in entries]
        return Ticket(origin=store.origin, seconds=300, first=asked.first, targets=tuple(targets))


def request(package: Package, url: str, authority: Authority, target: Path) -> Request:
    """Without any key or place."""
    token, proof = shown_by_a_pod(target.parent)
    operator = Operator(url=url, authority=authority.certificate, token=token, proof=proof)
    asked = package.request(target)
    return replace(asked, access=Access(Location("", ""), allow_http=True), operator=operator)


def files(target: Path) -> dict[str, bytes]:
    return {str(path.relative_to(target)): path.read_bytes() for path in target.rglob("*") if path.is_file()}


def test_files_of_every_kind_come_by_tickets_alone(package: Package, target: Path, authority: Authority) -> None:
    target.parent.mkdir(parents=True)
    with serving_tickets(Desk(package), authority) as (url, _):
        fetched = fetch(request(package, url, authority, target), lambda: 0.0)
    assert fetched.content.digest == package.digest
    assert files(target) == CONTENTS


def test_many_files_come_by_several_tickets(bucket: Bucket, tmp_path: Path, target: Path, authority: Authority) -> None:
    target.parent.mkdir(parents=True)
    package = pinned_package(bucket, tmp_path, MANY)
    desk = Desk(package)
    with serving_tickets(desk, authority) as (url, _):
        fetch(request(package, url, authority, target), lambda: 0.0)
    assert files(target) == MANY
    assert desk.asked >= 2


def test_an_address_that_has_ended_is_asked_for_again(package: Package, target: Path, authority: Authority) -> None:
    target.parent.mkdir(parents=True)
    desk = Desk(package)
    desk.age = 3600
    with serving_tickets(desk, authority) as (url, _):
        fetch(request(package, url, authority, target), lambda: 0.0)
    assert files(target) == CONTENTS
    assert desk.asked >= 2


def test_what_was_replaced_is_refused_without_a_word_on_its_place(
    package: Package, bucket: Bucket, target: Path, authority: Authority
) -> None:
    target.parent.mkdir(parents=True)
    bucket.client.put_object(Bucket=bucket.name, Key=f"{package.location.prefix}config.json", Body=b"[]")
    with serving_tickets(Desk(package), authority) as (url, _), pytest.raises(FetchError) as error:
        fetch(request(package, url, authority, target), lambda: 0.0)
    assert error.value.reason is Reason.CONTENT_CHANGED
    assert "config.json is no longer what was pinned" in error.value.message
    for word in (bucket.name, package.location.prefix, "X-Amz"):
        assert word not in error.value.message


def test_an_address_of_one_file_reads_no_other(package: Package, bucket: Bucket) -> None:
    desk = Desk(package)
    ticket = desk("", TicketRequest(package.manifest.pin, 0, b""))
    signed = next(one for one in ticket.targets if "model.bin" in one)
    for other in ("config.json", ""):
        path, _, query = signed.partition("?")
        url = f"{ticket.origin}{path.replace('model.bin', other)}?{query}"
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(url, timeout=10)
        assert refused.value.code == 403
        refused.value.close()
