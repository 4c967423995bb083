"""Which connection gives way to a new one when there are too many, so that probes and other clients always get in."""

from __future__ import annotations

import enum
from typing import Dict, Generic, Iterator, Optional, TypeVar

Member = TypeVar("Member")


class Activity(enum.Enum):
    """What an open connection is doing."""

    IDLE = "waits for a request"
    SLOW = "waits for its client: for the rest of a request, or to read an answer"
    BUSY = "its prediction waits or runs"


_GIVING_WAY = (Activity.IDLE, Activity.SLOW)


class OpenConnections(Generic[Member]):
    """The open connections by activity, each group in the order in which it was entered."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._activities: Dict[Member, Activity] = {}
        self._groups: Dict[Activity, Dict[Member, None]] = {activity: {} for activity in Activity}

    def __len__(self) -> int:
        return len(self._activities)

    def __iter__(self) -> Iterator[Member]:
        return iter(self._activities)

    def admit(self, newcomer: Member) -> Optional[Member]:
        """Adds an idle connection. Returns the one to close for it when there are too many, which no longer counts:

        the one that has been idle longest, else the one that has been slow longest, else the newcomer.
        """
        closing = None
        if len(self) >= self._limit:
            closing = next((first for activity in _GIVING_WAY for first in self._groups[activity]), newcomer)
            self.discard(closing)
        if closing is not newcomer:
            self._enter(newcomer, Activity.IDLE)
        return closing

    def change(self, connection: Member, activity: Activity) -> None:
        """Moves a connection that still counts to the end of a group, from another one or from the same."""
        if connection in self._activities:
            self.discard(connection)
            self._enter(connection, activity)

    def discard(self, connection: Member) -> None:
        activity = self._activities.pop(connection, None)
        if activity is not None:
            del self._groups[activity][connection]

    def _enter(self, connection: Member, activity: Activity) -> None:
        self._activities[connection] = activity
        self._groups[activity][connection] = None
