"""What has come of a large file is hashed from memory; only what waits for a range before it may be read again."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from aiapp.domain.artifact.entry import Entry
from aiapp.fetch.disk import parts
from aiapp.fetch.download.blocks import BLOCKS, PARKED, Blocks
from aiapp.fetch.download.ranged_file import RangedFile

RANGE = 4 << 10
RANGES = 2 * BLOCKS
BUFFER = memoryview(bytearray(RANGE))


class File:
    """Of twice as many ranges as there are blocks; each range is full of its own number."""

    def __init__(self, folder: Path) -> None:
        self.blocks = Blocks(RANGE)
        entry = Entry("model.bin", RANGES * RANGE, "etag")
        self.file = RangedFile(entry, parts.opened(folder / "model.part", entry.size, "boot"), self.blocks)

    def came(self, number: int) -> None:
        block = self.blocks.take()
        assert block is not None
        block[:] = bytes([number]) * RANGE
        self.file.write(block, number * RANGE)
        self.file.add(number, block)

    def overwrite(self) -> None:
        """From here on, what is read from the disk is something else."""
        os.pwrite(self.file.part.descriptor, b"x" * self.file.entry.size, 0)

    @property
    def hashed(self) -> str:
        return self.file.digest.hexdigest()


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[File]:
    monkeypatch.setattr(parts, "RANGE_BYTES", RANGE)
    found = File(tmp_path)
    yield found
    found.file.close()


def sha256(numbers: range, again: int = 0) -> str:
    """Of so many ranges, and of some more that were read from the overwritten disk."""
    return hashlib.sha256(b"".join(bytes([number]) * RANGE for number in numbers) + b"x" * RANGE * again).hexdigest()


def test_ranges_that_wait_for_the_hash_alone_are_never_read_again(file: File) -> None:
    for number in range(BLOCKS):
        file.came(number)
    file.overwrite()
    assert not file.file.advance(BUFFER)
    assert file.hashed == sha256(range(BLOCKS))


def test_a_range_that_is_long_in_coming_holds_up_none_after_it_which_are_read_again(file: File) -> None:
    for number in range(1, RANGES):
        file.came(number)
    file.overwrite()
    file.came(0)
    assert file.file.advance(BUFFER)
    assert file.hashed == sha256(range(PARKED + 1), again=RANGES - PARKED - 1)
