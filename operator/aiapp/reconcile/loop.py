"""Workers that take keys from the queue and reconcile them. Never ends because one of them failed."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from aiapp.ports import ApiError
from aiapp.reconcile.queue import Key, Queue

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a reconciler says when it is through."""

    retry_after: float | None = None
    """Seconds until it wants to look again by itself; None: when something changes."""
    failed: bool = False
    """Whether it could not do what the spec asks and wants to be tried again with growing delays."""


Reconcile = Callable[[Key], Awaitable[Outcome]]
