"""Several parts of a start at the same time. When one fails the others are called off, never left running."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from threading import Event
from typing import Any

from aiapp.sandbox.waiting import called_off

Begin = Callable[..., None]
"""`begin(function, *arguments)`: run it beside the rest."""


@contextmanager
def together() -> Iterator[Begin]:
    """Run what the block begins in threads; the block's end waits for all and raises the first error."""
    off = Event()
    begun: list[Future[Any]] = []
    reset = called_off.set(off)

    def begin(function: Callable[..., Any], *arguments: Any) -> None:
        begun.append(pool.submit(copy_context().run, function, *arguments))

    with ThreadPoolExecutor() as pool:
        try:
            yield begin
            for part in begun:
                part.result()
        except BaseException:
            off.set()
            raise
        finally:
            called_off.reset(reset)
