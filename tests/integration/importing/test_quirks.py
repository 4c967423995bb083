"""Stores that leave things out, add things, or are none: import and fetch say the same of them, in plain words."""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain, repeat
from pathlib import Path
from typing import ClassVar

import pytest
from click.testing import CliRunner, Result
from tests.integration.importing.test_inspect import PACKAGE
from tests.support.fetching import files_below
from tests.support.quirky_store import BUCKET, Asked, QuirkyStore, Reply, refused, serving
from tests.support.store_quirks import (
    Always,
    BareEtags,
    IgnoresRanges,
    KnowsNoTokens,
    NoEtagOfObjects,
    NoEtags,
    NoVersions,
    OtherWhole,
    SamePageAgain,
    ShortParts,
    TakesVersionsForObjects,
    TellsNoKeyMarker,
    TellsNoMarker,
    WeakEtags,
    WeakEtagsEverywhere,
)
from tests.support.weights import sharded
from typing_extensions import override

from aiapp.adapters.objectstore.s3 import S3Store
from aiapp.adapters.syntax.parser import IsolatedParser
from aiapp.api.conditions import Reason
from aiapp.cli import main
from aiapp.domain.artifact.manifest import Manifest
from aiapp.domain.objectstore.credentials import Credentials
from aiapp.domain.objectstore.listing import Listed
from aiapp.domain.objectstore.location import Location
from aiapp.domain.package.inspection import Inspection, Unresolved, Valid
from aiapp.fetch.failures import FetchError
from aiapp.fetch.http import backoff
from aiapp.fetch.http.s3_reader import Access
from aiapp.fetch.run import Request, fetch
from aiapp.ports.objectstore import ObjectChangedError, StoreError
from aiapp.reconcile.sources.importing import inspect

KEYS = Credentials("any", "any")
ROOT = "mnist/model/"
FILES = {f"mnist/{path}": content for path, content in PACKAGE.items()}
WEIGHTS = f"{ROOT}digits.pth"
CONTENTS = {
    path.removeprefix("model/"): content for path, content in PACKAGE.items() if path.startswith("model/") and content
}
ENDLESS = 256 << 20
"""Bytes that a hostile store would send."""
ENOUGH = 32 << 20
"""Bytes that it gets rid of at most: what is read, and what lies in buffers."""


@dataclass(frozen=True)
class Client:
    """Import and fetch, both by the store under test."""

    port: int
    store: S3Store
    parser: IsolatedParser
    target: Path

    def where(self, prefix: str = "mnist/") -> Location:
        return Location(BUCKET, prefix, f"http://127.0.0.1:{self.port}")

    async def imported(self) -> Inspection:
        return await inspect(self.where(), KEYS, self.store, self.parser)

    async def valid(self) -> Manifest:
        found = await self.imported()
        assert isinstance(found, Valid), found
        return found.manifest

    async def unresolved(self) -> Unresolved:
        found = await self.imported()
        assert isinstance(found, Unresolved), found
        assert str(self.port) in found.message
        return found

    async def unresolved_for(self, reason: Reason) -> Unresolved:
        found = await self.imported()
        assert isinstance(found, Unresolved), found
        assert found.reason is reason
        return found

    def fetched(self, manifest: Manifest) -> Mapping[str, bytes]:
        file = self.target.with_name("manifest.gz")
        file.write_bytes(manifest.payload)
        access = Access(self.where(ROOT), KEYS, allow_http=True)
        request = Request(manifest=file, pin=manifest.pin, access=access, target=self.target, server=None)
        fetch(request, time.monotonic)
        return files_below(self.target)


Connect = Callable[[QuirkyStore], Client]


@pytest.fixture
def connect(
    store: S3Store, parser: IsolatedParser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Connect]:
    monkeypatch.setattr(backoff, "FIRST_SECONDS", 0.01)
    open_ones = ExitStack()

    def connected(quirky: QuirkyStore) -> Client:
        return Client(open_ones.enter_context(serving(quirky)), store, parser, tmp_path / "model")

    with open_ones:
        yield connected


