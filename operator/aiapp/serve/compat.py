"""What typing offers on newer Pythons and Python 3.7 lacks; it never changes behaviour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, TypeVar

if TYPE_CHECKING:
    from typing import Protocol

    from typing_extensions import override
else:
    Protocol = object
    _Method = TypeVar("_Method", bound=Callable)

    def override(method: _Method) -> _Method:
        """Marks a method that replaces one of its base class: read by type checkers only."""
        return method


__all__ = ["Protocol", "override"]
