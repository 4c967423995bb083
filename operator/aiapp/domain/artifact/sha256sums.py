"""SHA256SUMS: the hashes that a package brings along, in the format of `sha256sum`. Never guesses what a line means."""

import hashlib
import re
from collections.abc import Iterable
from typing import Final

from aiapp.domain.artifact.content import Content, content
from aiapp.domain.artifact.entry import Entry

SUMS: Final = "SHA256SUMS"
"""Beside config.json."""
MAX_SUMS_BYTES: Final = 4 * 1024 * 1024
"""A larger file is not read."""

_LINE: Final = re.compile(r"([0-9a-fA-F]{64}) [ *](?:\./)?(.+)")


def content_by_sums(sums: bytes, entries: Iterable[Entry]) -> Content | None:
    """The content, if `sums` names every other file of the package once and nothing else.

    An entry for SHA256SUMS itself counts for nothing (`sha256sum * > SHA256SUMS` writes one, of the empty file).
    """
    files, hashes = list(entries), _hashes(sums)
    if hashes is None:
        return None
    hashes[SUMS] = hashlib.sha256(sums).hexdigest()
    return content(files, hashes) if hashes.keys() == {entry.path for entry in files} else None


def _hashes(sums: bytes) -> dict[str, str] | None:
    """Hash by path; None when a line has another form, or a path occurs twice."""
    try:
        lines = sums.decode().removesuffix("\n").split("\n")
    except UnicodeDecodeError:
        return None
    found = [_LINE.fullmatch(line) for line in lines]
    hashes = {match[2]: match[1].lower() for match in found if match}
    return hashes if len(hashes) == len(lines) else None