@pytest.mark.parametrize(
    "kind",
    [
        QuirkyStore,
        NoVersions,
        KnowsNoTokens,
        TellsNoMarker,
        TellsNoKeyMarker,
        TakesVersionsForObjects,
        WeakEtags,
        WeakEtagsEverywhere,
        BareEtags,
        NoEtagOfObjects,
    ],
)
async def test_what_a_store_leaves_out_or_writes_otherwise_is_imported_and_fetched(
    connect: Connect, kind: type[QuirkyStore]
) -> None:
    client = connect(kind(FILES, page_objects=2))
    assert client.fetched(await client.valid()) == CONTENTS


WEIGHTS_FOLDER = {f"mnist/{path}": data for path, data in sharded().items()}


@pytest.mark.parametrize("kind", [IgnoresRanges, WeakEtagsEverywhere, BareEtags, NoEtagOfObjects])
async def test_headers_of_weights_are_read_however_a_store_answers_to_ranges(
    connect: Connect, kind: type[QuirkyStore]
) -> None:
    found = await connect(kind(WEIGHTS_FOLDER)).imported()
    assert isinstance(found, Valid)
    assert found.model.weights is not None
    assert found.model.weights.parameters == 256 * 64 + 64


@pytest.mark.parametrize("kind", [ShortParts, OtherWhole])
async def test_a_part_that_is_not_what_was_asked_for_is_never_taken(connect: Connect, kind: type[QuirkyStore]) -> None:
    found = await connect(kind(WEIGHTS_FOLDER)).unresolved_for(Reason.LISTING_UNSTABLE)
    assert "changed or vanished while the package was read" in found.message


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        pytest.param(NoEtags, "lists 'mnist/README.md' without an ETag", id="no ETags"),
        pytest.param(SamePageAgain, "lists the same page again and again", id="the same page again and again"),
    ],
)
async def test_what_cannot_be_imported_is_said(connect: Connect, kind: type[QuirkyStore], words: str) -> None:
    quirky = kind(FILES, page_objects=2)
    found = await connect(quirky).unresolved()
    assert (found.reason, found.retryable) == (Reason.ENDPOINT_UNREACHABLE, False)
    assert words in found.message
    assert len(quirky.seen) < 5


async def test_an_object_without_a_version_is_read_without_asking_for_one(connect: Connect) -> None:
    quirky = QuirkyStore(FILES)
    assert {one.version_id for one in await connect(quirky).store.list(connect(quirky).where(), KEYS)} == {"null"}
    await connect(quirky).valid()
    assert not [asked for asked in quirky.seen if "versionId" in asked.query]


class Archive(QuirkyStore):
    """Keeps the weights in an archive; `restored` says whether somebody fetched them out of there."""

    classes: ClassVar[Mapping[str, str]] = {WEIGHTS: "COLD"}
    restored = False

    @override
    def object(self, key: str, asked: Asked) -> Reply:
        if key in self.classes and not self.restored:
            return refused(403, "InvalidObjectState")
        return super().object(key, asked)


async def test_an_archived_object_is_told_at_import_and_taken_once_it_is_restored(connect: Connect) -> None:
    quirky = Archive(FILES)
    client = connect(quirky)
    found = await client.unresolved()
    assert (found.reason, found.retryable) == (Reason.OBJECT_ARCHIVED, False)
    assert "'mnist/model/digits.pth' is archived (COLD)" in found.message
    assert "restore it first" in found.message
    quirky.restored = True
    manifest = await client.valid()
    quirky.restored = False
    with pytest.raises(FetchError, match="is archived") as failed:
        client.fetched(manifest)
    assert failed.value.reason is Reason.OBJECT_ARCHIVED


HTML = b"<!DOCTYPE html><html><head><title>Console</title><body><p>Sign in<br></body></html>"


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply(200, HTML, {"Content-Type": "text/html"}), id="HTML"),
        pytest.param(Reply(200, b"<html><body><p>Sign in</p></body></html>"), id="XHTML"),
        pytest.param(Reply(200, b'{"ok": true}'), id="JSON"),
        pytest.param(Reply(200, b""), id="nothing"),
        pytest.param(Reply(200, b"<Error><Code>AccessDenied</Code></Error>"), id="an error with 200"),
    ],
)
async def test_what_is_no_store_is_said_to_be_none_and_never_empty(connect: Connect, reply: Reply) -> None:
    client = connect(Always(FILES, reply=reply))
    found = await client.unresolved()
    assert found.reason is Reason.ENDPOINT_UNREACHABLE
    assert found.message.endswith("answers with something that is not S3")
    checked = await asyncio.to_thread(check, client.port)
    assert (checked.exit_code, "[EndpointUnreachable]" in checked.stdout) == (3, True)


