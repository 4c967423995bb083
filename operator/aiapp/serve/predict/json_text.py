"""Reads JSON that others have written, in linear time: Python may take quadratic time for an integer's digits."""

from __future__ import annotations

import json
import sys
from typing import Any, Callable

MAX_DIGITS = 4300
"""Of an integer; newer Pythons have the same bound by default."""
_limit: Callable[[], int] = getattr(sys, "get_int_max_str_digits", lambda: 0)


def loads(text: Any) -> Any:
    """The value in a text, or in bytes. Raises ValueError, or RecursionError when it is nested too deeply."""
    try:
        return json.loads(text) if _limit() else json.loads(text, parse_int=_integer)
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise
    except ValueError:
        raise ValueError(f"an integer has more than {_limit() or MAX_DIGITS} digits") from None


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS + digits.startswith("-"):
        raise ValueError
    return int(digits)
