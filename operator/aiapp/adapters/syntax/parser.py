"""Parses code that nobody trusts, in one long-lived process with limits on memory, CPU and time.

Never imports or executes it: the process knows nothing but the standard library, and is replaced when it fails.
"""

import asyncio
import contextlib
import hashlib
import json
import struct
import sys
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from typing_extensions import override

from aiapp.domain.package.service_code import MAX_SERVICE_CODE_BYTES, Syntax, SyntaxFault, service_code
from aiapp.ports import PythonParser

_WORKER: Final = Path(__file__).with_name("worker.py")
_REMEMBERED: Final = 256
_MAX_ANSWER_BYTES: Final = 1024 * 1024
_TOO_COSTLY: Final = SyntaxFault("it takes too much time or memory to parse")


@dataclass(frozen=True, slots=True)
class ParserSettings:
    """Limits for one file."""

    memory_bytes: int = 512 * 1024 * 1024
    """Address space of the process; a file of the largest size needs about half."""
    cpu_seconds: int = 4
    timeout_seconds: float = 10.0


class IsolatedParser(PythonParser):
    """One process for all files, one file at a time; results are remembered by content. `close` it at the end."""

    def __init__(self, settings: ParserSettings | None = None) -> None:
        self._settings = settings or ParserSettings()
        self._turn = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._known: OrderedDict[bytes, Syntax] = OrderedDict()

    @override
    async def parse(self, source: bytes) -> Syntax:
        if len(source) > MAX_SERVICE_CODE_BYTES:
            return SyntaxFault(f"it has {len(source)} bytes, more than {MAX_SERVICE_CODE_BYTES}")
        digest = hashlib.sha256(source).digest()
        async with self._turn:
            syntax = self._known.pop(digest, None) or await self._asked(source)
            if syntax is not _TOO_COSTLY:
                self._known[digest] = syntax
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return syntax

    async def close(self) -> None:
        """Ends the process."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()

    async def _asked(self, source: bytes) -> Syntax:
        line = await self._answer(source)
        if line is None:  # the process may have died of something else, before or meanwhile
            line = await self._answer(source)
        return _TOO_COSTLY if line is None else _syntax(line)

    async def _answer(self, source: bytes) -> bytes | None:
        """None when the process did not survive or finish it."""
        process = await self._running()
        line = None
        try:
            async with asyncio.timeout(self._settings.timeout_seconds):
                line = await _exchange(process, source)
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return None
        else:
            return line
        finally:
            if line is None:
                await self.close()

    async def _running(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            limits = (str(self._settings.memory_bytes), str(self._settings.cpu_seconds))
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", "-B", str(_WORKER), *limits),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                limit=_MAX_ANSWER_BYTES,
                env={},
                start_new_session=True,
            )
        return self._process


async def _exchange(process: asyncio.subprocess.Process, source: bytes) -> bytes:
    if process.stdin is None or process.stdout is None:
        raise OSError("the parser has no pipes")
    process.stdin.write(struct.pack(">I", len(source)) + source)
    await process.stdin.drain()
    return await process.stdout.readuntil(b"\n")


def _syntax(line: bytes) -> Syntax:
    answer = json.loads(line)
    if "classes" in answer:
        return service_code(answer)
    return SyntaxFault(_plain(answer["message"]), answer["line"], answer["column"], _plain(answer["text"]))


def _plain(message: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in message)[:300]