def check(port: int) -> Result:
    arguments = ["check", f"obs://{BUCKET}/mnist/", "--endpoint", f"http://127.0.0.1:{port}", "--allow-http"]
    return CliRunner().invoke(main, arguments)


@pytest.mark.parametrize(
    ("reply", "reason", "words"),
    [
        pytest.param(
            refused(403, "InArrearOrInsufficientBalance"),
            Reason.ACCESS_DENIED,
            "the account is in arrears",
            id="arrears",
        ),
        pytest.param(Reply(403, b"<h1>Blocked</h1>"), Reason.ACCESS_DENIED, "no S3 error code", id="a gateway's 403"),
        pytest.param(
            Reply(404, b"<h1>Not found</h1>"), Reason.BUCKET_NOT_FOUND, "no S3 error code", id="any web server"
        ),
    ],
)
async def test_a_refusal_is_told_by_its_cause(connect: Connect, reply: Reply, reason: Reason, words: str) -> None:
    found = await connect(Always(FILES, reply=reply)).unresolved()
    assert (found.reason, found.retryable) == (reason, False)
    assert words in found.message


@pytest.mark.parametrize("anonymous", [False, True])
async def test_check_says_whether_keys_were_sent_in_its_own_words(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, *, anonymous: bool
) -> None:
    client = connect(Always(FILES, reply=refused(403, "AccessDenied")))
    monkeypatch.setattr("aiapp.cli.options.store._ENVIRONMENT", {} if anonymous else {"ak": "a", "sk": "b"})
    shown = (await asyncio.to_thread(check, client.port)).stdout
    assert ("access was anonymous (403 AccessDenied): set AWS_ACCESS_KEY_ID" in shown) is anonymous
    assert ("check the keys in the environment" in shown) is not anonymous


def endless() -> Iterator[bytes]:
    """White space, which XML may have anywhere."""
    return repeat(b" " * (1 << 20), ENDLESS >> 20)


@dataclass
class Endless(QuirkyStore):
    """A listing, an error or an object that does not end."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    objects_too: bool = False

    @override
    def versions(self, asked: Asked) -> Reply:
        if self.objects_too:
            return super().versions(asked)
        return Reply(self.status, chain([b"<ListVersionsResult>"], endless()), self.headers)

    @override
    def objects(self, asked: Asked) -> Reply:
        return Reply(self.status, chain([b"<ListBucketResult>"], endless()), self.headers)

    @override
    def object(self, key: str, asked: Asked) -> Reply:
        return Reply(200, chain([self.files[key]], endless()), {**self.object_headers(key), **self.headers})


LENGTH = {"Content-Length": str(ENDLESS + 1024)}


@pytest.mark.parametrize(
    ("quirky", "words"),
    [
        pytest.param(Endless(FILES, headers=LENGTH), "not S3", id="a listing"),
        pytest.param(Endless(FILES), "not S3", id="a listing in chunks"),
        pytest.param(Endless(FILES, status=500), "answered 500", id="an error in chunks"),
        pytest.param(Endless(FILES, status=403, headers=LENGTH), "denies access", id="an error"),
    ],
)
async def test_of_an_endless_answer_no_more_is_read_than_its_kind_may_have(
    connect: Connect, quirky: Endless, words: str
) -> None:
    assert words in (await connect(quirky).unresolved()).message
    assert quirky.sent < ENOUGH * len(quirky.seen)


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="in chunks"),
        pytest.param(LENGTH, id="with another length"),
        pytest.param(
            {"Transfer-Encoding": "chunked", "Content-Length": str(len(PACKAGE["model/config.json"]))}, id="both"
        ),
    ],
)
async def test_of_an_endless_object_no_more_is_read_than_was_listed(
    connect: Connect, headers: Mapping[str, str]
) -> None:
    quirky = Endless(FILES, headers=headers, objects_too=True)
    client, content = connect(quirky), PACKAGE["model/config.json"]
    listed = Listed(f"{ROOT}config.json", len(content), quirky.etag(f"{ROOT}config.json"))
    with pytest.raises((ObjectChangedError, StoreError)):
        await client.store.read(client.where(), KEYS, listed, 1 << 20)
    assert quirky.sent < ENOUGH * len(quirky.seen)
