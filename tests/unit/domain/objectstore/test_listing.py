"""A packed listing is the same whatever order and pages it came in."""

import heapq
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiapp.domain.artifact.changes import Changes, listing_changes, paired
from aiapp.domain.objectstore.listing import (
    CHUNK_CHARACTERS,
    CHUNK_OBJECTS,
    MERGED_AT_ONCE,
    Files,
    Listed,
    Listing,
    ListingPacker,
)

KEYS = st.text(min_size=1, max_size=8)
LISTED = st.builds(Listed, KEYS, st.integers(0, 2**63 - 1), st.text(max_size=4), st.none() | st.text(max_size=4))
LISTINGS = st.lists(LISTED, unique_by=lambda one: one.key, max_size=30)


def in_pages(listed: list[Listed], size: int) -> Listing:
    packer = ListingPacker()
    for start in range(0, len(listed), size):
        packer.add(listed[start : start + size])
    return packer.listing()


@given(LISTINGS, st.randoms(use_true_random=False), st.integers(1, 7))
def test_order_and_pages_do_not_matter(listed: list[Listed], random: Random, size: int) -> None:
    shuffled = random.sample(listed, len(listed))
    first, second = Listing.of(listed), in_pages(shuffled, size)
    assert list(first) == list(second) == sorted(listed, key=lambda one: one.key)
    assert first.digest == second.digest
    assert len(first) == len(second) == len(listed)
    assert not listing_changes(first, second)


@given(LISTINGS, KEYS)
def test_everything_is_found_by_its_key_and_nothing_else(listed: list[Listed], other: str) -> None:
    listing = in_pages(listed, 3)
    by_key = {one.key: one for one in listed}
    for key in (*by_key, other):
        assert listing.find(key) == by_key.get(key)
    assert all(one in listing for one in listed)


@given(LISTINGS, LISTINGS)
def test_listings_have_the_same_digest_exactly_when_they_are_equal(one: list[Listed], other: list[Listed]) -> None:
    first, second = Listing.of(one), Listing.of(other)
    assert (first.digest == second.digest) == (list(first) == list(second))
    assert bool(listing_changes(first, second)) == (list(first) != list(second))


def test_a_listing_is_at_one_moment_only_in_one_page() -> None:
    listed = [Listed(str(number), 1, "e") for number in range(5)]
    assert (Listing.of(listed).pages, in_pages(listed, 2).pages) == (1, 3)


def test_what_a_store_repeats_at_the_begin_of_a_page_is_listed_once() -> None:
    packer = ListingPacker()
    one, two, three = (Listed(key, 1, "e") for key in "abc")
    packer.add([one, two])
    packer.add([two, three])
    listing = packer.listing()
    assert list(listing) == [one, two, three]
    assert len(listing) == 3
    assert listing.digest == Listing.of([one, two, three]).digest


def test_files_are_the_objects_below_the_prefix_without_folder_markers() -> None:
    files = Files(Listing.of([Listed("p/", 0, "e"), Listed("p/a", 1, "e"), Listed("p/b/", 0, "e")]), "p/")
    assert dict(files) == {"a": 1}
    assert len(files) == 1
    assert "b/" not in files
    with pytest.raises(KeyError):
        files["c"]


def test_changes_name_the_first_three_and_count_the_others() -> None:
    before = Listing.of(Listed(key, 1, "e") for key in "abcde")
    after = Listing.of([Listed("a", 2, "e"), Listed("b", 1, "e"), Listed("f", 1, "e")])
    changes = listing_changes(before, after)
    assert str(changes) == "replaced 'a', removed 'c', removed 'd' and 2 more"
    assert (changes.count, changes.added) == (5, 1)
    assert str(Changes()) == ""


@given(st.dictionaries(KEYS, st.integers()), st.dictionaries(KEYS, st.integers()))
def test_pairs_are_every_key_of_both_in_order(before: dict[str, int], after: dict[str, int]) -> None:
    found = list(paired(sorted(before.items()), sorted(after.items())))
    assert found == [(key, before.get(key), after.get(key)) for key in sorted({*before, *after})]


def in_one_chunk_each(keys: list[str], pages: int) -> ListingPacker:
    """Pages that overlap all the way, as of a store that lists in no order."""
    packer = ListingPacker()
    for start in range(pages):
        packer.add(Listed(key, 1, "e") for key in keys[start::pages])
    return packer


def test_pages_in_no_order_are_merged_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    merge, at_once = heapq.merge, []

    def counted(*runs: Any, key: Any) -> Any:
        at_once.append(len(runs))
        return merge(*runs, key=key)

    monkeypatch.setattr(heapq, "merge", counted)
    keys = [f"{number:04d}" for number in range(1000)]
    assert [one.key for one in in_one_chunk_each(keys, 100).listing()] == keys
    assert max(at_once) == MERGED_AT_ONCE


def test_chunks_are_bounded_by_what_their_names_take() -> None:
    keys = [f"{number:04d}{'x' * 2000}" for number in range(900)]
    chunks = in_one_chunk_each(keys, 1).chunks()
    assert all(len(chunk.first) * CHUNK_OBJECTS > CHUNK_CHARACTERS for chunk in chunks)
    assert len(chunks) == -(-900 * 2005 // CHUNK_CHARACTERS)


@pytest.mark.parametrize(
    ("listed", "is_short"),
    [
        pytest.param([Listed(str(number), 1, "e") for number in range(100)], True, id="a hundred objects"),
        pytest.param([Listed(str(number), 1, "e") for number in range(101)], False, id="more objects"),
        pytest.param([Listed("k" * 20_000, 1, "e")], False, id="a long name"),
    ],
)
def test_only_a_short_listing_is_gone_through_on_the_event_loop(listed: list[Listed], is_short: bool) -> None:
    assert Listing.of(listed).is_short is is_short
