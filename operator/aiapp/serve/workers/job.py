"""One prediction on its way to a worker and back."""

from __future__ import annotations

from typing import Callable, Optional

from ..frames import Frame


class Job:
    """One prediction; `done` is called exactly once with its answer, unless it is cancelled before it begins."""

    def __init__(self, request: Frame, done: Callable[[Frame], None]) -> None:
        self._request: Optional[Frame] = request
        self.done = done
        self.is_cancelled = False

    @property
    def request(self) -> Frame:
        """Until the job is begun."""
        assert self._request is not None, "a job is run once"
        return self._request

    @property
    def is_begun(self) -> bool:
        return self._request is None

    def begin(self) -> None:
        """Lets go of the request: it may be large and is not kept while it runs."""
        self._request = None
