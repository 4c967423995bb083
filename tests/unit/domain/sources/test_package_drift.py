"""What is said of a store that no longer holds what was pinned."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiapp.domain.artifact.entry import Entry
from aiapp.domain.artifact.manifest import composed
from aiapp.domain.conditions import State
from aiapp.domain.objectstore.listing import Listed, Listing
from aiapp.domain.sources.package_drift import drift, source_unchanged

PLAIN = composed([Entry("a", 1, "e1"), Entry("b/c", 2, "e2")])
VERSIONED = composed([Entry("a", 1, "e1", "v1"), Entry("b/c", 2, "e2", "v2")])
A, BC = Listed("p/a", 1, '"e1"'), Listed("p/b/c", 2, '"e2"')
A1, BC2 = A._replace(version_id="v1"), BC._replace(version_id="v2")
OLD_A1 = A1._replace(is_latest=False)


@pytest.mark.parametrize(
    ("held", "words"),
    [
        pytest.param([A, BC], None, id="nothing happened"),
        pytest.param([A, BC, Listed("p/d/", 0, "x")], None, id="a folder marker came"),
        pytest.param([A1, BC2], None, id="versioning was switched on"),
        pytest.param([A._replace(etag="e9"), BC], "replaced 'a'; 1 of 2 pinned files are gone", id="replaced"),
        pytest.param([A._replace(size=9), BC], "replaced 'a'; 1 of 2 pinned files are gone", id="of another size"),
        pytest.param([BC], "removed 'a'; 1 of 2 pinned files are gone", id="removed"),
        pytest.param([], "removed 'a', removed 'b/c'; 2 of 2 pinned files are gone", id="everything removed"),
        pytest.param([A, BC, Listed("p/x", 1, "e")], "added 'x'; every pinned file is still there, and", id="added"),
        pytest.param(
            [Listed(f"p/{name}", 1, "e") for name in "uvwxyz"],
            "removed 'a', removed 'b/c', added 'u' and 5 more; 2 of 2",
            id="the first three and a count",
        ),
        pytest.param([A._replace(etag="e9"), OLD_A1, BC], "1 of 2 pinned files are gone", id="no id was pinned"),
    ],
)
def test_a_store_without_versions(held: list[Listed], words: str | None) -> None:
    finding = source_unchanged(PLAIN, drift(PLAIN.entries, Listing.of(held), "p/"))
    assert finding.state is (State.TRUE if words is None else State.FALSE)
    assert (words or "holds all 2 files") in finding.message


@pytest.mark.parametrize(
    ("held", "words"),
    [
        pytest.param([A1, BC2], None, id="nothing happened"),
        pytest.param([A1._replace(version_id="v9"), OLD_A1, BC2], None, id="the same content was put again"),
        pytest.param([A, BC], None, id="the store denies versions now"),
        pytest.param(
            [A1._replace(etag="e9", version_id="v9"), OLD_A1, BC2],
            "replaced 'a'; every pinned file is still there as an earlier version",
            id="replaced, the pinned version stays",
        ),
        pytest.param(
            [OLD_A1, BC2], "removed 'a'; every pinned file is still there as an earlier version", id="marked as deleted"
        ),
        pytest.param(
            [A1._replace(version_id="v9"), BC2], "replaced 'a'; 1 of 2 pinned files are gone", id="the version deleted"
        ),
        pytest.param([BC2], "removed 'a'; 1 of 2 pinned files are gone", id="all versions deleted"),
        pytest.param(
            [A1, BC2, Listed("p/x", 1, "e", "1", is_latest=False)], None, id="something else was added and removed"
        ),
    ],
)
def test_a_versioned_bucket(held: list[Listed], words: str | None) -> None:
    finding = source_unchanged(VERSIONED, drift(VERSIONED.entries, Listing.of(held), "p/"))
    assert finding.state is (State.TRUE if words is None else State.FALSE)
    assert (words or "holds all 2 files") in finding.message


PATHS = st.dictionaries(st.text("abc", min_size=1, max_size=3), st.integers(0, 3), min_size=1)


@given(PATHS, PATHS)
def test_there_is_drift_exactly_when_the_contents_differ(pinned: dict[str, int], now: dict[str, int]) -> None:
    entries = [Entry(path, size, f"e{size}") for path, size in sorted(pinned.items())]
    held = Listing.of(Listed(f"p/{path}", size, f"e{size}") for path, size in now.items())
    found = drift(entries, held, "p/")
    assert bool(found.changes) == (pinned != now)
    assert found.lost == sum(now.get(path) != size for path, size in pinned.items())
    assert found.changes.count == sum(now.get(path) != pinned.get(path) for path in {*now, *pinned})
