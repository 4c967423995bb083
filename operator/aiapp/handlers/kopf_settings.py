"""How kopf is set up: endless backoffs, one object a listing, nothing written. Never runs anything."""

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import kopf
from typing_extensions import override

ERROR_BACKOFFS: Final = (1, 1, 2, 3, 5)


@dataclass(frozen=True)
class Endless:
    """Backoffs that never run out, with jitter: an API server that is away for long must not end the watching."""

    seconds: tuple[float, ...] = ERROR_BACKOFFS
    jitter: Callable[[], float] = random.random

    def __iter__(self) -> Iterator[float]:
        for seconds in self.seconds:
            yield self._spread(seconds)
        while True:
            yield self._spread(self.seconds[-1])

    def _spread(self, seconds: float) -> float:
        return seconds * (0.75 + self.jitter() / 2)


class NoDifferences(kopf.DiffBaseStorage):
    """Keeps kopf from copying every object for a comparison that event handlers have no use for."""

    @override
    def build(self, *, body: kopf.Body, extra_fields: Iterable[Any] | None = None) -> Any:
        return {}

    @override
    def fetch(self, *, body: kopf.Body) -> None:
        return None

    @override
    def store(self, *, body: kopf.Body, patch: kopf.Patch, essence: Any) -> None:
        return


def settings() -> kopf.OperatorSettings:
    """For a run of kopf that only watches."""
    made = kopf.OperatorSettings()
    made.posting.enabled = False
    made.posting.loggers = False
    made.scanning.disabled = True  # what comes and goes is for the supervisor to notice
    made.networking.request_timeout = 30
    made.networking.connect_timeout = 5
    made.networking.error_backoffs = Endless()
    made.networking.enforce_retry_after = True
    made.watching.server_timeout = 300
    made.watching.connect_timeout = 10
    made.watching.inactivity_timeout = 150
    made.watching.reconnect_backoff = 1
    made.watching.chunk_size = 1  # of a listing only its resourceVersion is of use
    made.queueing.error_delays = ERROR_BACKOFFS
    made.queueing.exit_timeout = 0
    made.process.ultimate_exiting_timeout = None  # it would kill the whole process
    made.persistence.diffbase_storage = NoDifferences()
    return made
