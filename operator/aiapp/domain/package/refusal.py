"""Results of reading a package: why it is refused, and what was read leniently. Values, never exceptions."""

from collections.abc import Sequence
from typing import NamedTuple

from aiapp.api.conditions import Reason
from aiapp.modelarts.diagnostics import Diagnostic


class Refusal(NamedTuple):
    """One reason and a sentence that names file, line or JSON pointer, found value and rule."""

    reason: Reason
    message: str
    diagnostics: tuple[Diagnostic, ...] = ()
    """The same fault by fault, where the message is not complete."""

    @property
    def every(self) -> tuple[Diagnostic, ...]:
        """Fault by fault, even if there is only one."""
        return self.diagnostics or (Diagnostic("error", self.message, reason=self.reason),)


def refusal_at(reason: Reason, message: str, file: str, line: int = 0, column: int = 0) -> Refusal:
    """One fault of one file; the sentence gets the file's name and the place in front."""
    place = f"{f' line {line}' if line else ''}{f' column {column}' if column else ''}"
    diagnostic = Diagnostic("error", message, file, line=line, column=column, reason=reason)
    return Refusal(reason, f"{file}{place}: {message}", (diagnostic,))


def together(refusals: Sequence[Refusal], repairs: tuple[Diagnostic, ...] = ()) -> Refusal:
    """All of them (at least one) in one, with the reason of the first; the repairs of accepted parts follow."""
    diagnostics = tuple(diagnostic for refusal in refusals for diagnostic in refusal.every)
    return Refusal(refusals[0].reason, "; ".join(refusal.message for refusal in refusals), diagnostics + repairs)
