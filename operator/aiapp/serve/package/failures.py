"""Why a package could not be started, as one line for people and for the operator.

The form is stable: `StartFailed: <file>:<line>: <what>`; file and line are left out when no line of the
package is at fault.
"""

from __future__ import annotations

from typing import NamedTuple

from ..compat import override

PREFIX = "StartFailed"
MAX_LENGTH = 1500
"""Characters of the line: it must fit Kubernetes' termination message (4096 bytes) in any script."""


class StartFailure(NamedTuple):
    """`file` is relative to the package (empty: none is at fault), `line` 0 when there is none."""

    what: str
    file: str = ""
    line: int = 0

    @override
    def __str__(self) -> str:
        where = f"{self.file}:{self.line}: " if self.line else f"{self.file}: " if self.file else ""
        text = " ".join(f"{PREFIX}: {where}{self.what}".split())
        return text if len(text) <= MAX_LENGTH else text[: MAX_LENGTH - 3] + "..."


class StartError(Exception):
    """Raised with a StartFailure by the server's own rules, when no exception of the package describes it better."""

    def __init__(self, failure: StartFailure) -> None:
        super().__init__(str(failure))
        self.failure = failure
