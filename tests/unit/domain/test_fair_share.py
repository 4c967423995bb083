"""Groups that keep what they have never end up with everything."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from aiapp.domain.fair_share import FairShare, TenantShares, to_forget


def taken(shares: FairShare, group: str) -> int:
    """As many as it gets."""
    count = 0
    while shares.has_place(group) and count < 100:
        shares.take(group)
        count += 1
    return count


def grab(shares: TenantShares, tenant: str, *endpoints: str) -> int:
    """As many as the tenant gets when it asks for each endpoint again and again."""
    count = 0
    while free := [endpoint for endpoint in endpoints if shares.has_place(tenant, endpoint)]:
        shares.take(tenant, free[0])
        count += 1
    return count


def test_each_group_has_half_of_what_the_others_leave_until_none_is_left() -> None:
    shares = FairShare(16)
    assert [taken(shares, group) for group in "abcdefg"] == [8, 4, 2, 1, 1, 0, 0]


def test_what_is_given_back_can_be_taken_by_all() -> None:
    shares = FairShare(4)
    assert (taken(shares, "a"), taken(shares, "b")) == (2, 1)
    shares.give_back("a")
    shares.give_back("a")
    assert taken(shares, "b") == 1
    assert shares.has_place("a")


def test_a_single_place_goes_round() -> None:
    shares = FairShare(1)
    assert (taken(shares, "a"), taken(shares, "b")) == (1, 0)
    shares.give_back("a")
    assert taken(shares, "b") == 1


def test_a_tenant_with_very_many_endpoints_leaves_half_to_other_tenants() -> None:
    shares = TenantShares(8)
    assert grab(shares, "greedy", *map(str, range(100))) == 4
    assert grab(shares, "other", "store") == 1
    assert grab(shares, "other", "another store") == 1


def test_a_tenant_with_two_slow_endpoints_has_a_place_for_its_others() -> None:
    shares = TenantShares(8)
    assert [grab(shares, "team", endpoint) for endpoint in ("slow", "slower", "quick")] == [2, 1, 1]


def test_all_tenants_of_one_slow_endpoint_leave_places_to_other_endpoints() -> None:
    shares = TenantShares(8)
    assert sum(grab(shares, tenant, "slow") for tenant in "abcdefgh") == 6
    assert grab(shares, "z", "quick") == 1


@given(
    st.sampled_from([2, 3, 4, 8, 12, 128]),
    st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xyz"), st.booleans())),
)
def test_whatever_one_tenant_does_another_gets_a_place_at_any_endpoint_and_all_are_counted(
    places: int, steps: list[tuple[str, str, bool]]
) -> None:
    shares, held = TenantShares(places), Counter[tuple[str, str]]()
    for tenant, endpoint, is_given_back in steps:
        if is_given_back and held[tenant, endpoint]:
            shares.give_back(tenant, endpoint)
            held[tenant, endpoint] -= 1
        elif not is_given_back and shares.has_place(tenant, endpoint):
            shares.take(tenant, endpoint)
            held[tenant, endpoint] += 1
        tenants = {tenant for tenant, _ in held.elements()}
        assert held.total() <= places
        assert len(tenants) == 2 or all(shares.has_place("c", endpoint) for endpoint in "xyz")


def test_the_oldest_entry_of_the_group_with_most_is_forgotten() -> None:
    assert to_forget([(1, "a"), (2, "b"), (3, "b"), (4, "a"), (5, "b")]) == 2
    assert to_forget([(1, "a"), (2, "b")]) == 1
