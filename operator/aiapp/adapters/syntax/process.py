"""One process that parses untrusted Python code, with limits on memory, CPU and time.

It knows nothing but the standard library, and never imports or executes what it parses.
"""

import asyncio
import contextlib
import signal
import struct
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_WORKER: Final = Path(__file__).with_name("worker.py")
_MAX_ANSWER_BYTES: Final = 128 * 1024
_FRESH_BYTES: Final = 16 * 1024
"""A process that parsed a longer file is replaced: what it leaves of its memory in pieces is the next file's loss."""
_END_SECONDS: Final = 1.0
_BY_OTHERS: Final = {-signal.SIGKILL, -signal.SIGTERM}
"""Exit codes of a process that did not end because of what it parsed."""


@dataclass(frozen=True, slots=True)
class ParserSettings:
    """Limits for one file."""

    memory_bytes: int = 128 * 1024 * 1024
    """Address space of a process. Handwritten code of the largest size needs about 90 MiB."""
    cpu_seconds: int = 4
    timeout_seconds: float = 10.0
    processes: int = 2


class CostlyError(Exception):
    """What was parsed takes more memory, time or answer than it may; `str()` says which."""


class LostError(Exception):
    """The process could not be started, was ended by others or had no time to work. Another one may do better."""


class ParserProcess:
    """Parses one file at a time; starts by itself, and again after a failure. `close` it at the end."""

    def __init__(self, settings: ParserSettings) -> None:
        self._settings = settings
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """None while it does not run."""
        return None if self._process is None else self._process.pid

    async def ask(self, source: bytes) -> bytes:
        """The worker's answer, a line of JSON. Raises `CostlyError` and `LostError`."""
        process = await self._running()
        keep = False
        try:
            line = await self._answer(process, source)
            keep = len(source) <= _FRESH_BYTES
        finally:
            if not keep:
                await self.close()
        return line

    async def close(self) -> None:
        """Ends it."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()

    async def _answer(self, process: asyncio.subprocess.Process, source: bytes) -> bytes:
        try:
            async with asyncio.timeout(self._settings.timeout_seconds):
                return await _exchange(process, source)
        except TimeoutError as error:
            raise LostError(f"it did not finish within {self._settings.timeout_seconds:g} s") from error
        except asyncio.LimitOverrunError as error:
            await _drain(process)
            raise CostlyError("its classes and imports are too many to read") from error
        except (OSError, asyncio.IncompleteReadError) as error:
            if await _exit_code(process) in _BY_OTHERS:
                raise LostError("its process was killed") from error
            raise CostlyError("it takes too much time or memory to parse") from error

    async def _running(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            try:
                self._process = await self._started()
            except OSError as error:
                raise LostError(f"its process does not start: {error.strerror}") from error
        return self._process

    async def _started(self) -> asyncio.subprocess.Process:
        limits = (str(self._settings.memory_bytes), str(self._settings.cpu_seconds))
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", "-B", str(_WORKER), *limits),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=_MAX_ANSWER_BYTES,
            env={},
            start_new_session=True,
        )


async def _exchange(process: asyncio.subprocess.Process, source: bytes) -> bytes:
    if process.stdin is None or process.stdout is None:
        raise OSError("the parser has no pipes")
    process.stdin.write(struct.pack(">I", len(source)) + source)
    await process.stdin.drain()
    return await process.stdout.readuntil(b"\n")


async def _drain(process: asyncio.subprocess.Process) -> None:
    """Ends a process whose pipe is not read any more: until that is empty, its end would not be noticed."""
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    if process.stdout is not None:
        await process.stdout.read()


async def _exit_code(process: asyncio.subprocess.Process) -> int | None:
    """Of a process that answers no more; not to be killed before, which would take its own code away."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_END_SECONDS):
            return await process.wait()
    return None
