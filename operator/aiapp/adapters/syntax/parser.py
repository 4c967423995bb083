"""Parses untrusted code in a few processes with limits, of which a tenant has at most one at a time."""

import hashlib
import json
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from typing_extensions import override

from aiapp.adapters.syntax.process import CostlyError, LostError, ParserProcess, ParserSettings
from aiapp.adapters.tenant_limiter import TenantLimiter
from aiapp.domain.package.service_code import MAX_SERVICE_CODE_BYTES, Syntax, SyntaxFault, service_code
from aiapp.ports.syntax import ParserError, PythonParser, PythonParsers

_REMEMBERED: Final = 256
_SHORT_ANSWER: Final = 4096
"""Bytes. Longer answers are not remembered, so that what is takes no more than some MiB."""


class IsolatedParser(PythonParser, PythonParsers):
    """Tenants share the processes fairly; short results are remembered by content. `close` it at the end."""

    def __init__(self, settings: ParserSettings | None = None) -> None:
        settings = settings or ParserSettings()
        self._processes = [ParserProcess(settings) for _ in range(settings.processes)]
        self._idle = list(self._processes)
        self._limiter = TenantLimiter(settings.processes)
        self._known: OrderedDict[bytes, Syntax] = OrderedDict()

    @override
    async def parse(self, source: bytes, tenant: str = "") -> Syntax:
        if len(source) > MAX_SERVICE_CODE_BYTES:
            return SyntaxFault(f"it has {len(source)} bytes, more than {MAX_SERVICE_CODE_BYTES}")
        digest = hashlib.sha256(source).digest()
        if digest in self._known:
            return self._known[digest]
        async with self._limiter.slot(tenant):
            if digest not in self._known:
                return await self._parsed(source, digest)
            return self._known[digest]

    @override
    def of(self, tenant: str) -> PythonParser:
        return _ParserOf(self, tenant)

    async def close(self) -> None:
        """Ends the processes."""
        for process in self._processes:
            await process.close()

    async def _parsed(self, source: bytes, digest: bytes) -> Syntax:
        try:
            line = await self._asked(source)
        except CostlyError as error:
            return SyntaxFault(str(error))
        except LostError as error:
            raise ParserError(str(error)) from error
        syntax = _syntax(line)
        if len(line) <= _SHORT_ANSWER:
            self._remember(digest, syntax)
        return syntax

    async def _asked(self, source: bytes) -> bytes:
        process = self._idle.pop()
        try:
            return await process.ask(source)
        except LostError:  # it may have been killed before, or for the memory of all
            return await process.ask(source)
        finally:
            self._idle.append(process)

    def _remember(self, digest: bytes, syntax: Syntax) -> None:
        self._known[digest] = syntax
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)


@dataclass(frozen=True, slots=True)
class _ParserOf(PythonParser):
    parser: IsolatedParser
    tenant: str

    @override
    async def parse(self, source: bytes) -> Syntax:
        return await self.parser.parse(source, self.tenant)


def _syntax(line: bytes) -> Syntax:
    answer = json.loads(line)
    if "classes" in answer:
        return service_code(answer)
    return SyntaxFault(_plain(answer["message"]), answer["line"], answer["column"], _plain(answer["text"]))


def _plain(message: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in message)[:300]
