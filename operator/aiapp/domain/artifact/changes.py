"""What differs between two sorted collections: the first keys, and counts. Never holds either of them."""

from collections.abc import Iterable, Iterator
from typing import Final, Literal, TypeVar

from typing_extensions import override

from aiapp.domain.objectstore.keys import shown
from aiapp.domain.objectstore.listing import Listing

NAMED: Final = 3
"""Keys that are named; the others are counted."""

Kind = Literal["added", "removed", "replaced"]
Before = TypeVar("Before")
After = TypeVar("After")


class Changes:
    """Collects what differs; as text `replaced 'a', removed 'b', added 'c' and 4 more`. False while nothing does."""

    def __init__(self) -> None:
        self._named: list[str] = []
        self.count = 0
        self.added = 0

    def note(self, kind: Kind, key: str) -> None:
        """Add one key."""
        self.count += 1
        self.added += kind == "added"
        if len(self._named) < NAMED:
            self._named.append(f"{kind} {shown(key)}")

    def __bool__(self) -> bool:
        return self.count > 0

    @override
    def __str__(self) -> str:
        more = self.count - len(self._named)
        return f"{', '.join(self._named)}{f' and {more} more' if more else ''}"


def paired(
    before: Iterable[tuple[str, Before]], after: Iterable[tuple[str, After]]
) -> Iterator[tuple[str, Before | None, After | None]]:
    """Every key of either, in order, with its value in both; keys are sorted and each occurs once."""
    old, new = iter(before), iter(after)
    first, second = next(old, None), next(new, None)
    while first is not None or second is not None:
        if second is None or (first is not None and first[0] < second[0]):
            assert first is not None
            yield first[0], first[1], None
            first = next(old, None)
        elif first is None or second[0] < first[0]:
            yield second[0], None, second[1]
            second = next(new, None)
        else:
            yield first[0], first[1], second[1]
            first, second = next(old, None), next(new, None)


def listing_changes(before: Listing, after: Listing) -> Changes:
    """The changes from one listing to the next."""
    changes = Changes()
    for key, old, new in paired(((one.key, one) for one in before), ((one.key, one) for one in after)):
        if old is None:
            changes.note("added", key)
        elif new is None:
            changes.note("removed", key)
        elif old != new:
            changes.note("replaced", key)
    return changes
