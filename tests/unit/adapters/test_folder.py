"""A folder read as if it were in object storage: nothing outside of it, nothing but regular files."""

import os
from pathlib import Path

import pytest

from aiapp.adapters.objectstore.folder import FolderStore, folder_location
from aiapp.api.conditions import Reason
from aiapp.domain.objectstore.listing import Listed
from aiapp.ports.objectstore import ObjectChangedError, StoreError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "mnist"
    (folder / "model/variables").mkdir(parents=True)
    (folder / "model/config.json").write_text("{}")
    (folder / "model/variables/variables.index").write_bytes(b"123")
    return folder


async def listed(root: Path) -> dict[str, Listed]:
    return {one.key: one for one in await FolderStore().list(folder_location(root), None)}


async def content(root: Path, one: Listed, limit: int = 1024) -> bytes:
    return await FolderStore().read(folder_location(root), None, one, limit)


async def test_files_are_listed_by_their_path_and_read(root: Path) -> None:
    found = await listed(root)
    assert {key: one.size for key, one in found.items()} == {
        "model/config.json": 2,
        "model/variables/variables.index": 3,
    }
    assert await content(root, found["model/config.json"]) == b"{}"
    assert folder_location(root).uri == f"file://{root}/"


async def test_a_file_that_changed_since_is_not_read(root: Path) -> None:
    found = await listed(root)
    (root / "model/config.json").write_text('{"a": 1}')
    with pytest.raises(ObjectChangedError):
        await content(root, found["model/config.json"])


async def test_a_part_of_a_file_is_read_as_long_as_it_is_the_same(root: Path) -> None:
    one = (await listed(root))["model/variables/variables.index"]
    store, where = FolderStore(), folder_location(root)
    assert await store.read_range(where, None, one, 1, 2) == b"23"
    with pytest.raises(ObjectChangedError):
        await store.read_range(where, None, one, 1, 3)
    (root / "model/variables/variables.index").write_bytes(b"4567")
    with pytest.raises(ObjectChangedError):
        await store.read_range(where, None, one, 1, 2)


async def test_no_more_is_read_than_allowed(root: Path) -> None:
    found = await listed(root)
    with pytest.raises(StoreError, match="has 2 bytes; at most 1 are read"):
        await content(root, found["model/config.json"], limit=1)


async def test_a_link_within_the_folder_is_the_file_it_leads_to(root: Path) -> None:
    (root / "model/link.pth").symlink_to("variables/variables.index")
    found = await listed(root)
    assert found["model/link.pth"].size == 3


@pytest.mark.parametrize(
    ("make", "words"),
    [
        pytest.param(
            lambda root: (root / "x").symlink_to("/etc/passwd"), "'x' is a symbolic link that leads", id="out"
        ),
        pytest.param(lambda root: (root / "x").symlink_to("../.."), "'x' is a symbolic link to a folder", id="folder"),
        pytest.param(lambda root: os.mkfifo(root / "x"), "'x' is no regular file", id="pipe"),
    ],
)
async def test_what_is_no_file_of_the_folder_is_refused_by_name(root: Path, make: object, words: str) -> None:
    make(root)  # type: ignore[operator]
    with pytest.raises(StoreError, match=words) as refused:
        await listed(root)
    assert refused.value.reason is Reason.KEY_REFUSED


async def test_a_link_that_leads_nowhere_is_said_to_be_unreadable(root: Path) -> None:
    (root / "x").symlink_to("nowhere")
    with pytest.raises(StoreError, match="x cannot be read: No such file or directory"):
        await listed(root)


async def test_an_empty_folder_holds_nothing(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nothing lies under") as refused:
        await listed(tmp_path)
    assert refused.value.reason is Reason.PREFIX_EMPTY
