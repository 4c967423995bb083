"""Groups that keep what they have never end up with everything."""

from aiapp.domain.shares import Shares


def taken(shares: Shares, group: str) -> int:
    """As many as it gets."""
    count = 0
    while shares.has_place(group) and count < 100:
        shares.take(group)
        count += 1
    return count


def test_each_group_has_half_of_what_the_others_leave_and_one_in_any_case() -> None:
    shares = Shares(16)
    assert [taken(shares, group) for group in "abcdef"] == [8, 4, 2, 1, 1, 1]


def test_what_is_given_back_can_be_taken_by_all() -> None:
    shares = Shares(4)
    assert (taken(shares, "a"), taken(shares, "b")) == (2, 1)
    shares.give_back("a")
    shares.give_back("a")
    assert taken(shares, "b") == 1
    assert shares.has_place("a")


def test_a_single_place_goes_round() -> None:
    shares = Shares(1)
    assert taken(shares, "a") == 1
    shares.give_back("a")
    assert taken(shares, "b") == 1
