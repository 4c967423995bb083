"""A fast connection wakes its reader for many bytes at once; a slow one, and the end of a body, for whatever comes."""

import fcntl
import select
import socket
import struct
import termios
from collections.abc import Iterator

import pytest
from tests.support.waiting import eventually

from aiapp.fetch.http import low_watermark_reader
from aiapp.fetch.http.low_watermark_reader import SLOW_SECONDS, LowWatermarkReader

LOW_WATERMARK_BYTES = 8 << 10
BUFFER = memoryview(bytearray(2 * LOW_WATERMARK_BYTES))


class Store:
    """Both ends of a TCP connection; `seconds` is what each of the reader's looks at the clock adds."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.ours = socket.create_connection(server.getsockname(), 5)
            self.theirs, _ = server.accept()
        self.theirs.settimeout(5)
        self.seconds = 0.0
        self._now = 0.0
        self.reader = LowWatermarkReader(self.ours, self._clock)

    def _clock(self) -> float:
        self._now += self.seconds
        return self._now

    def sends(self, size: int) -> None:
        """Returns when all of it lies ready."""
        lies = self.waiting()
        self.theirs.sendall(bytes(size))
        eventually(lambda: self.waiting() == lies + size)

    def waiting(self) -> int:
        """Bytes that came and were not read."""
        found: int = struct.unpack("i", fcntl.ioctl(self.ours, termios.FIONREAD, bytes(4)))[0]
        return found

    @property
    def wakes(self) -> bool:
        """Whether a reader that sleeps would be woken."""
        return bool(select.select([self.ours], [], [], 0)[0])


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """What it sends fits into a connection that has not been read from."""
    monkeypatch.setattr(low_watermark_reader, "LOW_WATERMARK_BYTES", LOW_WATERMARK_BYTES)
    found = Store()
    yield found
    found.ours.close()
    found.theirs.close()


def becomes_fast(store: Store) -> None:
    store.sends(LOW_WATERMARK_BYTES)
    assert store.reader.recv_into(BUFFER) == LOW_WATERMARK_BYTES


def gathers(store: Store) -> bool:
    """Whether the reader, once it sleeps, is woken for no single byte."""
    store.sends(LOW_WATERMARK_BYTES)
    store.reader.recv_into(BUFFER)
    store.sends(1)
    return not store.wakes


def test_a_fast_connection_wakes_its_reader_for_half_a_megabyte(store: Store) -> None:
    becomes_fast(store)
    assert gathers(store)
    store.sends(LOW_WATERMARK_BYTES - 1)
    assert store.wakes
    assert store.reader.recv_into(BUFFER) == LOW_WATERMARK_BYTES


def test_what_is_left_of_a_body_is_not_gathered(store: Store) -> None:
    becomes_fast(store)
    assert gathers(store)
    assert store.reader.recv_into(BUFFER[: LOW_WATERMARK_BYTES - 1]) == 1


def test_a_connection_is_read_as_it_comes_until_it_was_fast(store: Store) -> None:
    for size in (LOW_WATERMARK_BYTES - 1, 1):
        store.sends(size)
        assert store.reader.recv_into(BUFFER) == size


def test_a_connection_that_became_slow_is_read_as_it_comes_again(store: Store) -> None:
    becomes_fast(store)
    store.seconds = SLOW_SECONDS
    store.sends(LOW_WATERMARK_BYTES)
    store.reader.recv_into(BUFFER)
    store.sends(1)
    assert store.reader.recv_into(BUFFER) == 1


def test_the_end_of_a_connection_wakes_the_reader_before_enough_has_come(store: Store) -> None:
    becomes_fast(store)
    assert gathers(store)
    store.theirs.close()
    assert [store.reader.recv_into(BUFFER) for _ in range(2)] == [1, 0]
