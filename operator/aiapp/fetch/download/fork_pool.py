"""Processes of their own for many small files: one interpreter does one thing at a time, on however many processors.

They are forks. None shares a connection with another, and none outlives the one that it was forked from.
"""

import gc
import os
import selectors
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Final, NoReturn

from aiapp.api.conditions import Reason
from aiapp.domain.artifact.manifest import Entry
from aiapp.fetch.download.batches import Batches
from aiapp.fetch.failures import FetchError, packed, unpacked
from aiapp.fetch.progress import Tally

MOST_PROCESSES: Final = 4
FILES_EACH: Final = 64
"""A process takes about as long to start as it takes to fetch so many."""

Work = Callable[[Iterator[Entry], Tally], Mapping[str, str]]
"""Fetches what it is given and counts it; gives the SHA-256 of each file by path."""


def processes(files: int, processors: int) -> int:
    """How many pay for so many small files; 0: none beside this one."""
    found = min(MOST_PROCESSES, processors, files // FILES_EACH)
    return found if found > 1 else 0


class ForkPool:
    """To be made before this process has threads: a fork takes along the one that forks alone."""

    def __init__(self, entries: Sequence[Entry], tallies: Sequence[Tally], work: Work) -> None:
        """One process for each of the tallies. The caller has to `close`."""
        self._batches = Batches(entries)
        self._work = work
        self._parent, self._life = os.pipe()  # nobody writes: it ends with this process, and so do the others
        self._lock = threading.Lock()
        gc.freeze()  # a collection would write to all the memory that is shared
        self._children: dict[int, int] = {}
        """Process ids by the pipe in which each says why it failed; the pipe ends with the process."""
        for tally in tallies:
            self._fork(tally)

    def wait(self) -> None:
        """Until all have ended. Raises FetchError or OSError as soon as one has failed."""
        with selectors.DefaultSelector() as selector:
            for pipe in self._children:
                selector.register(pipe, selectors.EVENT_READ)
            while self._children:
                for key, _ in selector.select():
                    selector.unregister(key.fd)
                    self._reap(key.fd)

    def stop(self) -> None:
        """All end at once, whatever they do."""
        with self._lock:
            for pid in self._children.values():
                os.kill(pid, signal.SIGKILL)

    def close(self) -> None:
        """None is left afterwards."""
        self.stop()
        for pipe in list(self._children):
            with suppress(FetchError, OSError):
                self._reap(pipe)
        os.close(self._life)
        os.close(self._parent)
        self._batches.close()

    def hashed(self) -> dict[str, str]:
        """The SHA-256 of each file by path, after all have ended well."""
        return self._batches.hashed()

    def _reap(self, pipe: int) -> None:
        with open(pipe, "rb") as reader:
            said = reader.read()
        with self._lock:
            _, status = os.waitpid(self._children.pop(pipe), 0)
        if said:
            raise unpacked(said)
        if status:
            raise _ended(os.waitstatus_to_exitcode(status))

    def _fork(self, tally: Tally) -> None:
        reader, writer = os.pipe()
        pid = os.fork()
        if not pid:
            self._run(tally, writer)
        os.close(writer)
        self._children[reader] = pid

    def _run(self, tally: Tally, writer: int) -> NoReturn:
        """In the process of its own. The signals are for the parent, with which it ends."""
        try:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_IGN)
            os.close(self._life)
            threading.Thread(target=self._end_with_parent, daemon=True).start()
            self._batches.note(self._work(self._batches.take(), tally))
        except (FetchError, OSError) as error:
            os.write(writer, packed(error))
        except BaseException:  # noqa: BLE001 - whatever it is, this process must end, and say so
            sys.excepthook(*sys.exc_info())
            os._exit(1)
        os._exit(0)

    def _end_with_parent(self) -> NoReturn:
        os.read(self._parent, 1)
        os._exit(1)


def _ended(code: int) -> FetchError:
    """Of a process that could not say why."""
    if code == -signal.SIGKILL:
        how = "was killed, as the kernel does when memory runs out: give the init container more"
    else:
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}, its log says why"
    return FetchError(Reason.FETCH_FAILED, f"a process that fetches small files {how}; what is complete is kept")
