"""Partial files: what an earlier process wrote is taken up only where that is certain."""

from pathlib import Path

import pytest

from aiapp.fetch.disk import parts

RANGE = 8


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "RANGE_BYTES", RANGE)


def left(path: Path, boot: str = "boot") -> None:
    """Two of three ranges, written by an earlier process."""
    with parts.opened(path, 3 * RANGE, boot) as part:
        part.write(b"a" * RANGE, 0)
        part.record(0)
        part.write(b"c" * RANGE, 2 * RANGE)
        part.record(2)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        pytest.param(0, [(0, 0)], id="empty"),
        pytest.param(8, [(0, 8)], id="one range"),
        pytest.param(17, [(0, 8), (8, 16), (16, 17)], id="a rest"),
    ],
)
def test_ranges_cover_an_object_once(size: int, expected: list[tuple[int, int]]) -> None:
    assert parts.bounds(size) == expected


def test_recorded_ranges_are_taken_up(tmp_path: Path) -> None:
    left(tmp_path / "x.part")
    with parts.opened(tmp_path / "x.part", 3 * RANGE, "boot") as part:
        assert part.written == {0, 2}


@pytest.mark.parametrize(
    ("size", "boot"),
    [
        pytest.param(3 * RANGE, "later", id="after the machine restarted"),
        pytest.param(4 * RANGE, "boot", id="of another size"),
        pytest.param(3 * RANGE, "", id="where boots cannot be distinguished"),
    ],
)
def test_nothing_is_taken_up(tmp_path: Path, size: int, boot: str) -> None:
    left(tmp_path / "x.part")
    with parts.opened(tmp_path / "x.part", size, boot) as part:
        assert part.written == frozenset()
    assert (tmp_path / "x.part").read_bytes() == bytes(size)


@pytest.mark.parametrize("torn", ["1", "1x\n", "boot 9\n1\n"])
def test_a_torn_record_counts_for_nothing(tmp_path: Path, torn: str) -> None:
    left(tmp_path / "x.part")
    record = tmp_path / "x.ranges"
    record.write_text(record.read_text() + torn if "boot" not in torn else torn)
    with parts.opened(tmp_path / "x.part", 3 * RANGE, "boot") as part:
        assert 1 not in part.written


def test_a_record_without_its_file_counts_for_nothing(tmp_path: Path) -> None:
    left(tmp_path / "x.part")
    (tmp_path / "x.part").unlink()
    with parts.opened(tmp_path / "x.part", 3 * RANGE, "boot") as part:
        assert part.written == frozenset()


def test_a_link_in_place_of_a_part_is_removed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(b"x" * RANGE)
    (tmp_path / "x.part").symlink_to(outside)
    with parts.opened(tmp_path / "x.part", RANGE, "boot") as part:
        part.write(b"y" * RANGE, 0)
    assert outside.read_bytes() == b"x" * RANGE
