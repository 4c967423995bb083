"""The licence that a model card states in the head of README.md. Pure."""

import re
from typing import Final

CARD: Final = "README.md"
MAX_HEAD_BYTES: Final = 16 * 1024
"""Bytes of the card that are looked at."""

_HEAD: Final = re.compile(r"\ufeff?---[ \t]*\n(?P<head>.*?)^---[ \t]*$", re.DOTALL | re.MULTILINE)
_LICENSE: Final = re.compile(
    r"""^license[ \t]*:[ \t]*["']?(?P<name>[A-Za-z0-9][-A-Za-z0-9_.+]{0,99})["']?[ \t]*$""", re.MULTILINE
)
_NAME: Final = re.compile(
    r"""^license_name[ \t]*:[ \t]*["']?(?P<name>[A-Za-z0-9][-A-Za-z0-9_.+]{0,99})["']?[ \t]*$""", re.MULTILINE
)


def stated_license(card: bytes) -> str | None:
    """From the beginning of the file; `other` is replaced by the name that goes with it."""
    head = _HEAD.match(card.decode("utf-8", "replace").replace("\r\n", "\n"))
    found = _LICENSE.search(head["head"]) if head else None
    if head is None or found is None:
        return None
    named = _NAME.search(head["head"]) if found["name"] == "other" else None
    return (named or found)["name"]
