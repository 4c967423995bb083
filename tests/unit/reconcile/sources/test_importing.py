"""A look at a package whose store will not hold still, fails or is slow. The store is in memory; the rules are real."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest
from typing_extensions import override

from aiapp.api.conditions import Reason
from aiapp.api.source import ObsSource
from aiapp.domain.artifact.manifest import Listed
from aiapp.domain.objectstore.credentials import Credentials
from aiapp.domain.objectstore.listing import Listing, ListingPacker
from aiapp.domain.objectstore.location import Location, location
from aiapp.domain.package.inspection import Inspection, Invalid, Unchanged, Unresolved, Valid
from aiapp.domain.package.service_code import ServiceCode, Syntax
from aiapp.ports import ObjectChangedError, ObjectStore, ParserError, PythonParser, StoreError
from aiapp.reconcile.sources import importing
from aiapp.reconcile.sources.importing import inspect

SOURCE = ObsSource(uri="obs://models/mnist")
CONFIG = b'{"model_algorithm": "x", "model_type": "PyTorch"}'
FILES: Mapping[str, bytes] = {"config.json": CONFIG, "customize_service.py": b"", "a.pth": b"w"}


@dataclass
class Memory(ObjectStore):
    """Objects in a dict. `before_list` and `before_read` may change them."""

    files: dict[str, bytes] = field(default_factory=lambda: dict(FILES))
    before_list: Callable[[int], None] = lambda _: None
    before_read: Callable[[int], None] = lambda _: None
    lists: int = 0
    reads: int = 0

    def _listed(self) -> tuple[Listed, ...]:
        return tuple(Listed(f"mnist/{path}", len(data), f"e{hash(data)}") for path, data in self.files.items())

    @override
    async def list(self, location: Location, credentials: Credentials | None) -> Listing:
        self.lists += 1
        self.before_list(self.lists)
        listed, packer = self._listed(), ListingPacker()
        for start in range(0, len(listed), 1000):
            packer.add(listed[start : start + 1000])
        return packer.listing()

    @override
    async def read(self, location: Location, credentials: Credentials | None, listed: Listed, limit: int) -> bytes:
        self.reads += 1
        self.before_read(self.reads)
        if listed not in self._listed():
            raise ObjectChangedError(listed.key)
        return self.files[listed.key.removeprefix("mnist/")]


class Trusting(PythonParser):
    @override
    async def parse(self, source: bytes) -> Syntax:
        return ServiceCode()


class Busy(PythonParser):
    @override
    async def parse(self, source: bytes) -> Syntax:
        raise ParserError("its process was killed")


async def look(store: ObjectStore, known: str | None = None) -> Inspection:
    return await inspect(location(SOURCE), None, store, Trusting(), known)


async def test_the_listing_is_the_same_digest_in_any_order() -> None:
    first = await look(Memory())
    second = await look(Memory(dict(reversed(list(FILES.items())))))
    assert isinstance(first, Valid)
    assert isinstance(second, Valid)
    assert first == second


async def test_nothing_is_read_while_the_listing_is_the_known_one() -> None:
    known = await look(Memory())
    assert isinstance(known, Valid)
    store = Memory()
    assert await look(store, known.listing) == Unchanged(known.listing)
    assert store.reads == 0


async def test_code_that_the_parser_cannot_look_at_now_is_tried_again() -> None:
    found = await inspect(location(SOURCE), None, Memory(), Busy())
    message = "customize_service.py was not parsed: its process was killed"
    assert found == Unresolved(Reason.INTERNAL_ERROR, message, retryable=True)


async def test_a_file_replaced_between_listing_and_reading_is_listed_once_more() -> None:
    store = Memory()

    def replace(read: int) -> None:
        if read == 1:
            store.files["config.json"] = CONFIG + b" "

    store.before_read = replace
    found = await look(store)
    assert isinstance(found, Valid)
    assert [entry.size for entry in found.manifest.entries][1] == len(CONFIG) + 1
    assert store.lists == 2


async def test_a_package_that_never_holds_still_is_said_to_be_unstable() -> None:
    store = Memory()

    def replace(read: int) -> None:
        store.files["config.json"] = CONFIG + b" " * read

    store.before_read = replace
    found = await look(store)
    assert isinstance(found, Unresolved)
    assert (found.reason, found.retryable) == (Reason.LISTING_UNSTABLE, True)
    assert "3 times in a row 'mnist/config.json' changed or vanished" in found.message
    assert store.reads == 3


async def test_a_listing_of_many_pages_that_changes_meanwhile_is_taken_again() -> None:
    store = Memory({**FILES, **{f"shard-{number}.pth": b"w" for number in range(1000)}})

    def add(listing: int) -> None:
        if listing == 2:
            store.files["late.pth"] = b"w"

    store.before_list = add
    found = await look(store)
    assert isinstance(found, Valid)
    assert found.manifest.objects == 1004
    assert store.lists == 3


async def test_a_listing_of_many_pages_that_always_changes_names_the_first_keys() -> None:
    store = Memory({**FILES, **{f"shard-{number}.pth": b"w" for number in range(1000)}})

    def change(listing: int) -> None:
        store.files["a.pth"] = b"w" * listing
        store.files |= {f"late-{listing}-{number}.pth": b"w" for number in range(3)}
        store.files.pop(f"shard-{listing}.pth")

    store.before_list = change
    found = await look(store)
    assert isinstance(found, Unresolved)
    assert (found.reason, found.retryable) == (Reason.LISTING_UNSTABLE, True)
    named = "replaced 'mnist/a.pth', added 'mnist/late-4-0.pth', added 'mnist/late-4-1.pth' and 2 more"
    assert f"3 times in a row somebody {named} while the package was read" in found.message
    assert store.lists == 4
    store.before_list = lambda _: None
    assert isinstance(await look(store), Valid)


async def test_a_manifest_that_outgrows_its_config_maps_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "MAX_PAYLOAD_BYTES", 100)
    found = await look(Memory())
    assert isinstance(found, Invalid)
    assert found.reason is Reason.LIMIT_EXCEEDED
    assert "at most 100 are kept in ConfigMaps" in found.message


async def test_a_failure_of_the_store_is_passed_on_in_its_own_words() -> None:
    def fail(_: int) -> None:
        raise StoreError(Reason.ACCESS_DENIED, "denied", retryable=False)

    assert await look(Memory(before_list=fail)) == Unresolved(Reason.ACCESS_DENIED, "denied", retryable=False)
    assert await look(Memory(before_read=fail)) == Unresolved(Reason.ACCESS_DENIED, "denied", retryable=False)


async def test_a_store_that_hangs_ends_at_the_deadline() -> None:
    class Hanging(Memory):
        @override
        async def list(self, location: Location, credentials: Credentials | None) -> Listing:
            return await asyncio.Future()

    found = await inspect(location(SOURCE), None, Hanging(), Trusting(), deadline_seconds=0.01)
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
    found = await look(Memory({**FILES, path: b"x"}))
    assert isinstance(found, Invalid)
    assert found.reason is Reason.KEY_REFUSED
    assert words in found.message


async def test_a_folder_marker_is_no_file() -> None:
    found = await look(Memory({**FILES, "": b"", "empty/": b""}))
    assert isinstance(found, Valid)
    assert found.manifest.objects == 3


async def test_a_hostile_key_beside_the_package_is_not_its_business() -> None:
    found = await look(Memory({**{f"model/{path}": data for path, data in FILES.items()}, "../x": b"x"}))
    assert isinstance(found, Valid)
    assert found.uri == "obs://models/mnist/model/"


async def test_an_etag_that_cannot_be_pinned_is_the_stores_fault() -> None:
    class Odd(Memory):
        @override
        def _listed(self) -> tuple[Listed, ...]:
            return tuple(listed._replace(etag="") for listed in super()._listed())

    found = await look(Odd())
    assert isinstance(found, Unresolved)
    assert found.reason is Reason.ENDPOINT_UNREACHABLE
    assert "cannot be pinned: 'a.pth': ETag ''" in found.message
