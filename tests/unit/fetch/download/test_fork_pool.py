"""Processes beside the fetch's own: each file once, the first failure for all, and none is ever left behind."""

import errno
import os
import select
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from aiapp.api.conditions import Reason
from aiapp.domain.artifact.entry import Entry
from aiapp.fetch.download.fork_pool import FILES_EACH, MOST_PROCESSES, ForkPool, processes
from aiapp.fetch.failures import FetchError
from aiapp.fetch.progress import Tally

SECONDS = 30
ENTRIES = [Entry(f"{number:04}", number, "etag") for number in range(1000)]
Work = Callable[[Iterator[Entry], Tally], Mapping[str, str]]


def digest(entry: Entry) -> str:
    return f"{entry.size:064x}"


def fetched(entries: Iterator[Entry], tally: Tally) -> Mapping[str, str]:
    hashed = {}
    for entry in entries:
        tally.complete(entry.size)
        hashed[entry.path] = digest(entry)
    return hashed


@contextmanager
def pool(work: Work, entries: Sequence[Entry] = ENTRIES, number: int = 3) -> Iterator[ForkPool]:
    with closing(ForkPool(entries, [Tally() for _ in range(number)], work)) as made:
        yield made


class Alive:
    """A pipe that ends when no process holds it any more."""

    def __init__(self) -> None:
        self.reader, self._writer = os.pipe()

    def began(self) -> None:
        """In a process that is held to end."""
        os.write(self._writer, b"x")

    def wait(self, number: int) -> None:
        """Until so many have begun."""
        os.close(self._writer)
        for _ in range(number):
            assert self._next() == b"x"

    def over(self) -> bool:
        """Waits until all that have begun have ended."""
        return self._next() == b""

    def _next(self) -> bytes:
        assert select.select([self.reader], [], [], SECONDS)[0], "nothing came"
        return os.read(self.reader, 1)


def for_ever(alive: Alive) -> Work:
    def work(entries: Iterator[Entry], _: Tally) -> Mapping[str, str]:
        next(entries)
        alive.began()
        signal.pause()
        return {}

    return work


@pytest.mark.parametrize(
    ("files", "processors", "expected"),
    [
        pytest.param(10_000, 64, MOST_PROCESSES, id="no more than pay on large machines"),
        pytest.param(10_000, 2, 2, id="one for each processor"),
        pytest.param(10_000, 1, 0, id="none beside the only processor's own"),
        pytest.param(3 * FILES_EACH, 64, 3, id="no more than there is work for"),
        pytest.param(2 * FILES_EACH - 1, 64, 0, id="few files need none"),
        pytest.param(0, 64, 0, id="no files"),
    ],
)
def test_so_many_processes_fetch(files: int, processors: int, expected: int) -> None:
    assert processes(files, processors) == expected


@pytest.mark.parametrize("number", [1, 255, 256, 257, 1000])
def test_each_file_is_fetched_once_and_all_are_told(number: int) -> None:
    tallies = [Tally() for _ in range(3)]
    entries = ENTRIES[:number]
    with closing(ForkPool(entries, tallies, fetched)) as made:
        made.wait()
        assert made.hashed() == {entry.path: digest(entry) for entry in entries}
    counted = [tally.figures for tally in tallies]
    assert sum(size for size, _, _ in counted) == sum(entry.size for entry in entries)
    assert sum(files for _, files, _ in counted) == number


def test_a_process_that_is_killed_is_a_failure_that_says_so() -> None:
    def work(entries: Iterator[Entry], tally: Tally) -> Mapping[str, str]:
        if next(entries).size == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return fetched(entries, tally)

    with pool(work, number=1) as made, pytest.raises(FetchError, match="was killed") as failed:
        made.wait()
    assert failed.value.reason is Reason.FETCH_FAILED


def test_the_first_failure_is_raised_while_others_still_work_and_then_they_end() -> None:
    alive = Alive()

    def work(entries: Iterator[Entry], tally: Tally) -> Mapping[str, str]:
        if next(entries).size == 0:
            raise FetchError(Reason.ACCESS_DENIED, "no entry: 模型")
        return for_ever(alive)(entries, tally)

    with pool(work) as made:
        with pytest.raises(FetchError, match="no entry: 模型") as failed:
            made.wait()
        assert failed.value.reason is Reason.ACCESS_DENIED
        made.stop()
        alive.wait(0)
    while not alive.over():
        pass


def test_a_disk_that_fails_is_told_with_its_file() -> None:
    def work(_: Iterator[Entry], __: Tally) -> Mapping[str, str]:
        raise OSError(errno.ENOSPC, "No space left on device", Path("/model/x"))

    with pool(work) as made, pytest.raises(OSError, match="No space left") as failed:
        made.wait()
    assert (failed.value.errno, failed.value.filename) == (errno.ENOSPC, "/model/x")


def test_an_error_that_nobody_expects_is_loud(capfd: pytest.CaptureFixture[str]) -> None:
    def work(_: Iterator[Entry], __: Tally) -> Mapping[str, str]:
        raise ZeroDivisionError("a bug")

    with pool(work) as made, pytest.raises(FetchError, match="ended with 1"):
        made.wait()
    assert "ZeroDivisionError: a bug" in capfd.readouterr().err


def test_a_file_without_a_hash_is_no_success(capfd: pytest.CaptureFixture[str]) -> None:
    def work(entries: Iterator[Entry], _: Tally) -> Mapping[str, str]:
        return {entry.path: digest(entry) for entry in entries if entry.size != 7}

    with pool(work) as made, pytest.raises(FetchError, match="ended with 1"):
        made.wait()
    assert "KeyError: '0007'" in capfd.readouterr().err


def children() -> set[str]:
    """Of this process, including those that have not been waited for."""
    return {child for task in Path("/proc/self/task").iterdir() for child in (task / "children").read_text().split()}


def test_none_is_left_after_closing() -> None:
    alive, before = Alive(), children()
    with pool(for_ever(alive)):
        alive.wait(3)
        assert len(children() - before) == 3
    assert alive.over()
    assert children() == before


def test_they_leave_signals_to_their_parent() -> None:
    def work(entries: Iterator[Entry], tally: Tally) -> Mapping[str, str]:
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)
        return fetched(entries, tally)

    with pool(work) as made:
        made.wait()
        assert len(made.hashed()) == len(ENTRIES)


def test_none_outlives_a_parent_that_is_killed() -> None:
    alive = Alive()
    parent = os.fork()
    if not parent:
        ForkPool(ENTRIES, [Tally() for _ in range(3)], for_ever(alive)).wait()
        os._exit(0)
    alive.wait(3)
    os.kill(parent, signal.SIGKILL)
    os.waitpid(parent, 0)
    assert alive.over()
