"""Several parts of a start at the same time. When one fails the others are called off, never left running."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from contextvars import copy_context
from threading import Event
from typing import Any

from aiapp_sandbox.waiting import called_off

Begin = Callable[..., None]
"""`begin(function, *arguments)`: run it beside the rest."""


@contextmanager
def concurrently(most: int | None = None) -> Iterator[Begin]:
    """Run what the block begins in threads; the block's end waits for all and raises what failed first.

    No more than `most` run at a time, when it is given.
    """
    off = Event()
    failures: list[Exception] = []
    begun: list[Future[None]] = []
    reset = called_off.set(off)

    def run(function: Callable[..., Any], *arguments: Any) -> None:
        try:
            function(*arguments)
        except Exception as error:  # noqa: BLE001 - raised again at the end of the block
            failures.append(error)
            off.set()

    def begin(function: Callable[..., Any], *arguments: Any) -> None:
        begun.append(pool.submit(copy_context().run, run, function, *arguments))

    with ThreadPoolExecutor(most) as pool:
        try:
            yield begin
            wait(begun)  # here, where an interrupt calls them off
        except Exception as error:  # noqa: BLE001 - raised again below, unless it follows from a part's failure
            failures.append(error)
            off.set()
        except BaseException:
            off.set()
            raise
        finally:
            called_off.reset(reset)
    if failures:
        raise failures[0]
