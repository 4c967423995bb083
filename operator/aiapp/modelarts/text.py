"""From the bytes of a small file to text, as packages in the wild are encoded.

Never guesses beyond UTF-8 and GB18030.
"""

from __future__ import annotations

import codecs
from typing import NamedTuple

from .json_positions import Note


class Text(NamedTuple):
    """Decoded text and what was read leniently."""

    content: str
    repaired: tuple[Note, ...] = ()


class NotText(NamedTuple):
    """Bytes that are text in no known encoding; lines count from 1, 0: the whole file."""

    message: str
    line: int = 0


def decode(data: bytes) -> Text | NotText:
    """UTF-8, with or without a byte order mark, else GB18030 (which covers GBK and GB2312) with a note."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return NotText("is UTF-16: save it as UTF-8")
    try:
        return Text(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        return _gb18030(data, error)


def _gb18030(data: bytes, utf8: UnicodeDecodeError) -> Text | NotText:
    line = utf8.object.count(b"\n", 0, utf8.start) + 1
    try:
        content = data.decode("gb18030")
    except UnicodeDecodeError:
        return NotText(f"neither UTF-8 nor GB18030 (byte {utf8.object[utf8.start]:#04x}): save it as UTF-8", line)
    return Text(content, (Note("read as GB18030 since it is not UTF-8"),))
