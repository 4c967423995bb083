"""A look at a package whose store will not hold still, fails or is slow. The store is in memory; the rules are real."""

from collections.abc import Mapping
from typing import Literal

import pytest
from tests.support.bucket import PACKAGE, Bucket
from tests.support.parsing import NoObjection
from typing_extensions import override

from aiapp.api.conditions import Reason
from aiapp.api.source import ObsSource
from aiapp.domain.objectstore.location import location
from aiapp.domain.package.inspection import Inspection, Invalid, Unchanged, Unresolved, Valid
from aiapp.domain.package.service_code import Syntax
from aiapp.ports.objectstore import ObjectStore, StoreError
from aiapp.ports.syntax import ParserError, PythonParser
from aiapp.reconcile.sources import importing
from aiapp.reconcile.sources.importing import Terms, inspect

SOURCE = ObsSource(uri="obs://models/mnist")
CONFIG = PACKAGE["config.json"]


def bucket(files: Mapping[str, bytes] = PACKAGE) -> Bucket:
    return Bucket(files, "mnist/")


class Busy(PythonParser):
    @override
    async def parse(self, source: bytes) -> Syntax:
        raise ParserError("its process was killed")


async def look(store: ObjectStore, known: str | None = None) -> Inspection:
    return await inspect(location(SOURCE), None, store, NoObjection(), known)


async def test_the_listing_is_the_same_digest_in_any_order() -> None:
    first = await look(bucket())
    second = await look(bucket(dict(reversed(list(PACKAGE.items())))))
    assert isinstance(first, Valid)
    assert isinstance(second, Valid)
    assert first == second


async def test_nothing_is_read_while_the_listing_is_the_known_one() -> None:
    known = await look(bucket())
    assert isinstance(known, Valid)
    store = bucket()
    assert await look(store, known.listing) == Unchanged(known.listing)
    assert store.asked == []


async def test_code_that_the_parser_cannot_look_at_now_is_tried_again() -> None:
    found = await inspect(location(SOURCE), None, bucket(), Busy())
    message = "customize_service.py was not parsed: its process was killed"
    assert found == Unresolved(Reason.INTERNAL_ERROR, message, retryable=True)


async def test_a_file_replaced_between_listing_and_reading_is_listed_once_more() -> None:
    store = bucket()

    def replace(read: int) -> None:
        if read == 1:
            store.files["config.json"] = CONFIG + b" "

    store.before["read"] = replace
    found = await look(store)
    assert isinstance(found, Valid)
    assert [entry.size for entry in found.manifest.entries][1] == len(CONFIG) + 1
    assert len(store.listed) == 2


async def test_a_package_that_never_holds_still_is_said_to_be_unstable() -> None:
    store = bucket()

    reads: list[int] = []

    def replace(read: int) -> None:
        reads.append(read)
        store.files["config.json"] = CONFIG + b" " * read

    store.before["read"] = replace
    found = await look(store)
    assert isinstance(found, Unresolved)
    assert (found.reason, found.retryable) == (Reason.LISTING_UNSTABLE, True)
    assert "3 times in a row 'mnist/config.json' changed or vanished" in found.message
    assert reads == [1, 2, 3]


async def test_a_listing_of_many_pages_that_changes_meanwhile_is_taken_again() -> None:
    store = bucket({**PACKAGE, **{f"shard-{number}.pth": b"w" for number in range(1000)}})

    def add(listing: int) -> None:
        if listing == 2:
            store.files["late.pth"] = b"w"

    store.before["list"] = add
    found = await look(store)
    assert isinstance(found, Valid)
    assert found.manifest.objects == 1004
    assert len(store.listed) == 3


async def test_a_listing_of_many_pages_that_always_changes_names_the_first_keys() -> None:
    store = bucket({**PACKAGE, **{f"shard-{number}.pth": b"w" for number in range(1000)}})

    def change(listing: int) -> None:
        store.files["a.pth"] = b"w" * listing
        store.files |= {f"late-{listing}-{number}.pth": b"w" for number in range(3)}
        store.files.pop(f"shard-{listing}.pth")

    store.before["list"] = change
    found = await look(store)
    assert isinstance(found, Unresolved)
    assert (found.reason, found.retryable) == (Reason.LISTING_UNSTABLE, True)
    named = "replaced 'mnist/a.pth', added 'mnist/late-4-0.pth', added 'mnist/late-4-1.pth' and 2 more"
    assert f"3 times in a row the package changed while it was read ({named})" in found.message
    assert len(store.listed) == 4
    store.before.clear()
    assert isinstance(await look(store), Valid)


async def test_a_manifest_that_outgrows_its_config_maps_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "MAX_PAYLOAD_BYTES", 100)
    found = await look(bucket())
    assert isinstance(found, Invalid)
    assert found.reason is Reason.LIMIT_EXCEEDED
    assert "at most 100 are kept in ConfigMaps" in found.message


@pytest.mark.parametrize("answer", ["list", "read"])
async def test_a_failure_of_the_store_is_passed_on_in_its_own_words(answer: Literal["list", "read"]) -> None:
    def fail(_: int) -> None:
        raise StoreError(Reason.ACCESS_DENIED, "denied", retryable=False)

    store = bucket()
    store.before[answer] = fail
    assert await look(store) == Unresolved(Reason.ACCESS_DENIED, "denied", retryable=False)


async def test_a_store_that_hangs_ends_at_the_deadline() -> None:
    store = bucket()
    store.answers.clear()
    found = await inspect(location(SOURCE), None, store, NoObjection(), terms=Terms(seconds=0.01))
    assert isinstance(found, Unresolved)
    assert found.reason is Reason.LIMIT_EXCEEDED
    assert found.message.endswith("obs://models/mnist/ within 0.01 s (AIAPP_IMPORT_SECONDS)")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        pytest.param("../x", "part '..'", id="parent"),
        pytest.param("/abs", "absolute", id="absolute"),
        pytest.param("a//b", "empty part", id="double slash"),
        pytest.param("a\nb", "control character", id="control character"),
        pytest.param("Config.JSON", "collides", id="differs only in case"),
        pytest.param("a.pth/x", "file and folder", id="a file that is a folder as well"),
    ],
)
async def test_a_hostile_key_is_refused_by_name(path: str, words: str) -> None:
    found = await look(bucket({**PACKAGE, path: b"x"}))
    assert isinstance(found, Invalid)
    assert found.reason is Reason.KEY_REFUSED
    assert words in found.message


async def test_a_folder_marker_is_no_file() -> None:
    found = await look(bucket({**PACKAGE, "": b"", "empty/": b""}))
    assert isinstance(found, Valid)
    assert found.manifest.objects == 3


async def test_a_hostile_key_beside_the_package_is_not_its_business() -> None:
    found = await look(bucket({**{f"model/{path}": data for path, data in PACKAGE.items()}, "../x": b"x"}))
    assert isinstance(found, Valid)
    assert found.uri == "obs://models/mnist/model/"


async def test_an_etag_that_cannot_be_pinned_is_the_stores_fault() -> None:
    store = bucket()
    store.etag = lambda _: ""
    found = await look(store)
    assert isinstance(found, Unresolved)
    assert found.reason is Reason.ENDPOINT_UNREACHABLE
    assert "cannot be pinned: 'a.pth': ETag ''" in found.message
