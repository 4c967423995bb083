"""How a bounded number of places is shared out, so that groups which give none back do not end up with all. Pure."""

from collections import Counter
from collections.abc import Iterable
from typing import TypeVar

Entry = TypeVar("Entry")


class FairShare:
    """Each group may have half of the places that the others leave, and a last one while there is any.

    So of sixteen the first group that keeps its places has eight, the next one four, then two, one and one; a sixth
    waits.
    """

    def __init__(self, places: int) -> None:
        self._places = places
        self._taken: Counter[str] = Counter()

    def limit(self, group: str) -> int:
        """How many places the group may have beside what the others have now."""
        left = self._places - (self._taken.total() - self._taken[group])
        return max(min(left, 1), left // 2)

    def has_place(self, group: str) -> bool:
        """Whether the group may take one more."""
        return self._taken[group] < self.limit(group)

    def take(self, group: str) -> None:
        """One more for the group."""
        self._taken[group] += 1

    def give_back(self, group: str) -> None:
        """One less; groups that have none are forgotten."""
        self._taken[group] -= 1
        if not self._taken[group]:
            del self._taken[group]


class TenantShares:
    """Shares among tenants, and within them among endpoints.

    A tenant leaves half of the places to other tenants, and each of its endpoints half of what its others leave of the
    tenant's. All tenants of one endpoint together leave a quarter to other endpoints. So neither can be exhausted.
    """

    def __init__(self, places: int) -> None:
        self._tenants = FairShare(places)
        self._places = places
        self._endpoints: Counter[str] = Counter()
        self._pairs: Counter[tuple[str, str]] = Counter()

    def has_place(self, tenant: str, endpoint: str) -> bool:
        """Whether the tenant may take one more for that endpoint."""
        return (
            self._tenants.has_place(tenant)
            and self._endpoints[endpoint] < _but_a_quarter(self._places)
            and self._has_place_of_its_own(tenant, endpoint)
        )

    def _has_place_of_its_own(self, tenant: str, endpoint: str) -> bool:
        others = sum(taken for (who, where), taken in self._pairs.items() if who == tenant and where != endpoint)
        left = self._tenants.limit(tenant) - others
        return self._pairs[tenant, endpoint] < max(1, left // 2)

    def take(self, tenant: str, endpoint: str) -> None:
        """One more for the tenant and the endpoint."""
        self._tenants.take(tenant)
        self._endpoints[endpoint] += 1
        self._pairs[tenant, endpoint] += 1

    def give_back(self, tenant: str, endpoint: str) -> None:
        """One less; what has none is forgotten."""
        self._tenants.give_back(tenant)
        self._endpoints[endpoint] -= 1
        self._pairs[tenant, endpoint] -= 1
        self._endpoints += Counter()
        self._pairs += Counter()


def _but_a_quarter(places: int) -> int:
    return places - places // 4


def to_forget(entries: Iterable[tuple[Entry, str]]) -> Entry:
    """Which entry goes where there are too many, of at least one: the first of the group that has most.

    `entries`: each with its group, the oldest first. So a group with many loses none of another's.
    """
    known = list(entries)
    [(most, _)] = Counter(group for _, group in known).most_common(1)
    return next(entry for entry, group in known if group == most)
