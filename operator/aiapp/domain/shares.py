"""How places are shared out among groups, so that groups which never give any back do not end up with all. Pure."""

from collections import Counter


class Shares:
    """Each group may have half of the places that the others leave, and one in any case.

    So of sixteen the first group that keeps its places has eight, the next one four, and there is one for the fifth.
    """

    def __init__(self, places: int) -> None:
        self._places = places
        self._taken: Counter[str] = Counter()

    def has_place(self, group: str) -> bool:
        """Whether the group may take one more."""
        others = self._taken.total() - self._taken[group]
        return self._taken[group] < max(1, (self._places - others) // 2)

    def take(self, group: str) -> None:
        """One more for the group."""
        self._taken[group] += 1

    def give_back(self, group: str) -> None:
        """One less; groups that have none are forgotten."""
        self._taken[group] -= 1
        if not self._taken[group]:
            del self._taken[group]
