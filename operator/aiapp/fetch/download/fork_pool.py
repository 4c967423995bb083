"""Forked processes that fetch many small files, since one interpreter uses a single processor.

None shares a connection with another, and none outlives its parent.
"""

import gc
import os
import selectors
import signal
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Final, NoReturn

from aiapp.api.conditions import Reason
from aiapp.domain.artifact.entry import Entry
from aiapp.fetch.download.batches import Batches
from aiapp.fetch.failures import FetchError, packed, unpacked
from aiapp.fetch.progress import Tally

MOST_PROCESSES: Final = 4
FILES_EACH: Final = 64
"""A process takes about as long to start as it takes to fetch so many."""

Work = Callable[[Iterator[Entry], Tally], Mapping[str, str]]
"""Fetches the given entries and counts them; returns the SHA-256 of each file by path."""


def processes(files: int, processors: int) -> int:
    """Returns how many processes are worthwhile for so many small files; 0 if only this one is."""
    found = min(MOST_PROCESSES, processors, files // FILES_EACH)
    return found if found > 1 else 0


class ForkPool:
    """The processes. To be made before this process has threads: a fork copies only the calling one."""

    def __init__(self, entries: Sequence[Entry], tallies: Sequence[Tally], work: Work) -> None:
        """Starts one process for each of the tallies. The caller has to `close`."""
        self._batches = Batches(entries)
        self._work = work
        self._parent, self._life = os.pipe()  # never written to: it closes with this process, and its children end
        self._lock = threading.Lock()
        gc.freeze()  # a collection would write to all the memory that is shared
        self._children: dict[int, int] = {}
        """Process ids by the pipe to which each writes its failure; it closes with the process."""
        for tally in tallies:
            self._fork(tally)

    def wait(self) -> None:
        """Waits until all have ended. Raises FetchError or OSError as soon as one has failed."""
        with selectors.DefaultSelector() as selector:
            for pipe in self._children:
                selector.register(pipe, selectors.EVENT_READ)
            while self._children:
                for key, _ in selector.select():
                    selector.unregister(key.fd)
                    self._reap(key.fd)

    def stop(self) -> None:
        """Kills all processes."""
        with self._lock:
            for pid in self._children.values():
                os.kill(pid, signal.SIGKILL)

    def close(self) -> None:
        """Kills and reaps all processes, and releases the shared memory."""
        self.stop()
        for pipe in list(self._children):
            with suppress(FetchError, OSError):
                self._reap(pipe)
        os.close(self._life)
        os.close(self._parent)
        self._batches.close()

    def hashed(self) -> dict[str, str]:
        """Returns the SHA-256 of each file by path, after all have succeeded."""
        return self._batches.hashed()

    def _reap(self, pipe: int) -> None:
        with open(pipe, "rb") as reader:
            failure = reader.read()
        with self._lock:
            _, status = os.waitpid(self._children.pop(pipe), 0)
        if failure:
            raise unpacked(failure)
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
        """Runs in the child, which ignores signals that are meant for the parent and ends with it."""
        try:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_IGN)
            os.close(self._life)
            threading.Thread(target=self._end_with_parent, daemon=True).start()
            self._batches.note(self._work(self._batches.take(), tally))
        except (FetchError, OSError) as error:
            os.write(writer, packed(error))
        except BaseException:  # noqa: BLE001 - whatever it is, this process must print it and end
            os.write(2, traceback.format_exc().encode())  # at once, so that those of several do not mix
            os._exit(1)
        os._exit(0)

    def _end_with_parent(self) -> NoReturn:
        os.read(self._parent, 1)
        os._exit(1)


def _ended(code: int) -> FetchError:
    """Returns the failure of a process that ended without reporting one."""
    if code == -signal.SIGKILL:
        how = "was killed, as the kernel does when memory runs out: give the init container more"
    else:
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}, see its log"
    return FetchError(Reason.FETCH_FAILED, f"a process that fetches small files {how}; what is complete is kept")
