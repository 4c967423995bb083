"""Parsers of untrusted code."""

from typing import Protocol

from aiapp.domain.package.service_code import Syntax


class ParserError(Exception):
    """Code was not parsed for no fault of its own; `str()` is half a sentence that says why. Worth trying again."""


class PythonParser(Protocol):
    """Parses untrusted code, without ever importing or executing it."""

    async def parse(self, source: bytes) -> Syntax:
        """Code that cannot be parsed, or costs too much, is a `SyntaxFault`. Raises `ParserError`."""
        ...


class PythonParsers(Protocol):
    """Has a parser for everybody: the files of one tenant wait for each other, and not for those of others."""

    def of(self, tenant: str) -> PythonParser:
        """The one for a namespace."""
        ...
