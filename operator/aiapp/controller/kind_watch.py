"""Keeps our own kinds watched: whatever watches them is begun again when it ends or leaves one of them out.

Never watches anything itself.
"""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from aiapp.domain.kubernetes.resources import Json, Resource

logger = logging.getLogger(__name__)

POLL_SECONDS: Final = 0.25
GRACE_SECONDS: Final = 5.0
"""A watch is opened again within moments: one that is missing for longer is not on its way."""
MISSING_SECONDS: Final = 10.0
"""A kind that is served and not watched for so long: begin again."""
STEADY_SECONDS: Final = 60.0
"""What watched for so long has not failed, however it ends."""
BACKOFF_FIRST_SECONDS: Final = 0.5
BACKOFF_CAP_SECONDS: Final = 10.0


class Witness(Protocol):
    """Hears what is watched."""

    def seen(self, kind: Resource, document: Json) -> None:
        """The object is, or was a moment ago, as in `document`, which is trimmed."""

    def gone(self, kind: Resource, document: Json) -> None:
        """The object was deleted."""

    def listed(self, kind: Resource) -> None:
        """A watch of the kind begins afresh: everything that happened before has to be listed."""

    def refused(self, kind: Resource) -> None:
        """The operator may not list or watch the kind."""


class Watching(Protocol):
    """Something that watches kinds until it ends."""

    @property
    def ended(self) -> asyncio.Future[BaseException | None]:
        """Done when it has ended, with the reason."""
        ...

    def received(self, kind: Resource) -> int | None:
        """How much the open stream of that kind has brought; None while none is open."""
        ...

    async def stop(self) -> None:
        """Ends it; what it still holds may take a moment longer to go."""
        ...


class Schema(Protocol):
    """Knows which kinds the cluster serves."""

    @property
    def served(self) -> Collection[Resource]: ...

    def look(self) -> None:
        """Check soon instead of when it is due."""


Begin = Callable[[Collection[Resource]], Watching]


@dataclass(frozen=True, slots=True, kw_only=True)
class KindWatchTiming:
    """Seconds, and the sources of time (monotonic) and chance."""

    poll: float = POLL_SECONDS
    grace: float = GRACE_SECONDS
    missing: float = MISSING_SECONDS
    steady: float = STEADY_SECONDS
    backoff_first: float = BACKOFF_FIRST_SECONDS
    backoff_cap: float = BACKOFF_CAP_SECONDS
    clock: Callable[[], float] = time.monotonic
    jitter: Callable[[], float] = random.random


class KindWatch:
    """`kinds`, as far as they are served, are watched while `run` runs; `begin` starts what watches."""

    def __init__(
        self, kinds: Collection[Resource], schema: Schema, begin: Begin, timing: KindWatchTiming | None = None
    ) -> None:
        self._schema = schema
        self._begin = begin
        self._timing = timing or KindWatchTiming()
        self._states = {kind: _State(self._timing.clock()) for kind in kinds}
        self._failures = 0
        self._again = ""

    async def run(self) -> None:
        """Keeps the kinds watched until cancelled."""
        while True:
            served = self._wanted()
            if not served:
                await asyncio.sleep(self._timing.poll)
                continue
            reason = await self._watched(served)
            self._schema.look()
            pause = self._pause()
            logger.warning("our own kinds are watched again in %.1f s: %s", pause, reason)
            await asyncio.sleep(pause)

    def leave_out(self, kind: Resource) -> None:
        """Stop watching a kind, which is no complaint."""
        self._states.pop(kind, None)

    def begin_again(self, reason: str) -> None:
        """What `begin` begins would be another one now."""
        self._again = reason

    def complaints(self) -> Iterator[str]:
        """A sentence for each kind that is not watched."""
        now = self._timing.clock()
        for kind, state in self._states.items():
            if state.open_at is None:
                yield f"{kind.plural} are not watched yet"
            elif now - state.open_at > self._timing.grace:
                yield f"{kind.plural} are not watched for {now - state.open_at:.0f} s"

    def silence(self, kind: Resource) -> float:
        """Seconds since the watch of that kind last brought anything; bookmarks come every minute. 0: left out."""
        state = self._states.get(kind)
        return 0.0 if state is None else self._timing.clock() - state.heard_at

    def _wanted(self) -> frozenset[Resource]:
        return frozenset(self._schema.served).intersection(self._states)

    async def _watched(self, kinds: Collection[Resource]) -> str:
        """Watches until something ends it. Returns why."""
        self._again = ""
        watching, began = self._begin(kinds), self._timing.clock()
        try:
            while True:
                await asyncio.wait((watching.ended,), timeout=self._timing.poll)
                now = self._timing.clock()
                if not self._states.keys() >= set(kinds):
                    return "a kind may not be watched"
                self._note(kinds, watching, now)
                if now - began > self._timing.steady:
                    self._failures = 0
                if watching.ended.done():
                    return f"{watching.ended.result() or 'it ended'!r}"
                if missing := self._missing(kinds, began, now):
                    return f"{', '.join(missing)} are served and not watched"
                if news := self._again or ("another kind is served" if self._wanted() - frozenset(kinds) else ""):
                    self._failures = 0
                    return news
        finally:
            await watching.stop()

    def _note(self, kinds: Collection[Resource], watching: Watching, now: float) -> None:
        for kind in kinds:
            self._states[kind].note(watching.received(kind), now)

    def _missing(self, kinds: Collection[Resource], began: float, now: float) -> list[str]:
        opened = {kind.plural: max(began, self._states[kind].open_at or began) for kind in kinds}
        return [plural for plural, at in opened.items() if now - at > self._timing.missing]

    def _pause(self) -> float:
        ceiling = min(self._timing.backoff_first * 2.0**self._failures, self._timing.backoff_cap)
        self._failures = min(self._failures + 1, 16)
        return ceiling * (0.5 + self._timing.jitter() / 2)


class _State:
    """When a kind's stream was last seen open, and when it last brought something."""

    def __init__(self, now: float) -> None:
        self.open_at: float | None = None
        self.heard_at = now
        self._received: int | None = None

    def note(self, received: int | None, now: float) -> None:
        if received is not None:
            self.open_at = now
            if received != self._received:
                self.heard_at = now
        self._received = received
