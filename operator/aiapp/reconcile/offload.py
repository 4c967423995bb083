"""Threads for work on packages, which grows with what a store lists: none of it runs on the event loop.

Beside asyncio's own threads, which also resolve names: a crowd of large packages must not keep the API server from
being found.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

THREADS: Final = 72
"""More than one namespace has imports (64) and looks for drift (2) at work with the most workers that there may be
(256): so the package of another one finds a free thread. None is made before it is needed."""

Result = TypeVar("Result")

_threads: Final = ThreadPoolExecutor(THREADS, thread_name_prefix="package")


async def offload(work: Callable[[], Result], *, inline: bool = False) -> Result:
    """The result of `work`, from a thread unless it is so short that waking one takes longer (`inline`)."""
    return work() if inline else await asyncio.get_running_loop().run_in_executor(_threads, work)
